// What a sentence of the audit log is made of, for the catalogues that write them.

/** What a sentence is made of, by names where there are any. */
export interface AuditTold {
  readonly who: string;
  /** What or whom it is about; "" where the entry names nothing. */
  readonly what: string;
  /** A detail of the entry by its name; "" where it has none. */
  readonly more: (name: string) => string;
}
