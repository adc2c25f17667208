// The signature base of any message (RFC 9421, section 2.5), for the RFC's own examples; our profile needs one layout only.

export interface SignedMessage {
  /** The message as the RFC prints it: start line, fields, empty line, body. */
  readonly message: string;
  /** One member of the Signature-Input field: `label=(…);…`. */
  readonly signatureInput: string;
}

export interface ParsedMessage {
  readonly startLine: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

/** Rebuilds the base from the message. Throws for a component that no example uses, and for one the message lacks. */
export function baseOf({ message, signatureInput }: SignedMessage): string {
  const { list, parameters } = partsOfInput(signatureInput);
  const parsed = parseMessage(message);
  const lines = [...list.matchAll(/"([^"]+)"((?:;[a-z]+="[^"]*")*)/g)].map(
    ([identifier, name = "", own = ""]) => `${identifier}: ${valueOf(parsed, name, own)}`,
  );
  return [...lines, `"@signature-params": (${list})${parameters}`].join("\n");
}

/** Start line and fields, the names in lower case; the body is left out. */
export function parseMessage(message: string): ParsedMessage {
  const [startLine = "", ...lines] = (message.split("\n\n")[0] ?? "").split("\n");
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon).toLowerCase(), value: line.slice(colon + 1).trim() };
  });
  return { startLine, fields };
}

function partsOfInput(signatureInput: string): { list: string; parameters: string } {
  const [, list, parameters] = /^[^=]+=\(([^)]*)\)(.*)$/.exec(signatureInput) ?? [];
  if (list === undefined || parameters === undefined)
    throw new Error(`not one signature: ${signatureInput}`);
  return { list, parameters };
}

function valueOf(parsed: ParsedMessage, name: string, own: string): string {
  const [method, target = ""] = parsed.startLine.split(" ");
  const url = new URL(target, `https://${fieldOf(parsed, "host") ?? "none.example"}`);
  const derived: Readonly<Record<string, () => string | undefined>> = {
    "@method": () => method,
    "@target-uri": () => target,
    "@status": () => target,
    "@authority": () => fieldOf(parsed, "host"),
    "@path": () => url.pathname,
    "@query": () => url.search,
    "@query-param": () => url.searchParams.get(/;name="([^"]*)"/.exec(own)?.[1] ?? "") ?? undefined,
  };
  const value = name.startsWith("@") ? derived[name]?.() : fieldOf(parsed, name);
  if (value === undefined) throw new Error(`the message has no ${name}`);
  return value;
}

/** Repeated fields are one, joined by commas (section 2.1). */
function fieldOf({ fields }: ParsedMessage, name: string): string | undefined {
  const values = fields.filter((field) => field.name === name).map(({ value }) => value);
  return values.length === 0 ? undefined : values.join(", ");
}
