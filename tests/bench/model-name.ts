// Names of the benchmark's models: `paced-<first token ms>-<tokens>-<gap ms>` says all of a reply's shape.

export interface ReplyShape {
  /** Milliseconds until the first token. */
  readonly firstTokenMs: number;
  readonly tokens: number;
  /** Milliseconds between two tokens; 0 = as fast as the socket takes them. */
  readonly gapMs: number;
}

/** UTF-16 units of one token of a fake reply: all have the same length, so that a length says how many came. */
export const TOKEN_CHARS = 6;

/** The model name of a reply's shape. */
export function modelNameOf(shape: ReplyShape): string {
  return `paced-${shape.firstTokenMs}-${shape.tokens}-${shape.gapMs}`;
}

/** The shape that a model name says; undefined where the name is of another kind. A `stall-…` prefix is left to the caller. */
export function replyShapeOf(model: string): ReplyShape | undefined {
  const found = /paced-(\d+)-(\d+)-(\d+)$/.exec(model);
  if (!found) return undefined;
  const [firstTokenMs, tokens, gapMs] = found.slice(1).map(Number) as [number, number, number];
  return { firstTokenMs, tokens, gapMs };
}

/** UTF-16 units of the whole reply. */
export function replyLengthOf(model: string): number {
  return (replyShapeOf(model)?.tokens ?? 0) * TOKEN_CHARS;
}

/** The text of one token; the reply ends without white space, so that nobody who trims it changes its length. */
export function tokenText(index: number, tokens: number): string {
  const digits = String(index % 10_000).padStart(4, "0");
  return index === tokens - 1 ? `w${digits}.` : `w${digits} `;
}
