// The socket's frames, both ways: JSON text, one object each.
import * as z from "zod";

import type { Problem } from "./errors.ts";
import { commandIdSchema, commandSchema } from "./group-command.ts";
import type { LogEvent } from "./group-event.ts";
import type { GroupView } from "./group-view.ts";
import type { MemberId, MessageId, RunId, ToolCallId } from "./ids.ts";
import { TOKEN_MAX_BYTES } from "./limits.ts";

export const clientFrameSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("hello"),
    protocol: z.int(),
    since: z.int().nonnegative().optional(),
  }),
  z.strictObject({ type: z.literal("command"), id: commandIdSchema, command: commandSchema }),
  z.strictObject({ type: z.literal("typing") }),
  z.strictObject({ type: z.literal("ping") }),
  /** Proves again, with a fresh routing token, that whoever holds this socket may. Answered with `proved` or `refused`. */
  z.strictObject({ type: z.literal("prove"), token: z.string().min(1).max(TOKEN_MAX_BYTES) }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

/** Growth of a part while a turn streams; never stored. Offset 0 begins the part anew. */
export interface DeltaFrame {
  readonly type: "delta";
  readonly run: RunId;
  readonly by: MemberId;
  readonly message: MessageId;
  readonly part: number;
  readonly kind: "text" | "reasoning";
  /** UTF-16 units from the part's start. */
  readonly offset: number;
  readonly text: string;
}

/** What the command of a call says while it runs; never stored, and only its end where much comes at once. */
export interface ToolOutputFrame {
  readonly type: "tool-output";
  readonly run: RunId;
  readonly call: ToolCallId;
  /** UTF-16 units of output before this text. 0 begins anew; more than was told means that some was left out. */
  readonly offset: number;
  readonly text: string;
}

export type GroupFrame =
  | {
      readonly type: "welcome";
      readonly protocol: number;
      readonly head: number;
      readonly member: GroupView["members"][number];
      readonly group: GroupView;
      /** When this socket must have been proven again (ms since the epoch); groups that ask for no proof leave it out. */
      readonly proveBy?: number;
    }
  | { readonly type: "proved"; readonly until: number }
  | ({ readonly type: "event" } & LogEvent)
  | { readonly type: "live"; readonly head: number }
  | { readonly type: "ack"; readonly id: string; readonly seq: number }
  | { readonly type: "refused"; readonly id?: string; readonly problem: Problem }
  | DeltaFrame
  | ToolOutputFrame
  | { readonly type: "presence"; readonly online: readonly MemberId[] }
  | { readonly type: "typing"; readonly member: MemberId }
  | { readonly type: "pong" }
  /** Events up to and including `from` must be fetched by REST; the socket goes on after it. */
  | { readonly type: "reset"; readonly head: number; readonly from: number };
