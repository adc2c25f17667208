// What a handler is given and what it promises, typed by the protocol's route table: a missing handler does not compile.
import type { OPERATIONS, OperationId } from "@acos/protocol";

import type { ControlPlane } from "../control-plane.ts";
import type { Caller } from "../sign-in/caller.ts";
import type { BundleAnswer, BundleUpload } from "./bundle-transfer.ts";
import type { FileUpload } from "./file-upload.ts";
import type { PassedAnswer } from "./passed-answer.ts";

type Names<Path> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer Bare}+` ? Bare : Name) | Names<Rest>
  : never;
type Row<Id extends OperationId> = (typeof OPERATIONS)[Id];
/** Operations whose answer, or one of whose answers, comes from a sandbox and goes through as it comes. */
type PassedOperation = "readFile" | "readProcess" | "execInSandbox";
type BodyOf<Id extends OperationId> = Id extends "importGroup"
  ? BundleUpload
  : Id extends "writeFile"
    ? FileUpload
    : Row<Id> extends { body: { _zod: { output: infer Body } } }
      ? Body
      : undefined;
type AnswerOf<Id extends OperationId> =
  | (Id extends PassedOperation ? PassedAnswer : never)
  | OwnAnswerOf<Id>;
type OwnAnswerOf<Id extends OperationId> = Id extends "exportGroup"
  ? BundleAnswer
  : Row<Id> extends { answer: { _zod: { output: infer Value } } }
    ? Value
    : Row<Id> extends { list: { _zod: { output: infer Item } } }
      ? { readonly items: readonly Item[]; readonly nextCursor: string | null }
      : undefined;

export interface PageQuery {
  readonly limit: number;
  readonly after: number | undefined;
  readonly before: number | undefined;
  readonly cursor: string | undefined;
  /** What is searched for; empty where nothing is. */
  readonly q: string;
  /** Of a stretch: seqs or checkpoints, as the operation takes them. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Of a file: octal digits. */
  readonly mode: string | undefined;
}

export interface Call<Id extends OperationId> {
  readonly plane: ControlPlane;
  readonly caller: Caller;
  readonly params: { readonly [Name in Names<Row<Id>["path"]>]: string };
  readonly body: BodyOf<Id>;
  readonly page: PageQuery;
  readonly request: Request;
}

/** Contract: throws ProblemError for a refusal; answers undefined where the operation answers nothing (204). */
export type Handler<Id extends OperationId> = (call: Call<Id>) => Promise<AnswerOf<Id>>;
export type Handlers = { readonly [Id in OperationId]: Handler<Id> };
