// What a caller gives a connection, and what it can read from it at any moment.
import type { DeltaFrame, LogEvent } from "@acos/protocol";

import type { ApiOptions } from "./api.ts";
import type { ConnectionState } from "./connection-state.ts";
import type { LocalView } from "./local-view.ts";
import type { PendingCommand } from "./outbox.ts";
import type { Clock, SocketConstructor } from "./platform.ts";

export interface ConnectOptions extends ApiOptions {
  readonly group: string;
  /** Last seq the caller has; 0 = from the beginning; left out = the newest events. */
  readonly since?: number;
  readonly webSocket?: SocketConstructor;
  readonly clock?: Clock;
  /** Number in [0, 1), spreads reconnects. */
  readonly random?: () => number;
  readonly newId?: () => string;
  /** Contract: called soon after anything in the snapshot changed, several changes at once; must not throw. */
  readonly onChange?: (snapshot: Snapshot) => void;
  /** Contract: called for every event once, in seq order, before `onChange`; must not throw. */
  readonly onEvent?: (entry: LogEvent) => void;
  /** Contract: called for every delta that fits; must not throw. */
  readonly onDelta?: (delta: DeltaFrame) => void;
}

export interface Snapshot {
  readonly state: ConnectionState;
  readonly view: LocalView;
  readonly pending: readonly PendingCommand[];
  /** Whether the log has events older than the view holds. */
  readonly hasOlder: boolean;
  /** Newest seq held, 0 while nothing is known: tells a reader of lists that there is news. */
  readonly head: number;
}
