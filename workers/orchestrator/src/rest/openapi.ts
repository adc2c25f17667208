// The OpenAPI 3.1 document, made from the route table and the zod schemas, so that it cannot differ from what is served.
import {
  BUNDLE_TYPE,
  ERROR_CODES,
  IMPORT_MAX_BYTES,
  isUnsafe,
  OPERATIONS,
  problemSchema,
  PRODUCT_VERSION,
  SANDBOX_BODY_MAX_BYTES,
  type OperationId,
  type toJsonSchema,
} from "@acos/protocol";

import { jsonAnswer, type Answer } from "./answer.ts";
import { BUNDLE_TYPES, takesBundle } from "./bundle-transfer.ts";
import { takesFile } from "./file-upload.ts";
import { BYTES_TYPE, NDJSON_TYPE } from "./passed-answer.ts";
import { queryNamesOf, querySchemaOf } from "./query.ts";
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
    // OpenAPI has no word for a parameter that holds slashes: its description says it.
    (paths[path.replace("+}", "}")] ??= {})[method.toLowerCase()] = describeOperation(id, shelf);
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
  const { summary, guard, path } = operation;
  const requestBody = bodyOf(id, shelf);
  const keyed = isUnsafe(operation) ? [IDEMPOTENCY_KEY] : [];
  const sent = [...keyed, ...queryParameters(id, shelf), ...headerParameters(id)];
  return {
    operationId: id,
    summary,
    tags: [guard],
    parameters: [...pathParameters(path), ...sent],
    ...(requestBody && { requestBody }),
    responses: {
      [successStatusOf(id)]:
        BYTES_ANSWERS[id]?.(success(operation, shelf)) ?? success(operation, shelf),
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

function bodyOf(id: OperationId, shelf: SchemaShelf): JsonSchema | undefined {
  const { body }: Operation = OPERATIONS[id];
  if (takesBundle(id)) return BUNDLE_BODY;
  if (takesFile(id)) return FILE_BODY;
  // A body that may be left out is one whose schema takes nothing.
  return (
    body && {
      required: !body.safeParse(undefined).success,
      ...content(shelf.describe(body, "input")),
    }
  );
}

/** Bytes as they are: a media type without a schema (OpenAPI 3.1, "Considerations for File Uploads"). */
const BYTES_ANSWERS: Partial<Record<OperationId, (own: JsonSchema) => JsonSchema>> = {
  exportGroup: () => ({ description: "A bundle", content: { [BUNDLE_TYPE]: {} } }),
  readFile: () => ({
    description:
      "A file's bytes, or a folder's entries as JSON; the header acos-entry says which. With Range: 206",
    content: { [BYTES_TYPE]: {}, "application/json": {} },
  }),
  readProcess: () => ({ description: "Frames, a line each", content: { [NDJSON_TYPE]: {} } }),
  execInSandbox: ({ content: json, ...own }) => ({
    ...own,
    content: { ...(json as JsonSchema), [NDJSON_TYPE]: {} },
  }),
};
const FILE_BODY: JsonSchema = {
  description: `The file's bytes, at most ${SANDBOX_BODY_MAX_BYTES}, of whatever type`,
  required: false,
  content: { [BYTES_TYPE]: {} },
};
const BUNDLE_BODY: JsonSchema = {
  description: `A bundle of at most ${IMPORT_MAX_BYTES} bytes, sent with its Content-Length`,
  required: true,
  content: Object.fromEntries(BUNDLE_TYPES.map((type) => [type, {}])),
};

const IDEMPOTENCY_KEY: JsonSchema = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  schema: { type: "string", maxLength: 255 },
};

/** Headers that an operation heeds beside those of all. */
const HEADERS: Partial<Record<OperationId, readonly string[]>> = {
  readFile: ["Range", "If-None-Match"],
  writeFile: ["If-Match", "If-None-Match"],
};

function headerParameters(id: OperationId): JsonSchema[] {
  return (HEADERS[id] ?? []).map((name) => ({
    name,
    in: "header",
    required: false,
    schema: { type: "string" },
  }));
}

function pathParameters(path: string): JsonSchema[] {
  return [...path.matchAll(/\{(\w+)(\+?)\}/g)].map(([, name, rest]) => ({
    name,
    in: "path",
    required: true,
    ...(rest !== "" && { description: "All the rest of the path; it may hold slashes." }),
    schema: { type: "string" },
  }));
}

function queryParameters(id: OperationId, shelf: SchemaShelf): JsonSchema[] {
  const { shape } = querySchemaOf(id);
  return queryNamesOf(id).map((name) => {
    const schema = shape[name];
    const optional = schema.type === "optional";
    const value = optional ? schema.unwrap() : schema;
    return { name, in: "query", required: !optional, schema: shelf.describe(value, "output") };
  });
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
