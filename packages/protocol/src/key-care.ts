// What the Orchestrator tells the launcher after it has cared for its keys: the answer of the inner `KeyCare` entrypoint.

export interface CareReport {
  /** Names of the keys at work: the CA key that signs and the master key that seals. */
  readonly signing: string;
  readonly kek: string;
  /** Records of the first layout that were moved, data keys rewrapped, data keys made anew, secrets sealed again. */
  readonly moved: number;
  readonly rewrapped: number;
  readonly renewed: number;
  readonly resealed: number;
  /** Rows that still lie under other keys than today's; care goes on with the next call. */
  readonly left: number;
}
