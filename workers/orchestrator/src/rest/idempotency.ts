// Idempotency-Key: the same key and request again is answered with the first answer; kept in D1, sealed, for a day.
//
//   new ─ claim the row ─▶ working ─ answer < 500 ─▶ answered (repeated word for word)
//                             └─ failure on our side ─▶ row removed, the key is free again
import { IDEMPOTENCY_TTL_MS, problem, ProblemError } from "@acos/protocol";
import { sha256Hex, type SealedSecret } from "@acos/trust";
import { and, eq, isNull, lt } from "drizzle-orm";

import type { ControlPlane } from "../control-plane.ts";
import { logError } from "../log.ts";
import { idempotency } from "../store/control-tables.ts";
import { INSTALLATION } from "../vault/vault.ts";
import type { Answer } from "./answer.ts";
import { invalidField } from "./invalid-field.ts";

/** After this long a request that did not end counts as lost with its process. */
const LOST_AFTER_MS = 60_000;
/** How long a duplicate waits for the first one, and how often it looks. */
const WAIT_MS = 5_000;
const LOOK_EVERY_MS = 50;

export interface KeyedRequest {
  readonly principal: string;
  readonly key: string;
  /** Method, path and body: what must be the same again. */
  readonly request: string;
  /** For what takes longer than LOST_AFTER_MS. */
  readonly lostAfterMs?: number;
}

const KEY_FORM = /^[\x21-\x7e]{1,255}$/;

/** The request's Idempotency-Key, if it sends one. Throws `invalid_request` when it is not 1 to 255 visible ASCII characters. */
export function readIdempotencyKey(request: Request): string | undefined {
  const key = request.headers.get("idempotency-key") ?? undefined;
  if (key === undefined || KEY_FORM.test(key)) return key;
  const words = "Idempotency-Key must be 1 to 255 visible ASCII characters; a UUID is a good one.";
  throw invalidField("Idempotency-Key", words);
}

/**
 * Runs `work` once per principal and key. Throws `idempotency_conflict` when the key was used for another request, and
 * `conflict` when the first one is still not done. Answers of 500 and above are not kept.
 */
export async function answerOnce(
  plane: ControlPlane,
  keyed: KeyedRequest,
  work: () => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly replayed: boolean }> {
  const hashed = { ...keyed, request: await sha256Hex(keyed.request) };
  const earlier = (await claim(plane, hashed)) ? undefined : await awaitEarlier(plane, hashed);
  if (earlier) return { answer: earlier, replayed: true };
  const answer = await workOrRelease(plane, hashed, work);
  try {
    await keep(plane, hashed, answer);
  } catch (error) {
    // The work is done and its caller shall know; a repeated request finds the row unanswered and waits for its end.
    logError("an answer could not be kept", error);
  }
  return { answer, replayed: false };
}

async function workOrRelease(
  plane: ControlPlane,
  keyed: KeyedRequest,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    await release(plane, keyed);
    throw error;
  }
}

function ofKey({ principal, key }: KeyedRequest) {
  return and(eq(idempotency.principal, principal), eq(idempotency.key, key));
}

async function claim(
  { db, clock }: ControlPlane,
  { lostAfterMs = LOST_AFTER_MS, ...keyed }: KeyedRequest,
): Promise<boolean> {
  const now = clock.now();
  const [, , claimed] = await db.batch([
    db.delete(idempotency).where(lt(idempotency.createdAt, now - IDEMPOTENCY_TTL_MS)),
    db.delete(idempotency).where(
      and(
        ofKey(keyed),
        eq(idempotency.request, keyed.request),
        lt(idempotency.createdAt, now - lostAfterMs),
        // Only what never got an answer is lost.
        isNull(idempotency.status),
      ),
    ),
    db
      .insert(idempotency)
      .values({ ...keyed, createdAt: now })
      .onConflictDoNothing()
      .returning({ key: idempotency.key }),
  ]);
  return claimed.length > 0;
}

async function awaitEarlier(plane: ControlPlane, keyed: KeyedRequest): Promise<Answer | undefined> {
  for (let waitedMs = 0; waitedMs <= WAIT_MS; waitedMs += LOOK_EVERY_MS) {
    const [row] = await plane.db.select().from(idempotency).where(ofKey(keyed));
    if (!row) {
      // The first one failed on our side: this one may do the work.
      if (await claim(plane, keyed)) return undefined;
      continue;
    }
    if (row.request !== keyed.request) throw conflict("idempotency_conflict", KEY_REUSED);
    if (row.status !== null)
      return unseal(plane, keyed, { status: row.status, answer: row.answer });
    await scheduler.wait(LOOK_EVERY_MS);
  }
  throw conflict("conflict", STILL_WORKING);
}

const KEY_REUSED =
  "This Idempotency-Key was used for another request. Use a fresh key for a new request.";
const STILL_WORKING =
  "The first request with this Idempotency-Key is still being worked on. Send it again in a moment.";

function conflict(code: "conflict" | "idempotency_conflict", words: string): ProblemError {
  const retry = code === "conflict" ? { retryAfterMs: 1000 } : {};
  return new ProblemError(problem(code, words, retry));
}

async function keep(plane: ControlPlane, keyed: KeyedRequest, answer: Answer): Promise<void> {
  const sealed =
    answer.body === null
      ? null
      : JSON.stringify(
          await plane.vault.seal(INSTALLATION, { ...secretName(keyed), plaintext: answer.body }),
        );
  await plane.db
    .update(idempotency)
    .set({ status: answer.status, answer: sealed })
    .where(ofKey(keyed));
}

async function unseal(
  plane: ControlPlane,
  keyed: KeyedRequest,
  { status, answer }: { readonly status: number; readonly answer: string | null },
): Promise<Answer> {
  if (answer === null) return { status, body: null };
  const sealed = JSON.parse(answer) as SealedSecret;
  return { status, body: await plane.vault.open(INSTALLATION, { ...secretName(keyed), sealed }) };
}

/** Answers may hold a fresh API key, so they are sealed like secrets. */
function secretName({ principal, key }: KeyedRequest) {
  return { name: `idempotency ${principal} ${key}`, version: 1 };
}

async function release({ db }: ControlPlane, keyed: KeyedRequest): Promise<void> {
  await db.delete(idempotency).where(ofKey(keyed));
}
