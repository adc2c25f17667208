// Accepting a socket: the Orchestrator proved the token, the object makes sure that it serves once, and for a session that lasts.
import {
  CONNECTION_HEADER,
  problem,
  ROUTING_TOKEN_TTL_S,
  statusOf,
  type ConnectionClaims,
  type Problem,
  type UserId,
} from "@acos/protocol";

type TokenClaims = Pick<ConnectionClaims, "user" | "sid" | "jti" | "exp">;

/**
 * What counts no more, kept until it would have expired anyway: routing tokens and claims of tool calls that were used, and
 * routing tokens of ended sessions.
 */
export class UsedTokens {
  readonly #sql: SqlStorage;
  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Marks it as used; false when it was used before. `now` in milliseconds, `exp` in seconds. */
  use({ jti, exp }: Pick<ConnectionClaims, "jti" | "exp">, now: number): boolean {
    this.#sql.exec("DELETE FROM used_tokens WHERE exp < ?", Math.floor(now / 1000) - SKEW_S);
    const before = this.#sql.exec("SELECT 1 FROM used_tokens WHERE jti = ?", jti).toArray();
    if (before.length > 0) return false;
    this.#sql.exec("INSERT INTO used_tokens (jti, exp) VALUES (?, ?)", jti, exp);
    return true;
  }

  /** Whether it was marked as used and is not forgotten yet. */
  has(jti: string): boolean {
    return this.#sql.exec("SELECT 1 FROM used_tokens WHERE jti = ?", jti).toArray().length > 0;
  }

  /** Marks a routing token as used; false when it was used before, or its session had ended since it was issued. */
  useToken(claims: TokenClaims, now: number): boolean {
    return !this.hasEnded(claims) && this.use(claims, now);
  }

  /** Whether the session of a routing token has ended since it was issued. */
  hasEnded({ user, sid, exp }: Omit<TokenClaims, "jti">): boolean {
    const query = "SELECT 1 FROM used_tokens WHERE jti IN (?, ?) AND exp >= ?";
    const [all, own] = [endedName(user, null), endedName(user, sid)];
    return this.#sql.exec(query, all, own, exp).toArray().length > 0;
  }

  /** From now on no token counts that this session was given before, or any of the user's where `sid` is null. */
  endSession(user: UserId, sid: string | null, now: number): void {
    const lastExp = Math.floor(now / 1000) + ROUTING_TOKEN_TTL_S;
    const put = "INSERT OR REPLACE INTO used_tokens (jti, exp) VALUES (?, ?)";
    this.#sql.exec(put, endedName(user, sid), lastExp);
  }
}

/** The name an end is kept under; it has a blank in it, which no `jti` has. */
function endedName(user: UserId, sid: string | null): string {
  return sid === null ? `ended ${user}` : `ended ${user} ${sid}`;
}

/** Longer than any skew a verifier allows: a token is remembered as long as somebody could accept it. */
const SKEW_S = 60;

/** The claims that the Orchestrator hands over with the upgrade; only its binding reaches this object. */
export function claimsOf(request: Request): ConnectionClaims | null {
  const header = request.headers.get(CONNECTION_HEADER);
  if (!header) return null;
  const bytes = Uint8Array.from(
    atob(header.replaceAll("-", "+").replaceAll("_", "/")),
    (character) => character.charCodeAt(0),
  );
  return JSON.parse(new TextDecoder().decode(bytes)) as ConnectionClaims;
}

/** A refused upgrade, as HTTP: the socket never opens. */
export function refuseUpgrade(refusal: Problem): Response {
  return Response.json(refusal, { status: statusOf(refusal.code) });
}

export const NOT_AN_UPGRADE = problem(
  "upgrade_required",
  "This address is a WebSocket. Connect with the Upgrade header and a routing token.",
);
export const TOKEN_USED = problem(
  "used_token",
  "This routing token was used already, or its session has ended. Ask for a new one: POST /api/v1/groups/{id}/token.",
);
export const NO_SUCH_GROUP = problem("not_found", "There is no such group, or you are not in it.");
