// How times are written: in the reader's own time zone and manner.

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const timeOf = (at: number): string => TIME.format(at);
export const dayOf = (at: number): string => DAY.format(at);
export const fullTimeOf = (at: number): string => FULL.format(at);
export const momentOf = (iso: string): string => MOMENT.format(new Date(iso));
export const dateOf = (iso: string): string => DATE.format(new Date(iso));
export const momentAt = (at: number): string => MOMENT.format(at);
