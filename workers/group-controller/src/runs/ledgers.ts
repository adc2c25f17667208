// The ledger of turns: worked out while the model already reads, so that it costs a turn no time, and told again from the log.
import { blocksOf, composeBriefing, evolve, type GroupState } from "@acos/group";
import {
  problem,
  type Briefing,
  type Ledger,
  type LedgerBlock,
  type LogEvent,
  type MemberId,
  type MessageId,
  type Result,
  type RunId,
} from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import type { Archivist } from "../archive/archivist.ts";
import { toEvent, type EventLog } from "../log/event-log.ts";
import { noteOf } from "./noted-blocks.ts";

/** Who withdrew it makes no difference to what is told. */
const NOBODY = "mbr_00000000000000000000000000" as MemberId;
const NO_TURN = problem("not_found", "There is no such turn in this run.");

export class Ledgers {
  readonly #log: EventLog;
  readonly #archivist: Archivist;
  /** Hashes of the texts of the last turn: of the next one's, most are the same. */
  #hashes: ReadonlyMap<string, string> = new Map();

  /** Of turns that are not over, by the seq at which they began. */
  readonly #unkept = new Map<number, string>();

  constructor(log: EventLog, archivist: Archivist) {
    this.#log = log;
    this.#archivist = archivist;
  }

  /**
   * Works out what a turn was told, while the model reads. Answers how it is kept, which costs a commit of its own unless it is
   * done together with what is written of the turn's end; until then it is known here.
   */
  async note(state: GroupState, briefing: Briefing): Promise<() => void> {
    const seq = this.#startOf(briefing);
    if (seq === null) return () => undefined;
    const body = JSON.stringify(await noteOf(await this.#blocksOf(state, briefing)));
    this.#unkept.set(seq, body);
    return () => {
      if (this.#unkept.delete(seq)) this.#archivist.ledger.put({ seq, body });
    };
  }

  /**
   * What an agent was told in a turn, composed again from the log as it was then, with its ledger. The words of messages that
   * were withdrawn since are left out, and it is not exact then.
   */
  async read(run: RunId, turn: number): Promise<Result<Briefing & { readonly ledger: Ledger }>> {
    const events = await this.#archivist.history.ofRun(run);
    const started = events.findLast(({ event }) => isTurn(event, "turn-started", turn));
    if (!started) return { ok: false, problem: NO_TURN };
    const { state, body } = await this.#stateAt(started.seq);
    const then = composeBriefing(state, run);
    const clean = withoutWithdrawn(state, this.#log.withdrawn(), events);
    const briefing = clean === state ? then : composeBriefing(clean, run);
    if (!then || !briefing) return { ok: false, problem: NO_TURN };
    const now = await this.#blocksOf(state, then);
    const noted = body === null ? null : (JSON.parse(body) as LedgerBlock[]);
    const exact = noted !== null && JSON.stringify(noted) === JSON.stringify(await noteOf(now));
    const blocks = exact ? now : (noted ?? now);
    const ledger = {
      exact: exact && clean === state,
      tokens: blocks.reduce((sum, { fate, tokens }) => sum + (fate === "left-out" ? 0 : tokens), 0),
      blocks,
      ...spentIn(events, turn),
    };
    return { ok: true, value: { ...briefing, ledger } };
  }

  async #blocksOf(state: GroupState, briefing: Briefing): Promise<LedgerBlock[]> {
    const known = this.#hashes;
    const hashes = new Map<string, string>();
    const blocks: LedgerBlock[] = [];
    for (const { text, ...block } of blocksOf(state, briefing.run, briefing)) {
      if (text === null) {
        blocks.push(block);
        continue;
      }
      const hash = known.get(text) ?? (await sha256Hex(text));
      hashes.set(text, hash);
      blocks.push({ ...block, hash });
    }
    this.#hashes = hashes;
    return blocks;
  }

  #startOf({ run, turn }: Briefing): number | null {
    const events = this.#log.ofRun(run);
    return events.findLast(({ event }) => isTurn(event, "turn-started", turn))?.seq ?? null;
  }

  /** The state up to a seq, and the ledger noted there. */
  async #stateAt(seq: number): Promise<{ state: GroupState; body: string | null }> {
    const row = this.#archivist.segments.rowOf(seq);
    if (!row) {
      const count = seq - this.#log.start;
      const rows = this.#log.after(this.#log.start, count).map(toEvent);
      const state = rows.reduce(evolve, this.#archivist.foldedState());
      return { state, body: this.#unkept.get(seq) ?? this.#archivist.ledger.find(seq) };
    }
    const { before, events, ledger } = await this.#archivist.segments.read(row);
    const state = events.filter((each) => each.seq <= seq).reduce(evolve, before);
    return { state, body: ledger.find((each) => each.seq === seq)?.body ?? null };
  }
}

/** A state in which what was withdrawn later is withdrawn already; the same one where it knows of nothing withdrawn. */
function withoutWithdrawn(
  state: GroupState,
  withdrawn: ReadonlySet<string>,
  run: readonly LogEvent[],
): GroupState {
  const known = [
    ...state.window.map(({ message }) => message),
    ...state.briefingRules.keys(),
    ...(Object.keys(state.summary?.seqs ?? {}) as MessageId[]),
    ...Array.from(state.runs.values(), ({ trigger }) => trigger.message),
    ...run.flatMap(({ event }) => (event.kind === "message-posted" ? event.message : [])),
  ];
  const gone = new Set(known.filter((message) => withdrawn.has(message)));
  let clean = state;
  for (const message of gone) {
    const event = { kind: "message-redacted" as const, message, by: NOBODY };
    clean = evolve(clean, { seq: clean.head + 1, at: 0, event });
  }
  return clean;
}

function isTurn(event: LogEvent["event"], kind: "turn-started" | "turn-ended", turn: number) {
  return event.kind === kind && event.turn === turn;
}

function spentIn(events: readonly LogEvent[], turn: number): Pick<Ledger, "usage" | "cost"> {
  for (const { event } of events)
    if (event.kind === "turn-ended" && event.turn === turn)
      return { usage: event.usage, cost: event.cost };
  return {};
}
