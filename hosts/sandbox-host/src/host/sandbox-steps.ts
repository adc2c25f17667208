// The states of a sandbox on its host, as one table.

export type HostState = "cold" | "starting" | "ready" | "draining" | "failed";
export type Step = "start" | "answered" | "refused" | "end" | "gone" | "stuck";

/** What may follow what; everything else is a mistake of the host. */
export const STEPS: Readonly<Record<HostState, Readonly<Partial<Record<Step, HostState>>>>> = {
  cold: { start: "starting" },
  starting: { answered: "ready", refused: "cold" },
  ready: { end: "draining" },
  draining: { gone: "cold", stuck: "failed" },
  /** Something of it did not end: it may be tried again, it may not be started. */
  failed: { end: "draining" },
};

/** Throws on a step that the table does not know. */
export function stateAfter(state: HostState, step: Step): HostState {
  const next = STEPS[state][step];
  if (next === undefined) throw new Error(`a sandbox that is ${state} cannot ${step}`);
  return next;
}
