// Answers held against the OpenAPI document that the product itself serves: the status it names, and a body of its schema.
import * as z from "zod";

import type { OperationId } from "@acos/protocol";

import type { Answer, Rest } from "../rest.ts";

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { content?: Record<string, { schema?: object }> }>>;
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** Answers what is wrong with an answer of an operation, "" for nothing. */
export type Checker = (id: OperationId, answer: Answer<unknown>) => string;

/** Reads the document and makes checkers of its schemas. Throws when one of them is no JSON Schema. */
export async function answerChecker(rest: Rest): Promise<Checker> {
  const served = JSON.stringify(await rest.get("/openapi.json"));
  // Where the schemas stand once they are taken out of the document.
  const document = JSON.parse(served.replaceAll("#/components/schemas/", "#/$defs/")) as OpenApi;
  const $defs = document.components.schemas;
  const schemaOf = (schema: object) => z.fromJSONSchema({ ...schema, $defs } as never);
  const bodyOf = (type: string | undefined, schema: object | undefined) => {
    if (schema) return schemaOf(schema);
    // Bytes have no schema: that they are some is all that the document says.
    return type === undefined ? z.undefined() : z.string().min(1);
  };
  const refusal = schemaOf($defs["Problem"] ?? {});
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const checks = new Map(
    operations.map(({ operationId, responses }) => {
      const status = Object.keys(responses).find((name) => name !== "default") ?? "";
      const [type, { schema } = {}] = Object.entries(responses[status]?.content ?? {})[0] ?? [];
      return [operationId, { status, type, body: bodyOf(type, schema) }];
    }),
  );
  return (id, { status, headers, body }) => {
    if (status >= 400) return wrongWith(refusal, body);
    const described = checks.get(id);
    if (String(status) !== described?.status)
      return `answered ${status}, described as ${described?.status}`;
    const type = headers.get("content-type")?.split(";")[0];
    if (type !== described.type && status !== 204)
      return `answered ${type}, described as ${described.type}`;
    return wrongWith(described.body, body);
  };
}

function wrongWith(schema: z.ZodType, body: unknown): string {
  const { error } = schema.safeParse(body);
  return error ? z.prettifyError(error) : "";
}
