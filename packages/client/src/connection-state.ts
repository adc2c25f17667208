// Where a connection to a group stands: one table of state × happening, which is both the code and the test.
//
//   asking ─token─▶ opening ─open─▶ greeting ─welcome─▶ replaying ─live─▶ live
//     ▲                 └───────────────┴──── lost ─────────┴──────────────┘
//     └──── retry ──── waiting ◀───────────────┘        refused ▶ failed, close ▶ closed, from anywhere alive
import type { Problem } from "@acos/protocol";

export type ConnectionState =
  /** A routing token is being asked for. */
  | { readonly name: "asking" }
  /** The socket is being opened. */
  | { readonly name: "opening" }
  /** Hello is sent, the welcome is awaited. */
  | { readonly name: "greeting" }
  /** What was missed is coming in. */
  | { readonly name: "replaying" }
  | { readonly name: "live" }
  /** The connection is lost and will be tried again at `retryAt` (ms since the epoch). */
  | { readonly name: "waiting"; readonly retryAt: number }
  /** Trying again cannot help: not signed in, no such group, not a member. */
  | { readonly name: "failed"; readonly problem: Problem }
  | { readonly name: "closed" };

export type StateName = ConnectionState["name"];
export type Happening =
  | "token"
  | "open"
  | "welcome"
  | "live"
  | "lost"
  | "retry"
  | "refused"
  | "close";

const ends = { refused: "failed", close: "closed" } as const;
const none = { token: null, open: null, welcome: null, live: null, lost: null, retry: null };

/** The next state; null where a happening means nothing and is passed over. */
export const TRANSITIONS: Readonly<
  Record<StateName, Readonly<Record<Happening, StateName | null>>>
> = {
  asking: { ...none, token: "opening", lost: "waiting", ...ends },
  opening: { ...none, open: "greeting", lost: "waiting", ...ends },
  greeting: { ...none, welcome: "replaying", lost: "waiting", ...ends },
  replaying: { ...none, live: "live", lost: "waiting", ...ends },
  live: { ...none, lost: "waiting", ...ends },
  waiting: { ...none, retry: "asking", ...ends },
  failed: { ...none, refused: null, close: "closed" },
  closed: { ...none, refused: null, close: null },
};

/** First wait after a loss; short, because most losses are a restart or a changed network. */
const BACKOFF_FIRST_MS = 300;
/** Longest wait: a person who comes back to the window should not wait longer for its group. */
const BACKOFF_MAX_MS = 20_000;

/** How long to wait before try number `tries` (0 = first), spread so that clients of a restarted group do not come at once. */
export function backoffMs(tries: number, random: number): number {
  const full = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(tries, 10));
  return Math.round(full / 2 + (full / 2) * random);
}
