// The Range header as far as it is served: one range of bytes (RFC 9110, section 14.1.2).
export interface Range {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

/** Undefined where the whole is to be sent, also for ranges that are not understood; `outside` where nothing fits. */
export function rangeOf(header: string | undefined, size: number): Range | "outside" | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  const [, from = "", to = ""] = match ?? [];
  if (from === "" && to === "") return undefined;
  if (from === "") {
    const first = Math.max(0, size - Number(to));
    return Number(to) === 0 || size === 0 ? "outside" : { first, last: size - 1 };
  }
  const range = {
    first: Number(from),
    last: to === "" ? size - 1 : Math.min(Number(to), size - 1),
  };
  if (to !== "" && Number(to) < range.first) return undefined;
  return range.first >= size ? "outside" : range;
}
