// Long computation in slices: an object is one thread, and whoever writes meanwhile must not wait for it.

/** Items worked on at a time: a few milliseconds. */
const SLICE_ITEMS = 128;

/** Does something with every item in order, and lets others have their turn after each slice. */
export async function inSlices<T>(items: readonly T[], act: (item: T) => void): Promise<void> {
  for (let from = 0; from < items.length; from += SLICE_ITEMS) {
    if (from > 0) await new Promise<void>((resolve) => setTimeout(resolve, 0));
    for (const item of items.slice(from, from + SLICE_ITEMS)) act(item);
  }
}
