// JSON Schema of our zod schemas, for the OpenAPI document and for readers; the only bridge from zod to the outside.
import * as z from "zod";

/** JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it) of a schema's input or output; what zod cannot say becomes `{}`. */
export function toJsonSchema(schema: z.ZodType, side: "input" | "output"): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: side, unrepresentable: "any" });
  return rest;
}
