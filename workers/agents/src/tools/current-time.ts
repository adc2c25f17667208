// The built-in tool `current_time`: the date and time in a zone, as RFC 3339 with the weekday in words.

/** The time in words for a model. Throws RangeError when the zone is unknown to the runtime. */
export function currentTime(nowMs: number, timeZone: string): string {
  const now = new Date(nowMs);
  const field = fieldsOf(now, timeZone);
  const offset = field("timeZoneName").replace(/^GMT$/, "GMT+00:00").replace("GMT", "");
  const local = `${field("year")}-${field("month")}-${field("day")}T${field("hour")}:${field("minute")}:${field("second")}`;
  return `${local}${offset} (${field("weekday")}, ${timeZone}). In UTC: ${now.toISOString().slice(0, 19)}Z.`;
}

function fieldsOf(now: Date, timeZone: string): (type: Intl.DateTimeFormatPartTypes) => string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    weekday: "long",
    timeZoneName: "longOffset",
  }).formatToParts(now);
  return (type) => parts.find((part) => part.type === type)?.value ?? "";
}
