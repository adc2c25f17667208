// JSON Schema as far as our own tools need it, and the check of a call's arguments against it.
import type { ToolArguments } from "@acos/protocol";

/** One argument of a tool. Without a type every JSON value will do. */
export interface ArgumentSchema {
  readonly type?: "string" | "number" | "integer" | "boolean" | "object";
  readonly description?: string;
  readonly enum?: string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly additionalProperties?: { readonly type: "string" };
}

export interface Schema {
  readonly type: "object";
  readonly properties: Record<string, ArgumentSchema>;
  readonly required: string[];
  readonly additionalProperties: false;
}

/** A tool as a model sees it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
}

/** Why the arguments do not fit the schema, in words for the model; undefined when they do. Does not look inside objects. */
export function argumentsRefusal(schema: Schema, call: ToolArguments): string | undefined {
  const missing = schema.required.filter((name) => call[name] === undefined);
  if (missing.length > 0) return `Missing: ${missing.join(", ")}.`;
  for (const [name, value] of Object.entries(call)) {
    const expected = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (expected === undefined)
      return `There is no argument "${name.slice(0, 40)}". Known: ${Object.keys(schema.properties).join(", ")}.`;
    if (value === null) continue;
    if (expected.type !== undefined && !isOfType(value, expected.type))
      return `"${name}" must be of type ${expected.type}.`;
    if (typeof value === "number" && !isWithin(value, expected)) return outside(name, expected);
  }
  return undefined;
}

/** A JSON value as text: strings as they are, null and nothing as the empty string, the rest as JSON. */
export function asText(value: ToolArguments[string] | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isOfType(
  value: ToolArguments[string],
  type: NonNullable<ArgumentSchema["type"]>,
): boolean {
  if (type === "integer") return Number.isSafeInteger(value);
  return (Array.isArray(value) ? "array" : typeof value) === type;
}

function isWithin(value: number, { minimum = -Infinity, maximum = Infinity }: ArgumentSchema) {
  return value >= minimum && value <= maximum;
}

function outside(name: string, { minimum, maximum }: ArgumentSchema): string {
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ];
  return `"${name}" must be ${bounds.join(" and ")}.`;
}
