// The OpenAPI 3.1 document, made from the route table and the zod schemas, so that it cannot differ from what is served.
import {
  ERROR_CODES,
  isUnsafe,
  OPERATIONS,
  pageQuerySchema,
  problemSchema,
  PRODUCT_VERSION,
  type OperationId,
  type toJsonSchema,
} from "@acos/protocol";

import { jsonAnswer, type Answer } from "./answer.ts";
import { queryNamesOf } from "./query.ts";
import { API_PATH } from "./route-table.ts";
import { SchemaShelf, type JsonSchema } from "./schema-shelf.ts";
import { successStatusOf } from "./success-status.ts";

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
  const shelf = new SchemaShelf();
  const paths: Record<string, JsonSchema> = {};
  for (const id of Object.keys(OPERATIONS) as OperationId[]) {
    const { path, method } = OPERATIONS[id];
    (paths[path] ??= {})[method.toLowerCase()] = describeOperation(id, shelf);
  }
  const Problem = shelf.describe(problemSchema, "output");
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
      schemas: { Problem, ...shelf.schemas },
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

function describeOperation(id: OperationId, shelf: SchemaShelf): JsonSchema {
  const operation: Operation = OPERATIONS[id];
  const { summary, guard, body, path } = operation;
  const requestBody = body && { required: true, ...content(shelf.describe(body, "input")) };
  const sent = isUnsafe(operation) ? [IDEMPOTENCY_KEY] : queryParameters(id, shelf);
  return {
    operationId: id,
    summary,
    tags: [guard],
    parameters: [...pathParameters(path), ...sent],
    ...(requestBody && { requestBody }),
    responses: {
      [successStatusOf(id)]: success(operation, shelf),
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

const IDEMPOTENCY_KEY: JsonSchema = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  schema: { type: "string", maxLength: 255 },
};

function pathParameters(path: string): JsonSchema[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(id: OperationId, shelf: SchemaShelf): JsonSchema[] {
  return queryNamesOf(id).map((name) => ({
    name,
    in: "query",
    required: false,
    schema: shelf.describe(pageQuerySchema.shape[name].unwrap(), "output"),
  }));
}

function success({ answer, list }: Operation, shelf: SchemaShelf): JsonSchema {
  if (list) {
    const items = { type: "array", items: shelf.describe(list, "output") };
    const nextCursor = { type: ["string", "null"] };
    const page = {
      type: "object",
      required: ["items", "nextCursor"],
      properties: { items, nextCursor },
      additionalProperties: false,
    };
    return { description: "A page", ...content(page) };
  }
  if (!answer) return { description: "Done" };
  return { description: "Done", ...content(shelf.describe(answer, "output")) };
}

function content(schema: JsonSchema): JsonSchema {
  return { content: { "application/json": { schema } } };
}
