// One row of the route table of the public REST interface.
import type * as z from "zod";

/** Where an operation's subject lives, and so which access function guards it. */
export type Guard = "user" | "org" | "agent" | "group";

export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below /api/v1, parameters in braces; `{name+}` takes all the rest of the path. */
  readonly path: string;
  readonly summary: string;
  readonly guard: Guard;
  readonly body?: z.ZodType;
  readonly answer?: z.ZodType;
  /** The answer is a page of these. */
  readonly list?: z.ZodType;
}
