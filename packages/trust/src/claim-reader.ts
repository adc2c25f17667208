// Reads the claims of a verified payload one by one; a claim that is not as expected ends the reading.
import {
  isId,
  type AgentId,
  type GroupId,
  type OrgId,
  type RunId,
  type SandboxId,
  type ToolCallId,
  type UserId,
} from "@acos/protocol";

import { isJsonObject, type JsonObject, type JsonValue } from "./strict-json.ts";
import { TrustError, type TrustSubject } from "./trust-error.ts";

interface IdByKind {
  readonly org: OrgId;
  readonly user: UserId;
  readonly group: GroupId;
  readonly agent: AgentId;
  readonly run: RunId;
  readonly toolCall: ToolCallId;
  readonly sandbox: SandboxId;
}

/** Every method throws TrustError with reason `claim` and the claim's name; none puts its value into the text. */
export class ClaimReader {
  readonly #claims: JsonObject;
  readonly #subject: TrustSubject;

  constructor(claims: JsonObject, subject: TrustSubject) {
    this.#claims = claims;
    this.#subject = subject;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#claims, name);
  }

  value(name: string): JsonValue | undefined {
    return this.has(name) ? this.#claims[name] : undefined;
  }

  /** A string of 1 to `maxChars` characters. */
  text(name: string, maxChars: number): string {
    const value = this.value(name);
    if (typeof value !== "string" || value === "" || value.length > maxChars)
      throw this.wrong(name);
    return value;
  }

  /** A string that is one of a closed list. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const found = allowed.find((candidate) => candidate === this.value(name));
    if (found === undefined) throw this.wrong(name);
    return found;
  }

  /** An id of the given kind. */
  id<K extends keyof IdByKind>(name: string, kind: K): IdByKind[K] {
    const value = this.text(name, 64);
    if (!isId(kind, value)) throw this.wrong(name);
    return value as string as IdByKind[K];
  }

  /** A whole number, zero or more. */
  count(name: string): number {
    const value = this.value(name);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
      throw this.wrong(name);
    return value;
  }

  /** A list of at most `maxItems` strings of 1 to 128 characters. */
  texts(name: string, maxItems: number): readonly string[] {
    const value = this.value(name);
    if (!isList(value) || value.length > maxItems) throw this.wrong(name);
    return value.map((item) => {
      if (typeof item !== "string" || item === "" || item.length > 128) throw this.wrong(name);
      return item;
    });
  }

  /** A list of at most `maxItems` ids of the given kind. */
  ids<K extends keyof IdByKind>(name: string, kind: K, maxItems: number): readonly IdByKind[K][] {
    return this.texts(name, maxItems).map((item) => {
      if (!isId(kind, item)) throw this.wrong(name);
      return item as string as IdByKind[K];
    });
  }

  /** Refuses claims beyond the given names; `name` is what the whole of them is called. */
  requireOnly(names: readonly string[], name: string): void {
    if (!Object.keys(this.#claims).every((claim) => names.includes(claim))) throw this.wrong(name);
  }

  /** A reader for the claims inside an object. */
  inner(name: string): ClaimReader {
    const value = this.value(name);
    if (!isJsonObject(value)) throw this.wrong(name);
    return new ClaimReader(value, this.#subject);
  }

  /** Readers for a list of at most `maxItems` objects. */
  inners(name: string, maxItems: number): readonly ClaimReader[] {
    const value = this.value(name);
    if (!isList(value) || value.length > maxItems) throw this.wrong(name);
    return value.map((item) => {
      if (!isJsonObject(item)) throw this.wrong(name);
      return new ClaimReader(item, this.#subject);
    });
  }

  wrong(name: string): TrustError {
    return new TrustError(this.#subject, "claim", name);
  }
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
