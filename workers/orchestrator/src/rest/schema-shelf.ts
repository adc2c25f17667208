// JSON Schemas as they go into one document: what zod keeps beside a recursive schema moves to the document's components.
import { toJsonSchema } from "@acos/protocol";

export type JsonSchema = Record<string, unknown>;
type Schema = Parameters<typeof toJsonSchema>[0];

const COMPONENTS = "#/components/schemas/";

/** Collects the shared schemas of one document. A `#/$defs/` reference would point at the document's own root, where nothing is. */
export class SchemaShelf {
  readonly schemas: Record<string, JsonSchema> = {};
  readonly #known = new Map<string, string>();

  /** A schema as JSON Schema, every reference in it resolvable in a document that holds `schemas` as its components. */
  describe(schema: Schema, side: "input" | "output"): JsonSchema {
    const { $defs, ...described } = toJsonSchema(schema, side);
    if ($defs === undefined) return described;
    const prefix = this.#shelve($defs as Record<string, JsonSchema>);
    return pointAt(described, prefix);
  }

  #shelve(definitions: Record<string, JsonSchema>): string {
    const text = JSON.stringify(definitions);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const prefix = `Json${this.#known.size + 1}`;
    this.#known.set(text, prefix);
    for (const [name, definition] of Object.entries(definitions))
      this.schemas[`${prefix}${name}`] = pointAt(definition, prefix);
    return prefix;
  }
}

function pointAt(schema: JsonSchema, prefix: string): JsonSchema {
  const point = (key: string, value: unknown): unknown =>
    key === "$ref" && typeof value === "string"
      ? value.replace("#/$defs/", `${COMPONENTS}${prefix}`)
      : value;
  return JSON.parse(JSON.stringify(schema, point)) as JsonSchema;
}
