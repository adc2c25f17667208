// What a handler is given and what it promises, typed by the protocol's route table: a missing handler does not compile.
import type { OPERATIONS, OperationId } from "@acos/protocol";

import type { ControlPlane } from "../control-plane.ts";
import type { Caller } from "../sign-in/caller.ts";
import type { BundleAnswer, BundleUpload } from "./bundle-transfer.ts";

type Names<Path> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;
type Row<Id extends OperationId> = (typeof OPERATIONS)[Id];
type BodyOf<Id extends OperationId> = Id extends "importGroup"
  ? BundleUpload
  : Row<Id> extends { body: { _zod: { output: infer Body } } }
    ? Body
    : undefined;
type AnswerOf<Id extends OperationId> = Id extends "exportGroup"
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
