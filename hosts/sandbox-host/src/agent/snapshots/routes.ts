// The agent's paths for snapshots of the workspace: make one, give its parts out, take parts in, restore.
import type { ServerResponse } from "node:http";
import { join } from "node:path";

import {
  parse,
  problem,
  ProblemError,
  SANDBOX_BODY_MAX_BYTES,
  sha256HexSchema,
} from "@acos/protocol";

import { answerJson, bodyOf } from "../checkpoints/exchange.ts";
import { queueOf } from "../checkpoints/one-at-a-time.ts";
import { repositoryQueue } from "../checkpoints/repository.ts";
import type { AgentPlace, Route } from "../route.ts";
import { readFileList, writeFileList } from "./file-list.ts";
import { sha256Of } from "./manifest.ts";
import { isRestoring, restoreSnapshot } from "./restore.ts";
import { SnapshotStore, type Kind } from "./store.ts";
import { takeSnapshot } from "./take.ts";

/** Header of the answer to `POST /snapshots`: sockets, FIFOs, devices and unreadable files that are not in it. */
const LEFT_OUT_HEADER = "acos-left-out";

const THING = /^\/snapshots\/(?<kind>packs|manifests)\/(?<hash>[^/]+)$/;

/** Routes for the agent's server. Snapshots and restores wait for each other and for checkpoints. */
export function snapshotRoutes(place: AgentPlace): readonly Route[] {
  const folder = join(place.state, "snapshots");
  const inStore = <T>(work: (store: SnapshotStore) => Promise<T>): Promise<T> =>
    queueOf(folder)(() => work(new SnapshotStore(folder)));
  const alone = <T>(work: (store: SnapshotStore) => Promise<T>): Promise<T> =>
    inStore((store) => repositoryQueue(place)(() => work(store))).catch((error: unknown) => {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      throw code === "ENOSPC" || code === "EDQUOT" ? diskFull() : error;
    });
  return [
    {
      method: "POST",
      path: /^\/snapshots$/,
      serve: async ({ response }) => {
        const taken = await alone((store) => {
          if (isRestoring(store)) throw halfRestored();
          return takeSnapshot(place, store);
        });
        answerJson(response, taken.snapshot, { [LEFT_OUT_HEADER]: String(taken.leftOut) });
      },
    },
    {
      method: "GET",
      path: THING,
      serve: async ({ params, response }) => {
        const { kind, hash } = thingOf(params);
        const bytes = await inStore(
          async (store) => store.read(kind, hash) ?? lost(store, kind, hash),
        );
        await send(response, bytes);
        await inStore(async (store) => store.markGiven(kind, hash));
      },
    },
    {
      method: "PUT",
      path: THING,
      serve: async ({ params, request, response }) => {
        const { kind, hash } = thingOf(params);
        const bytes = await bodyOf(request, SANDBOX_BODY_MAX_BYTES);
        if (sha256Of(bytes) !== hash) {
          const words = `The SHA-256 of the body is not ${hash}: send it again.`;
          throw new ProblemError(problem("invalid_request", words));
        }
        await inStore(async (store) => store.put("received", kind, { hash, bytes }));
        answerJson(response, {});
      },
    },
    {
      method: "POST",
      path: /^\/snapshots\/(?<hash>[^/]+)\/restore$/,
      serve: async ({ params, response }) => {
        const hash = parse(sha256HexSchema, params["hash"], "The snapshot");
        await alone((store) => restoreSnapshot(place, store, hash));
        answerJson(response, {});
      },
    },
  ];
}

function thingOf(params: Readonly<Record<string, string>>): { kind: Kind; hash: string } {
  const hash = parse(sha256HexSchema, params["hash"], "The hash");
  return { kind: params["kind"] === "packs" ? "packs" : "manifests", hash };
}

/** Resolves when the client has all of it; rejects when it went away before. */
async function send(response: ServerResponse, bytes: Buffer): Promise<void> {
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": bytes.length,
  });
  await new Promise<void>((resolve, reject) => {
    response.on("close", () => {
      if (response.writableFinished) resolve();
      else reject(new Error("the client went away"));
    });
    response.end(bytes);
  });
}

/** Notes a pack that is asked for and not here: the next snapshot holds its files in another one. */
function lost(store: SnapshotStore, kind: Kind, hash: string): never {
  if (kind === "packs") {
    const list = readFileList(store.folder);
    writeFileList(store.folder, { ...list, lost: new Set([...list.lost, hash]) });
  }
  const words = `It is not kept any more: make a new snapshot, which holds what was in it.`;
  throw new ProblemError(problem("not_found", words));
}

function diskFull(): ProblemError {
  const words =
    "The sandbox's disk is full: delete what is not needed, or allow it more, and ask again.";
  return new ProblemError(problem("sandbox_failed", words));
}

function halfRestored(): ProblemError {
  const words =
    "A snapshot was being restored and that did not end: the workspace is only half there. Restore it again, or another one.";
  return new ProblemError(problem("conflict", words));
}
