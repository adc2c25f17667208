// How much of what several agents are told for one message is the same from its beginning: what a provider can cache.

/** What a provider reads in its order: tool definitions, then messages. `body` is a request of chat completions. */
export function promptOf(body: string): Buffer {
  const { tools = [], messages } = JSON.parse(body) as { tools?: object[]; messages: object[] };
  return Buffer.from(JSON.stringify([tools, messages]));
}

/** The common beginning of prompts as a share of the longest one. Throws RangeError for less than two. */
export function sharedShare(prompts: readonly Buffer[]): number {
  const [first, ...others] = prompts;
  if (first === undefined || others.length === 0) throw new RangeError("one prompt shares nothing");
  const longest = Math.max(...prompts.map(({ length }) => length));
  const shared = Math.min(...others.map((other) => commonBytes(first, other)));
  return shared / longest;
}

function commonBytes(one: Buffer, other: Buffer): number {
  const most = Math.min(one.length, other.length);
  for (let at = 0; at < most; at += 1) if (one[at] !== other[at]) return at;
  return most;
}
