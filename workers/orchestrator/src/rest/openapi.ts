// The OpenAPI 3.1 document, made from the route table and the zod schemas, so that it cannot differ from what is served.
import {
  ERROR_CODES,
  isUnsafe,
  OPERATIONS,
  problemSchema,
  PRODUCT_VERSION,
  toJsonSchema,
} from "@acos/protocol";

import { jsonAnswer, type Answer } from "./answer.ts";
import { API_PATH } from "./route-table.ts";

type JsonSchema = Record<string, unknown>;
type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS] & {
  readonly body?: Parameters<typeof toJsonSchema>[0];
  readonly answer?: Parameters<typeof toJsonSchema>[0];
  readonly list?: Parameters<typeof toJsonSchema>[0];
};

let made: Answer | undefined;

/** The document as an answer; made at the first request of an isolate. */
export function openApiAnswer(): Answer {
  made ??= jsonAnswer(describeApi());
  return made;
}

/** The document as a value. */
function describeApi(): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const [id, operation] of Object.entries(OPERATIONS)) {
    const path = (paths[operation.path] ??= {});
    path[operation.method.toLowerCase()] = describeOperation(id, operation);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Agentic Cloud OS",
      version: PRODUCT_VERSION,
      summary: "Groups in which people and agents work together.",
      description: `Errors are Problem bodies; their codes: ${ERROR_CODES.join(", ")}. Signing up and in, organizations and invitations are under /api/auth.`,
    },
    servers: [{ url: API_PATH }],
    security: [{ session: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: { Problem: toJsonSchema(problemSchema, "output") },
      responses: {
        Problem: {
          description: "What went wrong",
          ...content({ $ref: "#/components/schemas/Problem" }),
        },
      },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "acos.session_token" },
        apiKey: { type: "http", scheme: "bearer", description: "An API key, acos_…" },
      },
    },
  };
}

function describeOperation(id: string, operation: Operation): JsonSchema {
  const { summary, guard, body, path } = operation;
  const requestBody = body && { required: true, ...content(toJsonSchema(body, "input")) };
  return {
    operationId: id,
    summary,
    tags: [guard],
    parameters: [...pathParameters(path), ...queryParameters(operation)],
    ...(requestBody && { requestBody }),
    responses: { ...success(operation), default: { $ref: "#/components/responses/Problem" } },
  };
}

function pathParameters(path: string): JsonSchema[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(operation: Operation): JsonSchema[] {
  if (isUnsafe(operation))
    return [{ name: "Idempotency-Key", in: "header", required: false, schema: { type: "string" } }];
  if (!operation.list) return [];
  const number = (name: string) => ({ name, in: "query", schema: { type: "integer", minimum: 0 } });
  const cursor = { name: "cursor", in: "query", schema: { type: "string" } };
  return [number("limit"), number("after"), number("before"), cursor];
}

function success({ answer, list }: Operation): JsonSchema {
  if (list) {
    const items = { type: "array", items: toJsonSchema(list, "output") };
    const nextCursor = { type: ["string", "null"] };
    const page = {
      type: "object",
      required: ["items", "nextCursor"],
      properties: { items, nextCursor },
    };
    return { "200": { description: "A page", ...content(page) } };
  }
  if (!answer) return { "204": { description: "Done" } };
  return { "2XX": { description: "Done", ...content(toJsonSchema(answer, "output")) } };
}

function content(schema: JsonSchema): JsonSchema {
  return { content: { "application/json": { schema } } };
}
