// The question whether a tool call may happen: the exact call, untruncated, its arguments open to change, and two answers.
import type { LocalCall } from "@acos/client";
import type { ApprovalId, ToolArguments } from "@acos/protocol";
import { useId, useState, type JSX } from "react";

import { reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { sandboxTools } from "../words-sandboxes.ts";
import { words } from "../words.ts";
import { selfOf } from "./people.ts";
import { useOpenConnection, useStillView } from "./use-group.ts";

interface ApprovalCardProps {
  readonly call: LocalCall;
  readonly approval: ApprovalId;
  /** Who asks. */
  readonly name: string;
}

/** How far a yes reaches: a first call in a sandbox makes the sandbox, and those after it come without a question. */
function reachOf(tool: string, sandboxes: number): keyof typeof words.approval.detail {
  if (!Object.hasOwn(sandboxTools, tool)) return "outside";
  return sandboxes === 0 ? "makesSandbox" : "inSandbox";
}

export function ApprovalCard({ call, approval, name }: ApprovalCardProps): JSX.Element {
  const connection = useOpenConnection();
  const view = useStillView();
  const original = JSON.stringify(call.arguments, null, 2);
  const [text, setText] = useState(original);
  const [decided, setDecided] = useState(false);
  const [problem, setProblem] = useState<string>();
  const titleId = useId();
  const edited = text !== original;
  const changed = edited ? readArguments(text) : call.arguments;
  const mayDecide = (selfOf(view)?.role ?? "viewer") !== "viewer";

  const decide = (decision: "approve" | "deny"): void => {
    const change = decision === "approve" && edited && changed ? { arguments: changed } : {};
    setDecided(true);
    setProblem(undefined);
    connection
      .send({ kind: "approval-decide", approval, decision, ...change })
      .catch((error: unknown) => {
        setDecided(false);
        setProblem(reasonOf(error));
      });
  };

  return (
    <section
      aria-labelledby={titleId}
      className="my-1 flex max-w-xl flex-col gap-3 rounded-xl border border-warn-line bg-warn-soft p-4"
    >
      <div className="flex flex-col gap-0.5">
        <h3 id={titleId} className="font-semibold text-warn">
          {words.approval.title(name, call.tool)}
        </h3>
        <p className="text-small">
          {words.approval.detail[reachOf(call.tool, view.sandboxes.size)]}
        </p>
      </div>
      <textarea
        aria-label={words.approval.arguments}
        aria-invalid={changed === undefined}
        spellCheck={false}
        readOnly={!mayDecide || decided}
        className="control field-sizing-content resize-none font-mono text-small"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {changed === undefined && <p className="text-small text-danger">{words.approval.invalid}</p>}
      {problem !== undefined && <ProblemNote>{problem}</ProblemNote>}
      {mayDecide ? (
        <div className="flex flex-wrap gap-2">
          <Button
            weight="primary"
            disabled={decided || changed === undefined}
            onClick={() => decide("approve")}
          >
            {edited ? words.approval.approveEdited : words.approval.approve}
          </Button>
          <Button disabled={decided} onClick={() => decide("deny")}>
            {words.approval.deny}
          </Button>
          {edited && (
            <Button weight="plain" onClick={() => setText(original)}>
              {words.approval.reset}
            </Button>
          )}
        </div>
      ) : (
        <p className="text-small text-ink-soft">{words.approval.viewer}</p>
      )}
    </section>
  );
}

/** The edited arguments; undefined where the text is no JSON object. */
function readArguments(text: string): ToolArguments | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as ToolArguments) : undefined;
  } catch {
    return undefined; // said beside the field
  }
}
