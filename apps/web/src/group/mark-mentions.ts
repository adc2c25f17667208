// Marks the mentions that the group resolved, in the finished tree of a message; code and links are left alone.

interface HastNode {
  readonly type: string;
  tagName?: string;
  value?: string;
  properties?: Record<string, unknown>;
  children?: HastNode[];
}

const LEFT_ALONE: ReadonlySet<string> = new Set(["code", "pre", "a"]);

/** A rehype plugin: wraps every `@handle` of the given ones in a span. It runs after the sanitizer, on clean trees. */
export function markMentions(handles: readonly string[]): (tree: HastNode) => void {
  const known = handles.filter((handle) => handle !== "");
  if (known.length === 0) return () => undefined;
  const longest = known.toSorted((one, other) => other.length - one.length);
  // Handles are a-z, 0-9 and hyphens: nothing in them means anything to a pattern.
  const pattern = new RegExp(`(@(?:${longest.join("|")}))(?![a-z0-9-])`, "gi");
  return (tree) => mark(tree, pattern);
}

function mark(node: HastNode, pattern: RegExp): void {
  if (node.tagName !== undefined && LEFT_ALONE.has(node.tagName)) return;
  if (!node.children) return;
  node.children = node.children.flatMap((child) => {
    if (child.type !== "text" || child.value === undefined) {
      mark(child, pattern);
      return [child];
    }
    return pieces(child.value, pattern);
  });
}

function pieces(text: string, pattern: RegExp): HastNode[] {
  // A split by a pattern with one group puts what the group caught at the odd places.
  return text.split(pattern).flatMap((value, index): HastNode[] => {
    if (value === "") return [];
    const piece = { type: "text", value };
    if (index % 2 === 0) return [piece];
    return [
      { type: "element", tagName: "span", properties: { className: "mention" }, children: [piece] },
    ];
  });
}
