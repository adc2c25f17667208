// Commands a member may give a group, as they arrive from a socket or from REST.
import * as z from "zod";

import { BRIEFING_RULES } from "./group-event.ts";
import { idSchema } from "./ids.ts";
import { sentPartsSchema } from "./message.ts";
import { nameSchema } from "./agent-version.ts";
import { policyChangeSchema } from "./policy.ts";
import { summarySectionsSchema } from "./summary.ts";
import { toolArgumentsSchema } from "./tool.ts";

export const commandSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("message-post"),
    parts: sentPartsSchema,
    replyTo: idSchema("message").optional(),
  }),
  z.strictObject({
    kind: z.literal("message-edit"),
    message: idSchema("message"),
    parts: sentPartsSchema,
  }),
  z.strictObject({ kind: z.literal("message-redact"), message: idSchema("message") }),
  z.strictObject({
    kind: z.literal("reaction-set"),
    message: idSchema("message"),
    reaction: z.string().min(1).max(32),
    on: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("run-cancel"), run: idSchema("run") }),
  z.strictObject({ kind: z.literal("run-resume"), run: idSchema("run") }),
  z.strictObject({
    kind: z.literal("approval-decide"),
    approval: idSchema("approval"),
    decision: z.enum(["approve", "deny"]),
    /** Edited arguments; the decision is bound to their digest. Only with `approve`. */
    arguments: toolArgumentsSchema.optional(),
  }),
  z.strictObject({ kind: z.literal("read-mark"), seq: z.int().nonnegative() }),
  /** Asks for a summary of all so far: a milestone. */
  z.strictObject({ kind: z.literal("summary-ask") }),
  /** Writes the summary anew; it goes on standing for the same messages. */
  z.strictObject({ kind: z.literal("summary-edit"), sections: summarySectionsSchema }),
  z.strictObject({
    kind: z.literal("briefing-rule-set"),
    message: idSchema("message"),
    rule: z.enum(BRIEFING_RULES),
  }),
  z
    .strictObject({
      kind: z.literal("settings-change"),
      name: nameSchema.optional(),
      policy: policyChangeSchema.optional(),
    })
    .refine((change) => change.name !== undefined || change.policy !== undefined, {
      message: "say what to change: name or policy",
    }),
]);
export type Command = z.infer<typeof commandSchema>;
export type CommandKind = Command["kind"];
export type CommandOf<K extends CommandKind> = Extract<Command, { kind: K }>;

/** The caller's own id of a command: the same id again is answered with the first outcome, never done twice. */
export const commandIdSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\x21-\x7e]+$/, "must be 1 to 128 visible ASCII characters");

/** Body of `POST /groups/{id}/commands` and, with a type, a frame of the socket. */
export const commandRequestSchema = z.strictObject({ id: commandIdSchema, command: commandSchema });
export type CommandRequest = z.infer<typeof commandRequestSchema>;
