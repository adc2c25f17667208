// What was spent under each certificate, in this isolate: turns, tokens and cost, with what turns under way may still spend.
//
//   begin: a turn is counted ──▶ reserve: its worst case is set aside ──▶ settle: what it really took stays
import type { SessionCertificate } from "@acos/trust";

import { requireAffordable } from "./over-cap.ts";

/** A live group has one certificate at a time; an entry takes about 200 bytes. */
const CAPACITY = 4_096;

/** An amount of what certificates cap: whole tokens, millionths of a US dollar. */
export interface Amount {
  readonly tokens: number;
  readonly cost: number;
}

const NOTHING: Amount = { tokens: 0, cost: 0 };

/** One certificate's account. */
interface Account {
  turns: number;
  spent: Amount;
  reserved: Amount;
}

/** The spending of one turn. Contract: what was reserved is settled once, however the turn ends. */
export interface Spending {
  /** What the turn may take at most: by the caps of a turn, and by what is left of those of the certificate. */
  left(): Amount;
  /** Sets the turn's worst case aside. Throws ProblemError `over_cap` when it is more than is left. */
  reserve(worst: Amount): void;
  /** Gives back what was set aside and keeps what was used. */
  settle(used: Amount): void;
}

/**
 * Best effort by design: another isolate counts by itself, and a full meter forgets the oldest certificate. It bounds what
 * a looping agent or a stolen key costs, it does not keep books: those are the group's log.
 */
export class SpendingMeter {
  readonly #accounts = new Map<string, Account>();
  readonly #capacity: number;

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  /** Counts a turn. Throws ProblemError `over_cap` when the certificate's turns, tokens or money are used up. */
  begin(keyId: string, certificate: SessionCertificate): Spending {
    const account = this.#accountOf(keyId);
    const turns = account.turns + 1;
    // A turn takes a token at least.
    requireAffordable(certificate, { inAll: { ...held(account, { tokens: 1, cost: 0 }), turns } });
    account.turns = turns;
    return new TurnSpending(account, certificate);
  }

  /** Used ones go to the end, so that the front is what nobody has used for longest. */
  #accountOf(keyId: string): Account {
    const account = this.#accounts.get(keyId) ?? { turns: 0, spent: NOTHING, reserved: NOTHING };
    this.#accounts.delete(keyId);
    this.#accounts.set(keyId, account);
    if (this.#accounts.size > this.#capacity) {
      const [oldest] = this.#accounts.keys();
      if (oldest !== undefined) this.#accounts.delete(oldest);
    }
    return account;
  }
}

class TurnSpending implements Spending {
  readonly #account: Account;
  readonly #certificate: SessionCertificate;
  #aside = NOTHING;

  constructor(account: Account, certificate: SessionCertificate) {
    this.#account = account;
    this.#certificate = certificate;
  }

  left(): Amount {
    const { caps } = this.#certificate;
    const { tokens, cost } = held(this.#account, NOTHING);
    return {
      tokens: Math.min(caps.maxTokensPerTurn ?? Infinity, (caps.maxTokens ?? Infinity) - tokens),
      cost: Math.min(caps.maxCostPerTurn ?? Infinity, (caps.maxCost ?? Infinity) - cost),
    };
  }

  reserve(worst: Amount): void {
    const account = this.#account;
    const inAll = { ...held(account, worst), turns: account.turns };
    requireAffordable(this.#certificate, { ...worst, inAll });
    this.#aside = worst;
    account.reserved = plus(account.reserved, worst);
  }

  settle(used: Amount): void {
    const account = this.#account;
    account.reserved = plus(account.reserved, {
      tokens: -this.#aside.tokens,
      cost: -this.#aside.cost,
    });
    account.spent = plus(account.spent, used);
    this.#aside = NOTHING;
  }
}

/** What counts against a certificate: spent, set aside, and what comes on top. */
function held({ spent, reserved }: Account, more: Amount): Amount {
  return plus(plus(spent, reserved), more);
}

function plus(one: Amount, other: Amount): Amount {
  return { tokens: one.tokens + other.tokens, cost: one.cost + other.cost };
}
