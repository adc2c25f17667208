// What an agent was told for a turn, and where its turn before is found.
import type { LocalMessage, LocalView } from "@acos/client";
import { queryOptions } from "@tanstack/react-query";
import type { RunId } from "@acos/protocol";

import { api } from "../api.ts";

/** A turn of a run. */
export interface TurnPlace {
  readonly run: RunId;
  readonly turn: number;
}

/** Runs looked through for the agent's one before: more agents than that rarely speak in between. */
const RUNS_LOOKED_THROUGH = 30;

export function briefingQuery(group: string, place: TurnPlace | undefined | null) {
  return queryOptions({
    queryKey: ["briefing", group, place?.run, place?.turn],
    queryFn: () => {
      const { run, turn } = place!;
      return api.call("getBriefing", { params: { id: group, run, n: turn } });
    },
    enabled: Boolean(place),
  });
}

/** Which turn said a message: the event said so where it is held here, else the run is asked. Null where none did. */
export function turnQuery(group: string, message: LocalMessage) {
  const { run, turn } = message;
  return queryOptions<TurnPlace | null>({
    queryKey: ["turn", group, message.message],
    queryFn: async () => {
      if (run === undefined) return null;
      if (turn !== undefined) return { run, turn };
      const { turns } = await api.call("getRun", { params: { id: group, run } });
      const found = turns.find((each) => each.message === message.message);
      return found ? { run, turn: found.turn } : null;
    },
    staleTime: Infinity,
  });
}

/** The turn that the agent had before: of the same run, or the last one of its run before. Null where there is none. */
export function turnBeforeQuery(
  group: string,
  view: LocalView,
  place: TurnPlace | null | undefined,
) {
  return queryOptions<TurnPlace | null>({
    queryKey: ["turn-before", group, place?.run, place?.turn],
    queryFn: () => (place ? findTurnBefore(group, view, place) : null),
    enabled: Boolean(place),
    staleTime: Infinity,
  });
}

async function findTurnBefore(
  group: string,
  view: LocalView,
  { run, turn }: TurnPlace,
): Promise<TurnPlace | null> {
  if (turn > 1) return { run, turn: turn - 1 };
  const params = { id: group };
  const { member, queuedAt } = await api.call("getRun", { params: { ...params, run } });
  const held = heldBefore(view, member, Date.parse(queuedAt));
  if (held) return held;
  const query = { limit: RUNS_LOOKED_THROUGH, before: seqOf(view, run) };
  const { items } = await api.call("listRuns", { params, query });
  const found = items
    .filter((each) => each.run !== run && each.member === member && each.queuedAt < queuedAt)
    .toSorted((a, b) => (a.queuedAt < b.queuedAt ? 1 : -1))
    .find(({ turns }) => turns.length > 0);
  const last = found?.turns.at(-1);
  return found && last ? { run: found.run, turn: last.turn } : null;
}

/** The member's run before, where its events are held here. */
function heldBefore(view: LocalView, member: string, before: number): TurnPlace | undefined {
  const runs = [...view.runs.values()].filter(
    // One that was held from its beginning and has no turn told its agent nothing.
    (run) => run.member === member && run.turn !== undefined && (run.queuedAt ?? before) < before,
  );
  const last = runs.toSorted((a, b) => (a.queuedAt ?? 0) - (b.queuedAt ?? 0)).at(-1);
  return last?.turn === undefined ? undefined : { run: last.run, turn: last.turn };
}

/** The seq of the first thing a run said, below which its own beginning and all runs before lie; undefined: the newest. */
function seqOf(view: LocalView, run: RunId): number | undefined {
  return [...view.messages.values()].find((message) => message.run === run)?.seq;
}
