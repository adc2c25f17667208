// `acos shell` against a socket that stands for a terminal: what is typed and shown, and that one's own is put back.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";

import { LeaveKeys } from "../src/cli/leave-keys.ts";
import { shell } from "../src/cli/shell.ts";
import { until } from "./launcher.ts";
import { fakeTerminal, GROUP, SANDBOX, serveSandboxes } from "./sandbox-server.ts";

let server: Awaited<ReturnType<typeof serveSandboxes>>;
let sockets: { readonly url: string; readonly socket: WebSocket; readonly heard: string[] }[];
beforeEach(async () => {
  server = await serveSandboxes();
  sockets = [];
  const view = { terminal: "trm1", cols: 100, rows: 30, viewers: 0 };
  server.answers["POST /terminals"] = view;
  server.answers["GET /terminals"] = { items: [view] };
  server.answers["POST /token"] = {
    routing_token: "once",
    token_type: "routing",
    expires_in: 60,
    ws_url: `${server.url.replace("http", "ws")}/ws/groups/${GROUP}`,
  };
  server.onSocket((socket, url) => {
    const heard: string[] = [];
    socket.on("message", (data, isBinary) =>
      heard.push(isBinary ? `typed ${String(data)}` : String(data)),
    );
    sockets.push({ url, socket, heard });
  });
});
afterEach(() => server.close());

function sit(...args: string[]) {
  const terminal = fakeTerminal(server.url, true);
  const ended = shell([GROUP, ...args], terminal.world);
  ended.catch(() => undefined); // Each test looks at it in its own time.
  return { ...terminal, ended };
}
const exitFrame = (code: number) =>
  JSON.stringify({ type: "exit", code, signal: null, timedOut: false });

describe("shell", () => {
  it("[C25] passes bytes both ways, tells its size, and ends with the shell's code", async () => {
    const { shown, modes, input, output, ended } = sit("--cwd", "src");
    await until(() => sockets[0]?.heard.length === 1);
    expect(
      JSON.parse(server.asked.find(({ route }) => route === "POST /terminals")?.body ?? ""),
    ).toEqual({
      cols: 100,
      rows: 30,
      cwd: "src",
    });
    expect(sockets[0]?.url).toBe(
      `/ws/groups/${GROUP}/sandboxes/${SANDBOX}/terminals/trm1?token=once`,
    );
    input.write("ls\r\u0003");
    Object.assign(output, { columns: 120, rows: 40 }).emit("resize");
    sockets[0]?.socket.send(Buffer.from("\u001b[31mred"));
    await until(() => sockets[0]?.heard.length === 3 && shown.output.includes("red"));
    expect(sockets[0]?.heard).toEqual([
      '{"type":"resize","cols":100,"rows":30}',
      "typed ls\r\u0003",
      '{"type":"resize","cols":120,"rows":40}',
    ]);
    expect(modes).toEqual([true]);
    sockets[0]?.socket.send(exitFrame(3));
    expect(await ended).toBe(3);
    expect(modes).toEqual([true, false]);
  });

  it("[C25] Ctrl+] leaves, the user's terminal is put back, and --terminal comes back", async () => {
    const { shown, modes, input, ended } = sit();
    await until(() => sockets.length === 1);
    sockets[0]?.socket.send(Buffer.from("\u001b[?1049h\u001b[?25l"));
    await until(() => shown.output.includes("25l"));
    input.write("\u001d");
    expect(await ended).toBe(0);
    expect(modes).toEqual([true, false]);
    for (const mode of ["?1049l", "?25h"]) expect(shown.output).toContain(`\u001b[${mode}`);
    expect(shown.errors).toContain("left; the terminal goes on");
    const again = sit("--terminal", "trm1");
    await until(() => sockets.length === 2);
    expect(server.routes().filter((route) => route === "POST /terminals")).toHaveLength(1);
    again.interrupt();
    expect(await again.ended).toBe(0);
  });

  it("[C25] says when somebody else types, and ~t asks for the keyboard", async () => {
    const { shown, input, ended, interrupt } = sit();
    await until(() => sockets[0]?.heard.length === 1);
    sockets[0]?.socket.send(
      JSON.stringify({ type: "attached", writer: false, cols: 80, rows: 24 }),
    );
    await until(() => shown.errors.includes("somebody else types here"));
    input.write("~t");
    await until(() => sockets[0]?.heard.includes('{"type":"take"}'));
    interrupt();
    await ended;
  });

  it("[C26] a lost link is taken up again, with a new token", async () => {
    const { shown, ended } = sit();
    await until(() => sockets.length === 1);
    sockets[0]?.socket.terminate();
    await until(() => sockets.length === 2);
    expect(shown.errors).toContain("the connection was lost");
    expect(server.routes().filter((route) => route === "POST /token")).toHaveLength(2);
    sockets[1]?.socket.send(exitFrame(0));
    expect(await ended).toBe(0);
  });

  it("[C26] a terminal that is gone ends it with words, and the user's own is put back", async () => {
    const { modes, ended } = sit();
    await until(() => sockets.length === 1);
    server.answers["GET /terminals"] = { items: [] };
    sockets[0]?.socket.terminate();
    await expect(ended).rejects.toThrow("There is no terminal trm1 in the sandbox");
    expect(modes).toEqual([true, false]);
  });

  it("[C25] needs a terminal", async () => {
    const { world } = fakeTerminal(server.url);
    await expect(shell([GROUP], world)).rejects.toThrow('there is "acos exec"');
    expect(server.routes()).toEqual([]);
  });
});

describe("keys that leave", () => {
  const press = (...typed: string[]) => {
    const keys = new LeaveKeys();
    const pressed = typed.map((text) => keys.press(Buffer.from(text)));
    return {
      passed: pressed.map(({ passed }) => Buffer.from(passed).toString()).join(""),
      leaves: pressed.some(({ leaves }) => leaves),
      takes: pressed.some(({ takes }) => takes),
    };
  };

  it.each([
    [["~."], "", true, false],
    [["ls\r~", "."], "ls\r", true, false],
    [["a~."], "a~.", false, false],
    [["~~."], "~.", false, false],
    [["~x"], "~x", false, false],
    [["~t", "a"], "a", false, true],
    [["ü\r"], "ü\r", false, false],
    [["a\u001db"], "a", true, false],
  ])("[C25] %j passes %j", (typed, passed, leaves, takes) => {
    expect(press(...typed)).toEqual({ passed, leaves, takes });
  });
});
