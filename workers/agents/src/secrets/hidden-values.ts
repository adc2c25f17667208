// Takes secrets out of texts that others wrote: a service or a provider that echoes one must not teach it to anybody.

/** Each way in which a service may well write back what it was sent. */
function spellingsOf(value: string): readonly string[] {
  const bytes = new TextEncoder().encode(value);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    ...percentOf(value),
    ...htmlOf(value),
    ...base64Of(bytes),
    hex,
    hex.toUpperCase(),
    Array.from(value).toReversed().join(""),
  ];
}

/** As URLs have it (RFC 3986), as forms have it, which is how a query is sent, and as either is written by who escapes more. */
function percentOf(value: string): readonly string[] {
  const path = encodeURIComponent(value);
  const form = new URLSearchParams([["", value]]).toString().slice(1);
  const strict = path.replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return [path, form, strict];
}

function htmlOf(value: string): readonly string[] {
  const usual = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  return [usual, usual.replaceAll(">", "&gt;").replaceAll("'", "&#39;")];
}

/** What base64 and base64url have in common for these bytes wherever they stand among others: three alignments, without the ends. */
function base64Of(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const shifted = new Uint8Array(before + bytes.length);
    shifted.set(bytes, before);
    const whole = btoa(String.fromCharCode(...shifted)).replaceAll("=", "");
    const end = shifted.length % 3 === 0 ? whole.length : whole.length - 1;
    const core = whole.slice(before === 0 ? 0 : before + 1, end);
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/**
 * The text with every spelling of every value replaced by `note`; values shorter than `minChars` stay. It finds plain,
 * JSON, percent, HTML, base64, base64url and hexadecimal spellings of the
 * whole value, also in the midst of others; not of pieces of it.
 */
export function withoutValues(
  text: string,
  values: readonly string[],
  { minChars, note }: { readonly minChars: number; readonly note: string },
): string {
  const hidden = new Set(
    values.filter((value) => value.length >= minChars).flatMap((value) => spellingsOf(value)),
  );
  const longestFirst = [...hidden].toSorted((one, other) => other.length - one.length);
  return longestFirst.reduce((clean, value) => clean.replaceAll(value, note), text);
}
