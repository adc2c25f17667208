// Work on one thing in the order it was asked for, never two at once; requests come as they like.

export type Queue = <T>(work: () => Promise<T>) => Promise<T>;

const queues = new Map<string, Queue>();

/** The queue of a folder: whoever names the same folder waits in the same line. A failure ends its own work only. */
export function queueOf(folder: string): Queue {
  const known = queues.get(folder);
  if (known !== undefined) return known;
  const made = newQueue();
  queues.set(folder, made);
  return made;
}

function newQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    // The asker is told of the failure; those who wait behind it go on.
    last = next.catch(() => undefined);
    return next;
  };
}
