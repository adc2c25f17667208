// The unsent text of each group, kept in the browser so that it survives a reload.

const key = (group: string): string => `acos.draft.${group}`;

/** The kept text; empty where there is none or the browser keeps nothing. */
export function keptDraft(group: string): string {
  try {
    return localStorage.getItem(key(group)) ?? "";
  } catch {
    return ""; // storage may be switched off; the app works without
  }
}

export function keepDraft(group: string, text: string): void {
  try {
    if (text === "") localStorage.removeItem(key(group));
    else localStorage.setItem(key(group), text);
  } catch {
    // Full or switched off: the text is still in the composer.
  }
}
