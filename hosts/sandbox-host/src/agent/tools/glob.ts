// A glob as a regular expression: `*` within a name, `**` across folders, `?` one character, `{a,b}` either.

/** Matches whole paths with `/` between names. A glob that is not understood matches its own characters. */
export function globPattern(glob: string): RegExp {
  let source = "";
  let depth = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const rest = glob.slice(at);
    const sign = glob.charAt(at);
    if (rest.startsWith("**/")) {
      source += "(?:[^/]+/)*";
      at += 2;
    } else if (rest.startsWith("**")) {
      source += ".*";
      at += 1;
    } else if (sign === "*") source += "[^/]*";
    else if (sign === "?") source += "[^/]";
    else if (sign === "{" && rest.includes("}")) {
      depth += 1;
      source += "(?:";
    } else if (sign === "}" && depth > 0) {
      depth -= 1;
      source += ")";
    } else if (sign === "," && depth > 0) source += "|";
    else source += sign.replace(/[$()*+.?[\\\]^{|}/-]/, String.raw`\$&`);
  }
  return new RegExp(`^${source}${")".repeat(depth)}$`);
}
