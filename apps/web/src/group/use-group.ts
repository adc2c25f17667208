// One connection for the group on the page, and its snapshot as React state.
import { connectGroup, type GroupConnection, type LocalView, type Snapshot } from "@acos/client";
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";

/** The connection of a group while a page shows it; null until it is open. Never that of a group shown before. */
export function useConnection(group: string): GroupConnection | null {
  const [open, setOpen] = useState<{ group: string; connection: GroupConnection }>();
  useEffect(() => {
    const opened = connectGroup({ baseUrl: "", credentials: { type: "cookie" }, group });
    const retry = (): void => opened.retryNow();
    addEventListener("online", retry);
    document.addEventListener("visibilitychange", retry);
    setOpen({ group, connection: opened });
    return () => {
      removeEventListener("online", retry);
      document.removeEventListener("visibilitychange", retry);
      opened.close();
      setOpen(undefined);
    };
  }, [group]);
  // A page that has just changed its group renders once before the effect has closed the line to the other.
  return open?.group === group ? open.connection : null;
}

/** The connection for everything inside the page. */
export const ConnectionContext = createContext<GroupConnection | null>(null);

export function useOpenConnection(): GroupConnection {
  const connection = useContext(ConnectionContext);
  if (!connection) throw new Error("This part of the app belongs inside a group's page.");
  return connection;
}

/** Everything there is to know of the group right now; renders anew with every delta. */
export function useSnapshot(): Snapshot {
  const connection = useOpenConnection();
  return useSyncExternalStore(
    (listener) => connection.subscribe(listener),
    () => connection.snapshot,
  );
}

/** The view as of the last event: for rows that streaming, typing and presence do not concern. */
export function useStillView(): LocalView {
  const connection = useOpenConnection();
  return useSyncExternalStore(
    (listener) => connection.subscribe(listener),
    () => stillView(connection),
  );
}

const stillViews = new WeakMap<GroupConnection, LocalView>();

function stillView(connection: GroupConnection): LocalView {
  const { view } = connection.snapshot;
  const last = stillViews.get(connection);
  if (last && STILL.every((part) => last[part] === view[part])) return last;
  stillViews.set(connection, view);
  return view;
}

const STILL = ["group", "self", "members", "messages", "runs", "calls", "entries"] as const;
