// The sandboxes of the access matrix: one of the group's that lasts, and what is made anew in it or beside it.
import type { ExecResult, SandboxView } from "@acos/protocol";

import type { Rest } from "../rest.ts";

export interface SandboxMakers {
  /** A sandbox of the group's, with a snapshot; the same one each time. */
  sandbox(): Promise<{ readonly sandbox: string }>;
  freshCheckpoint(): Promise<string>;
  /** A new group and a sandbox of it that was never started. */
  freshSandbox(): Promise<readonly [group: string, sandbox: string]>;
  /** A process in the group's sandbox. */
  freshProcess(command: string, state: "running" | "ended"): Promise<string>;
  /** A file in the group's sandbox, by its path. */
  freshFile(): Promise<string>;
}

interface Place {
  /** Of whoever made the group, who does all of it. */
  readonly rest: Rest;
  readonly group: { readonly id: string };
  readonly freshGroup: () => Promise<string>;
}

export function sandboxMakers({ rest, group, freshGroup }: Place): SandboxMakers {
  const path = `/groups/${group.id}/sandboxes`;
  let lasting: Promise<{ sandbox: string }> | undefined;
  const makeLasting = async () => {
    const { sandbox } = await rest.post<SandboxView>(path, { name: "matrix" });
    await rest.post(`${path}/${sandbox}/exec`, { command: "echo kept > kept.txt" });
    await rest.post(`${path}/${sandbox}/snapshot`);
    return { sandbox };
  };
  const sandbox = () => (lasting ??= makeLasting());
  const post = async <T>(below: string, body?: object) => {
    const { sandbox: id } = await sandbox();
    return rest.post<T>(`${path}/${id}/${below}`, body);
  };
  const exec = (body: object) => post<ExecResult>("exec", body);
  let files = 0;
  return {
    sandbox,
    freshCheckpoint: async () => (await post<{ checkpoint: string }>("checkpoints")).checkpoint,
    freshSandbox: async () => {
      const id = await freshGroup();
      return [id, (await rest.post<SandboxView>(`/groups/${id}/sandboxes`)).sandbox];
    },
    freshProcess: async (command, state) =>
      (await exec({ command, background: state === "running" })).process,
    freshFile: async () => {
      const name = `file-${(files += 1)}.txt`;
      await exec({ command: `echo words > ${name}` });
      return name;
    },
  };
}
