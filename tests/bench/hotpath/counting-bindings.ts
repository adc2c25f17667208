// Counters round every binding of a Worker: the product runs unchanged inside, each call is counted on its way out.

/** Calls since the isolate began, by kind; rows are those that SQLite says it read and wrote. */
export interface Counts {
  d1: number;
  kv: number;
  r2: number;
  /** Calls of R2 that put away what no reader can ask R2 for yet: the moving of old events. */
  moving: number;
  authority: number;
  records: number;
  agents: number;
  /** Calls of the Agents Worker that no message and no run waits for: summaries of what came before. */
  summaries: number;
  statements: number;
  rowsRead: number;
  rowsWritten: number;
}

export const counts: Counts = {
  d1: 0,
  kv: 0,
  r2: 0,
  moving: 0,
  authority: 0,
  records: 0,
  agents: 0,
  summaries: 0,
  statements: 0,
  rowsRead: 0,
  rowsWritten: 0,
};

type Callable = (...args: unknown[]) => unknown;

/** Which counter a binding's calls go to, by its name in the environment. */
const COUNTED: Readonly<Record<string, keyof Counts>> = {
  DB: "d1",
  AGENT_CACHE: "kv",
  ARCHIVE: "r2",
  AUTHORITY: "authority",
  RECORDS: "records",
  AGENTS: "agents",
};

/** Which counter a call goes to, where its binding alone does not tell. */
export type Sorting = Readonly<Record<string, (args: readonly unknown[]) => keyof Counts>>;

const environments = new WeakMap<object, object>();

/** The same environment with counters round its bindings; the same object again for the same environment. */
export function countedEnvironment<E extends object>(env: E): E {
  const known = environments.get(env);
  if (known !== undefined) return known as E;
  const wrapped = sortedEnvironment(env, {});
  environments.set(env, wrapped);
  return wrapped;
}

/** The same for one object, whose calls are sorted; objects of one isolate share their environment, not what sorts. */
export function sortedEnvironment<E extends object>(env: E, sorting: Sorting): E {
  const wrapped: Record<string, unknown> = {};
  for (const [name, binding] of Object.entries(env)) {
    const counter = COUNTED[name];
    const isBinding = typeof binding === "object" && binding !== null && counter !== undefined;
    wrapped[name] = isBinding ? countedCalls(binding, sorting[name] ?? (() => counter)) : binding;
  }
  return wrapped as E;
}

/** Counts every method call on a binding. A D1 statement is counted where it is prepared. */
function countedCalls(
  binding: object,
  counterOf: (args: readonly unknown[]) => keyof Counts,
): object {
  return new Proxy(binding, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        counts[counterOf(args)] += 1;
        // A remote method has no `apply` of its own: every name on it is another remote method.
        return Reflect.apply(member as Callable, target, args);
      };
    },
  });
}

interface Cursor {
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/** A cursor counts while it is read: those of the latest statements are looked at again, older ones are done. */
const CURSORS_OPEN_MAX = 64;
const open: { readonly cursor: Cursor; read: number; written: number }[] = [];

/** Counts the statements of an object's SQLite, by a method of its own on that one object. */
export function countStatements(sql: { exec: (...args: never[]) => unknown }): void {
  const exec = sql.exec.bind(sql) as Callable;
  const counted = (...args: unknown[]) => {
    const cursor = exec(...args) as Cursor;
    counts.statements += 1;
    settleCursors();
    open.push({ cursor, read: 0, written: 0 });
    if (open.length > CURSORS_OPEN_MAX) open.shift();
    return cursor;
  };
  Object.defineProperty(sql, "exec", { value: counted });
}

/** Brings the row counts up to date. */
export function settleCursors(): void {
  for (const each of open) {
    counts.rowsRead += each.cursor.rowsRead - each.read;
    counts.rowsWritten += each.cursor.rowsWritten - each.written;
    each.read = each.cursor.rowsRead;
    each.written = each.cursor.rowsWritten;
  }
}
