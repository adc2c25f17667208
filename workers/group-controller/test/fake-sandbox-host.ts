// A Sandbox Host in memory that implements the wire, believes nobody without proof, and breaks when it is told to.
import {
  checkpointAskSchema,
  EPOCH_HEADER,
  problem,
  sandboxOpenSchema,
  statusOf,
  type ErrorCode,
  type SandboxCall,
  type SandboxEgress,
  type SandboxFrame,
  type SandboxId,
} from "@acos/protocol";
import {
  createRequestGate,
  KeyRing,
  NonceCache,
  sha256Hex,
  TrustError,
  verifySandboxRequest,
  type PublicJwk,
  type SandboxGate,
  type SandboxRequest,
} from "@acos/trust";

type Frame = Exclude<SandboxFrame, { t: "beat" }>;

interface Call {
  readonly frames: Frame[];
  readonly call: SandboxCall;
  cancelled: boolean;
}

export interface FakeSandbox {
  readonly group: string;
  epoch: string;
  running: boolean;
  egress: SandboxEgress;
  files: Map<string, string>;
  readonly calls: Map<string, Call>;
  readonly packs: Map<string, Uint8Array>;
  readonly checkpoints: { id: string; files: Map<string, string> }[];
  ended?: { reason: "limit" | "lost" | "asked"; words: string };
}

/** The host as tests see it and tell it what to do. */
export const host = {
  sandboxes: new Map<SandboxId, FakeSandbox>(),
  /** Method and path of every request, in order, of all groups. */
  asked: [] as { sandbox: string; what: string; actor: string | null }[],
  /** Commands that were run, each time they were. */
  ran: [] as string[],
  /** Frames that one answer carries before its link breaks; 0 = links hold. */
  breakAt: 0,
  /** Nobody answers. */
  down: false,
  /** Answers `sandboxes_off`. */
  off: false,
  /** Answers of POST to calls that are lost on their way, and the next so many. */
  lostPosts: 0,
  /** An answer is lost because the host died: its sandboxes end, and the next one remembers no grant. */
  lostWithHost: false,
  idleMs: 0,
  /** Packs that are not given out any more, the next so many times that one is asked for. */
  lostPacks: 0,
  description: "",
  /** What happens while a request is answered, by its method and path; once. */
  meanwhile: new Map<string, () => Promise<unknown>>(),
  held: new Map<string, PromiseWithResolvers<void>>(),
  epochs: 0,
  /** Sockets to terminals and ports that have been closed from outside. */
  closedSockets: 0,

  reset(): void {
    Object.assign(host, {
      breakAt: 0,
      down: false,
      off: false,
      lostPosts: 0,
      lostWithHost: false,
      lostPacks: 0,
      idleMs: 0,
      description: "",
    });
    for (const waiting of host.held.values()) waiting.resolve();
    host.held.clear();
    host.meanwhile.clear();
  },
  /** Lets a command that begins with `hold` end. */
  release(command: string): void {
    held(command).resolve();
  },
  /** The processes die, the workspace stays. */
  kill(sandbox: SandboxId, ended?: FakeSandbox["ended"]): void {
    const found = host.sandboxes.get(sandbox)!;
    found.running = false;
    found.calls.clear();
    if (ended) found.ended = ended;
  },
  whatOf(sandbox: SandboxId): string[] {
    return host.asked.flatMap((each) => (each.sandbox === sandbox ? each.what : []));
  },
};

function held(command: string): PromiseWithResolvers<void> {
  const known = host.held.get(command) ?? Promise.withResolvers<void>();
  host.held.set(command, known);
  return known;
}

let gate: SandboxGate | undefined;

/** Answers one request as a Sandbox Host would. */
export async function answerAsHost(
  request: Request,
  { authority, nowMs }: { authority: PublicJwk; nowMs: number },
): Promise<Response> {
  if (host.down) throw new Error("nobody is there");
  if (host.off) return refused("sandboxes_off");
  gate ??= {
    gate: {
      ...createRequestGate("acos:sandbox-host", await KeyRing.of([authority])),
      bodyMaxBytes: 16 * 1024 * 1024,
    },
    usedGrants: new NonceCache(),
  };
  const body = new Uint8Array(await request.arrayBuffer());
  try {
    const { method, url, headers } = request;
    const asked = await verifySandboxRequest({ method, url, headers, body }, gate, nowMs);
    const { sandbox, path, search, actor } = asked;
    const what = `${method} ${path}${search}`;
    host.asked.push({ sandbox, what, actor });
    const meanwhile = host.meanwhile.get(what);
    host.meanwhile.delete(what);
    await meanwhile?.();
    return path.startsWith("/agent")
      ? await answerAgent(request, asked, body)
      : answerControl(request, asked, body);
  } catch (error) {
    if (error instanceof TrustError)
      return Response.json(error.problem, { status: statusOf(error.problem.code) });
    throw error;
  }
}

function refused(code: ErrorCode, words = code): Response {
  return Response.json(problem(code, words), { status: statusOf(code) });
}

function answerControl(request: Request, asked: SandboxRequest, body: Uint8Array): Response {
  const { sandbox, group, path } = asked;
  const found = host.sandboxes.get(sandbox);
  if (found && found.group !== group) return refused("not_found");
  if (request.method === "PUT" && path === "") return open(asked, body);
  if (!found) return refused("not_found");
  if (request.method === "DELETE") host.sandboxes.delete(sandbox);
  else if (path === "/stop") found.running = false;
  else if (path === "/egress") found.egress = JSON.parse(text(body)) as SandboxEgress;
  else
    return Response.json({
      state: found.running ? "running" : "kept",
      ...(found.running && { epoch: found.epoch, idleMs: host.idleMs }),
      ...(found.ended && { ended: found.ended }),
    });
  return Response.json({});
}

function open({ sandbox, group }: SandboxRequest, body: Uint8Array): Response {
  const { egress } = sandboxOpenSchema.parse(JSON.parse(text(body)));
  const found = host.sandboxes.get(sandbox);
  if (found?.running)
    return Response.json({ epoch: found.epoch, workspace: "running", startMs: 0 });
  const epoch = `epoch${String((host.epochs += 1)).padStart(6, "0")}`;
  const calls = new Map<string, Call>();
  const fresh = { files: new Map(), packs: new Map(), checkpoints: [] };
  host.sandboxes.set(sandbox, {
    ...(found ?? { group, ...fresh }),
    calls,
    epoch,
    egress,
    running: true,
  });
  return Response.json({ epoch, workspace: found ? "kept" : "new", startMs: 12 });
}

async function answerAgent(
  request: Request,
  { sandbox: id, group, path, search, call }: SandboxRequest,
  body: Uint8Array,
): Promise<Response> {
  const box = host.sandboxes.get(id);
  if (!box || box.group !== group) return refused("not_found");
  if (!box.running || request.headers.get(EPOCH_HEADER) !== box.epoch)
    return refused("sandbox_replaced");
  const params = new URLSearchParams(search);
  const [, , area = "", name = "", ...rest] = path.split("/");
  if (area === "tool-calls") return answerCall(request, box, { id: name, call, params });
  if (area === "checkpoints") return answerCheckpoint(request, box, { name, params, rest, body });
  if (area === "snapshots") return answerSnapshot(request, box, { name, rest, body });
  if (area === "files") return answerFiles(request, box, { file: params.get("path")!, body });
  if (area === "ports" && rest[0] === "proxy")
    return answerPort(request, { at: `${name} /${rest.slice(1).join("/")}${search}`, body });
  if (area === "terminals" && name !== "" && request.method === "GET") return echo();
  if (area === "terminals" && request.method === "POST")
    return Response.json({ terminal: "t1", cols: 80, rows: 24, viewers: 0 });
  if (area === "procs" && request.method === "POST") {
    host.ran.push((JSON.parse(text(body)) as { command: string }).command);
    return new Response('{"t":"exit","seq":1,"code":0,"signal":null,"timedOut":false}\n');
  }
  return Response.json({ items: [] });
}

function answerPort(request: Request, { at, body }: { at: string; body: Uint8Array }): Response {
  if (request.headers.has("upgrade")) return echo(request.headers.get("sec-websocket-protocol"));
  if (!at.includes("/refuse")) return new Response(`port ${at}`);
  return new Response(text(body), { status: 401, headers: { "www-authenticate": "Basic" } });
}

function echo(protocol: string | null = null): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener("message", ({ data }) => server.send(`echo ${String(data)}`));
  server.addEventListener("close", () => {
    host.closedSockets += 1;
  });
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: protocol ? { "sec-websocket-protocol": protocol } : {},
  });
}

async function answerCall(
  request: Request,
  box: FakeSandbox,
  asked: { id: string; call: SandboxCall | null; params: URLSearchParams },
): Promise<Response> {
  const known = box.calls.get(asked.id);
  if (request.method === "DELETE") {
    if (known) known.cancelled = true;
    return Response.json({});
  }
  if (request.method === "GET")
    return known ? stream(known, Number(asked.params.get("from"))) : refused("not_found");
  const begun = known ?? begin(box, asked.call!);
  if (host.lostPosts > 0) {
    host.lostPosts -= 1;
    if (host.lostWithHost) [box.running, gate] = [false, undefined];
    throw new Error("the link broke before the answer");
  }
  return stream(begun, 0);
}

function begin(box: FakeSandbox, call: SandboxCall): Call {
  const made: Call = { call, frames: [{ t: "start", seq: 1 }], cancelled: false };
  box.calls.set(call.call, made);
  void work(box, made);
  return made;
}

async function work(box: FakeSandbox, { call, frames }: Call): Promise<void> {
  const { tool, arguments: args } = call;
  const command = String(args["command"] ?? args["path"] ?? tool);
  host.ran.push(command);
  frames.push({ t: "out", seq: 2, b64: btoa("one\n") }, { t: "out", seq: 3, b64: btoa("two\n") });
  if (command.startsWith("hold")) await held(command).promise;
  if (tool === "write_file") box.files.set(command, String(args["content"] ?? ""));
  const port = tool === "start_server" ? { port: 5173 } : {};
  frames.push({ t: "result", seq: 4, result: { isError: false, text: `did ${command}` }, ...port });
}

function stream({ frames }: Call, from: number): Response {
  let [next, sent] = [from, 0];
  return new Response(
    new ReadableStream({
      async pull(controller) {
        for (;;) {
          const frame = frames.find(({ seq }) => seq > next);
          if (frame) {
            next = frame.seq;
            sent += 1;
            controller.enqueue(new TextEncoder().encode(`${JSON.stringify(frame)}\n`));
            if (frame.t === "result" || sent === host.breakAt) controller.close();
            return;
          }
          await scheduler.wait(5);
          if (host.down) return controller.error(new Error("killed"));
        }
      },
    }),
  );
}

function answerCheckpoint(
  request: Request,
  box: FakeSandbox,
  {
    name,
    params,
    rest,
    body,
  }: { name: string; params: URLSearchParams; rest: string[]; body: Uint8Array },
): Response {
  const { checkpoints } = box;
  if (name === "" && request.method === "POST") {
    const { checkpoint } = checkpointAskSchema.parse(JSON.parse(text(body)));
    checkpoints.push({ id: checkpoint, files: new Map(box.files) });
    return Response.json({ changed: true, described: host.description });
  }
  const at = (id: string | null): Map<string, string> | undefined =>
    id === null ? box.files : checkpoints.find((each) => each.id === id)?.files;
  if (name === "changes") {
    const [from, to] = [at(params.get("from")), at(params.get("to"))];
    if (!from || !to) return refused("not_found");
    const changed = [...to].filter(([path, content]) => from.get(path) !== content);
    const hunks = changed.map(([path, content]) => ({
      hunk: hashOf(`${path}${content}`),
      path,
      diff: `+${content}`,
      added: 1,
      removed: 0,
    }));
    return Response.json({ hunks, more: false });
  }
  if (name === "undo") {
    const { hunks } = JSON.parse(text(body)) as { hunks: string[] };
    for (const [path, content] of box.files)
      if (hunks.includes(hashOf(`${path}${content}`))) box.files.delete(path);
    return Response.json({ undone: hunks, refused: [] });
  }
  const kept = rest[0] === "restore" ? at(name) : undefined;
  if (!kept) return refused("not_found");
  box.files = new Map(kept);
  return Response.json({});
}

/** 64 hex digits that differ for different texts of tests. */
function hashOf(given: string): string {
  return Array.from(given, (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0"))
    .join("")
    .slice(0, 64)
    .padEnd(64, "0");
}

async function answerSnapshot(
  request: Request,
  box: FakeSandbox,
  { name, rest, body }: { name: string; rest: string[]; body: Uint8Array },
): Promise<Response> {
  if (name === "") return snapshot(box);
  if (rest[0] === "restore") {
    const manifest = box.packs.get(name);
    if (!manifest) return refused("not_found");
    const names = JSON.parse(text(manifest)) as string[];
    if (names.some((pack) => !box.packs.has(pack))) return refused("conflict");
    box.files = new Map(
      names.map((pack) => JSON.parse(text(box.packs.get(pack)!)) as [string, string]),
    );
    return Response.json({});
  }
  const hash = rest[0] ?? "";
  if (request.method === "PUT") box.packs.set(hash, body);
  else if (name === "packs" && host.lostPacks > 0) {
    host.lostPacks -= 1;
    return refused("not_found");
  }
  const bytes = box.packs.get(hash);
  return bytes ? new Response(bytes) : refused("not_found");
}

async function snapshot(box: FakeSandbox): Promise<Response> {
  const packs: { pack: string; bytes: number }[] = [];
  for (const file of box.files) {
    const bytes = new TextEncoder().encode(JSON.stringify(file));
    const pack = await sha256Hex(bytes);
    box.packs.set(pack, bytes);
    packs.push({ pack, bytes: bytes.length });
  }
  const manifest = new TextEncoder().encode(JSON.stringify(packs.map(({ pack }) => pack)));
  const hash = await sha256Hex(manifest);
  box.packs.set(hash, manifest);
  return Response.json({ snapshot: hash, files: packs.length, bytes: manifest.length, packs });
}

function answerFiles(
  request: Request,
  box: FakeSandbox,
  { file, body }: { file: string; body: Uint8Array },
): Response {
  if (request.method === "PUT") {
    box.files.set(file, text(body));
    return Response.json({ etag: "e1" });
  }
  const content = box.files.get(file);
  if (content === undefined) return refused("not_found");
  return new Response(content, { headers: { "acos-entry": "file", etag: "e1" } });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
