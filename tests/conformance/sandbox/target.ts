// What the suite is run against: something that speaks the Sandbox Host's wire, and what it can do.
import type { SignedRequest, TestAuthority } from "@acos/testkit";

export interface Features {
  /** Runs real programs, so that a shell, a server or a terminal can be used. */
  readonly programs: boolean;
  /** A workspace outlasts the processes of its sandbox. */
  readonly keepsWorkspace: boolean;
  /** Counts the sandboxes of a group against its certificate. */
  readonly countsSandboxes: boolean;
}

/** One that runs. */
export interface Place {
  readonly authority: TestAuthority;
  /** Sends a request as it stands; what was signed is not touched. */
  fetch(request: SignedRequest, signal?: AbortSignal): Promise<Response>;
  /** Where a WebSocket goes, and what it must carry beside the signature; undefined where there are none. */
  readonly socket?: (target: string) => {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Breaks open streams off; only a fake can. */
  readonly breakLinks?: () => void;
  stop(): Promise<void>;
}

export interface Target {
  readonly name: string;
  readonly features: Features;
  start(): Promise<Place>;
}
