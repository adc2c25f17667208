// JSON Schema of our zod schemas, for the OpenAPI document and for readers; the only bridge from zod to the outside.
import * as z from "zod";

/** JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it) of a schema's input or output; what zod cannot say becomes `{}`. */
export function toJsonSchema(schema: z.ZodType, side: "input" | "output"): Record<string, unknown> {
  const whole = z.toJSONSchema(schema, { io: side, unrepresentable: "any" });
  const { $schema: _, $defs: _recursive, ...rest } = whole;
  return withoutReferences(rest) as Record<string, unknown>;
}

/** The one recursive schema on our wire is "any JSON": its reference becomes `{}`, which says the same without one. */
function withoutReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutReferences);
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value) return {};
  const entries = Object.entries(value).filter(([name]) => name !== "$defs");
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutReferences(inner)]));
}
