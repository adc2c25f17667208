// One connection for the group on the page, and its snapshot as React state.
import {
  connectGroup,
  type CallOutput,
  type GroupConnection,
  type LocalView,
  type Snapshot,
} from "@acos/client";
import type { ToolCallId } from "@acos/protocol";
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";

export interface OpenConnection {
  /** Null until it is open. Never that of a group shown before. */
  readonly connection: GroupConnection | null;
  /** Somebody archived the group while it was shown. The connection is closed then: to hold it open would bring it back. */
  readonly archived: boolean;
  /** Opens it anew. */
  readonly reopen: () => void;
}

interface Opened {
  readonly group: string;
  readonly connection: GroupConnection;
  readonly archived: boolean;
}

/** The connection of a group while a page shows it. */
export function useConnection(group: string): OpenConnection {
  const [open, setOpen] = useState<Opened>();
  const [times, setTimes] = useState(0);
  useEffect(() => {
    const connection = connectGroup({
      baseUrl: "",
      credentials: { type: "cookie" },
      group,
      onEvent: ({ event }) => {
        // One from before, in a replay, was followed by this very visit.
        if (event.kind !== "group-archived" || connection.snapshot.state.name !== "live") return;
        connection.close();
        setOpen({ group, connection, archived: true });
      },
    });
    const retry = (): void => connection.retryNow();
    addEventListener("online", retry);
    document.addEventListener("visibilitychange", retry);
    setOpen({ group, connection, archived: false });
    return () => {
      removeEventListener("online", retry);
      document.removeEventListener("visibilitychange", retry);
      connection.close();
      setOpen(undefined);
    };
  }, [group, times]);
  const reopen = useCallback(() => setTimes((before) => before + 1), []);
  // A page that has just changed its group renders once before the effect has closed the line to the other.
  const own = open?.group === group ? open : undefined;
  return { connection: own?.connection ?? null, archived: own?.archived ?? false, reopen };
}

/** The connection for everything inside the page. */
export const ConnectionContext = createContext<GroupConnection | null>(null);

export function useOpenConnection(): GroupConnection {
  const connection = useContext(ConnectionContext);
  if (!connection) throw new Error("This part of the app belongs inside a group's page.");
  return connection;
}

/** What `read` finds in the open connection; renders anew when it finds something else. */
function useRead<T>(read: (connection: GroupConnection) => T): T {
  const connection = useOpenConnection();
  return useSyncExternalStore(
    (listener) => connection.subscribe(listener),
    () => read(connection),
  );
}

/** Everything there is to know of the group right now; renders anew with every delta. */
export function useSnapshot(): Snapshot {
  return useRead((connection) => connection.snapshot);
}

/** What a running call has said last; undefined where it says nothing. Renders anew with this call's output only. */
export function useCallOutput(call: ToolCallId): CallOutput | undefined {
  return useRead((connection) => connection.snapshot.view.outputs.get(call));
}

/** The view as of the last event: for rows that streaming, typing and presence do not concern. */
export function useStillView(): LocalView {
  return useRead(stillView);
}

const stillViews = new WeakMap<GroupConnection, LocalView>();

function stillView(connection: GroupConnection): LocalView {
  const { view } = connection.snapshot;
  const last = stillViews.get(connection);
  if (last && STILL.every((part) => last[part] === view[part])) return last;
  stillViews.set(connection, view);
  return view;
}

const STILL = [
  "group",
  "self",
  "members",
  "messages",
  "runs",
  "calls",
  "entries",
  "summary",
  "briefingRules",
] as const;
