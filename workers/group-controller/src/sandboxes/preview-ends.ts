// When a session's previews ended: their cookies go on for an hour, longer than a routing token, so their ends are kept apart.
import {
  PREVIEW_COOKIE_TTL_S,
  PREVIEW_TOKEN_TTL_S,
  type PreviewClaims,
  type UserId,
} from "@acos/protocol";

export class PreviewEnds {
  readonly #sql: SqlStorage;
  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** From now on nothing counts that this session was given before, or any of the user's where `sid` is null. */
  end(user: UserId, sid: string | null, now: number): void {
    const forgetAt = Math.floor(now / 1000) + PREVIEW_COOKIE_TTL_S;
    const put = "INSERT OR REPLACE INTO used_tokens (jti, exp) VALUES (?, ?)";
    this.#sql.exec(put, endedName(user, sid), forgetAt);
  }

  /** Whether the session had ended when, or after, the token or cookie was issued. */
  isEnded({ user, sid, jti, exp }: PreviewClaims): boolean {
    const issuedAt = exp - (jti === undefined ? PREVIEW_COOKIE_TTL_S : PREVIEW_TOKEN_TTL_S);
    const query = "SELECT 1 FROM used_tokens WHERE jti IN (?, ?) AND exp - ? >= ?";
    const names = [endedName(user, null), endedName(user, sid)] as const;
    const found = this.#sql.exec(query, ...names, PREVIEW_COOKIE_TTL_S, issuedAt).toArray();
    return found.length > 0;
  }
}

/** It has blanks in it, which no `jti` has. */
function endedName(user: UserId, sid: string | null): string {
  return sid === null ? `ended preview ${user}` : `ended preview ${user} ${sid}`;
}
