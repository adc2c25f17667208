// What each model of the fake model server does: named scripts over one streamed OpenAI chat completion.

/** One delta of a streamed completion, or what the server does instead of sending one. */
export type FakeDelta =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | { readonly type: "call"; readonly index: number; readonly name: string; readonly input: string }
  | { readonly type: "finish"; readonly reason: string; readonly usage: boolean }
  | { readonly type: "raw"; readonly line: string }
  /** Breaks the connection. */
  | { readonly type: "break" }
  /** Sends nothing more and keeps the connection. */
  | { readonly type: "hang" };

export type FakeScript =
  | {
      readonly type: "refuse";
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly type: "stream"; readonly deltas: Iterable<FakeDelta>; readonly pace: FakePace };

/** Milliseconds before the first delta and between two; 0 waits for nothing. */
export interface FakePace {
  readonly firstMs: number;
  readonly gapMs: number;
}

export interface FakeRequest {
  readonly model: string;
  /** Text of the last message of a user, or the message it marks as the one to answer. */
  readonly asked: string;
  /** Results of tool calls in the prompt, in order. */
  readonly results: readonly string[];
  readonly key: string;
}

const FINISH: FakeDelta = { type: "finish", reason: "stop", usage: true };
const CALLED: FakeDelta = { type: "finish", reason: "tool_calls", usage: true };
/** Larger than every limit on a response's text; nobody should read it to its end. */
const ENDLESS_DELTAS = 1_000_000;

type Make = (request: FakeRequest) => Iterable<FakeDelta> | Extract<FakeScript, { type: "refuse" }>;

const SCRIPTS: Readonly<Record<string, Make>> = {
  "fake-echo": ({ asked }) => [...words(asked), FINISH],
  "fake-thinking": ({ asked }) => [
    { type: "reasoning", text: "Let me think." },
    ...words(asked),
    FINISH,
  ],
  "fake-no-usage": ({ asked }) => [...words(asked), { ...FINISH, usage: false }],
  "fake-nothing": () => [FINISH],
  "fake-length": () => [{ type: "finish", reason: "length", usage: true }],
  "fake-tool": (request) => oneCallATurn(request),
  "fake-tools": (request) =>
    request.results.length > 0
      ? [...words(request.results.join(" ")), FINISH]
      : [...callsIn(request.asked), CALLED],
  "fake-bad-arguments": () => [
    { type: "call", index: 0, name: "calculate", input: '{"expression": ' },
    CALLED,
  ],
  "fake-many-calls": () => [
    ...Array.from({ length: 40 }, (_, index) => ({
      type: "call" as const,
      index,
      name: "calculate",
      input: "{}",
    })),
    CALLED,
  ],
  "fake-endless": () => endless(),
  "fake-stop": () => [...words("These are the last words before"), { type: "break" }],
  "fake-cut": () => words("These are the last words before"),
  "fake-hang": () => [{ type: "hang" }],
  "fake-hang-late": () => [...words("And then"), { type: "hang" }],
  "fake-garbage": () => [{ type: "raw", line: "data: {this is not JSON\n\n" }],
  "fake-page": () => [{ type: "raw", line: "<html><body>Welcome to nginx!</body></html>\n" }],
  "fake-empty": () => [],
  "fake-stream-error": () => [
    ...words("So far"),
    {
      type: "raw",
      line: `data: ${JSON.stringify({ error: { message: "the GPU is on fire", type: "server_error" } })}\n\n`,
    },
  ],
  "fake-400": () => refuse(400, "this model does not take tools"),
  "fake-401": ({ key }) => refuse(401, `Incorrect API key provided: ${key}.`),
  "fake-403": () => refuse(403, "the project may not use this model"),
  "fake-404": () => refuse(404, "the model does not exist"),
  "fake-429": () => ({ ...refuse(429, "Rate limit reached"), headers: { "retry-after": "2" } }),
  "fake-500": () => refuse(500, "internal error"),
  "fake-503": () => refuse(503, "overloaded"),
};

/** The models there are, besides `fake-paced-TOKENS-GAPMS` and `fake-paced-TOKENS-GAPMS-FIRSTMS`. */
export const FAKE_MODELS = Object.keys(SCRIPTS) as readonly string[];

/** What a model does with a request; undefined when there is no such model. */
export function scriptOf(request: FakeRequest, pace: FakePace): FakeScript | undefined {
  const paced = /^fake-paced-(\d+)-(\d+)(?:-(\d+))?$/.exec(request.model);
  if (paced) {
    const [tokens = 0, gapMs = 0, firstMs = pace.firstMs] = paced
      .slice(1)
      .filter(Boolean)
      .map(Number);
    return { type: "stream", deltas: counted(tokens), pace: { firstMs, gapMs } };
  }
  const made = Object.hasOwn(SCRIPTS, request.model)
    ? SCRIPTS[request.model]?.(request)
    : undefined;
  if (made === undefined) return undefined;
  return Symbol.iterator in made ? { type: "stream", deltas: made, pace } : made;
}

function words(text: string): readonly FakeDelta[] {
  return (text.match(/\s*\S+/g) ?? []).map((word) => ({ type: "text", text: word }));
}

function* counted(tokens: number): Generator<FakeDelta> {
  for (let index = 0; index < tokens; index += 1) yield { type: "text", text: ` w${index}` };
  yield FINISH;
}

function* endless(): Generator<FakeDelta> {
  for (let index = 0; index < ENDLESS_DELTAS; index += 1)
    yield { type: "text", text: "and so on ".repeat(100) };
}

/** Messages ask for calls as `call NAME {"json": …}`, a line each; one is made per response, and then all results told. */
function oneCallATurn({ asked, results }: FakeRequest): readonly FakeDelta[] {
  const next = callsIn(asked)[results.length];
  if (next === undefined) return [...words(results.join(" ")), FINISH];
  return [{ ...next, index: 0 }, CALLED];
}

function callsIn(asked: string): readonly Extract<FakeDelta, { type: "call" }>[] {
  const calls = [...asked.matchAll(/^.*?\bcall (\w+) (\{.*\})$/gm)];
  return calls.map(([, name = "", input = ""], index) => ({ type: "call", index, name, input }));
}

function refuse(status: number, message: string): Extract<FakeScript, { type: "refuse" }> {
  return {
    type: "refuse",
    status,
    body: JSON.stringify({ error: { message, type: "fake_error", code: null } }),
  };
}
