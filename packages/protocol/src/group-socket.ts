// The socket's frames, both ways: JSON text, one object each.
import * as z from "zod";

import type { Problem } from "./errors.ts";
import { commandIdSchema, commandSchema } from "./group-command.ts";
import type { LogEvent } from "./group-event.ts";
import type { GroupView } from "./group-view.ts";
import type { MemberId, MessageId, RunId } from "./ids.ts";

export const clientFrameSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("hello"),
    protocol: z.int(),
    since: z.int().nonnegative().optional(),
  }),
  z.strictObject({ type: z.literal("command"), id: commandIdSchema, command: commandSchema }),
  z.strictObject({ type: z.literal("typing") }),
  z.strictObject({ type: z.literal("ping") }),
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

export type GroupFrame =
  | {
      readonly type: "welcome";
      readonly protocol: number;
      readonly head: number;
      readonly member: GroupView["members"][number];
      readonly group: GroupView;
    }
  | ({ readonly type: "event" } & LogEvent)
  | { readonly type: "live"; readonly head: number }
  | { readonly type: "ack"; readonly id: string; readonly seq: number }
  | { readonly type: "refused"; readonly id?: string; readonly problem: Problem }
  | DeltaFrame
  | { readonly type: "presence"; readonly online: readonly MemberId[] }
  | { readonly type: "typing"; readonly member: MemberId }
  | { readonly type: "pong" }
  /** Events up to and including `from` must be fetched by REST; the socket goes on after it. */
  | { readonly type: "reset"; readonly head: number; readonly from: number };
