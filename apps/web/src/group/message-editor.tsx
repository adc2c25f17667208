// Changing one's own message in place.
import type { MessageView } from "@acos/protocol";
import { useState, type JSX } from "react";

import { reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";
import { textOf } from "./text-of.ts";
import { useOpenConnection } from "./use-group.ts";

interface MessageEditorProps {
  readonly message: MessageView;
  /** Contract: called once when the editing is over, saved or not. */
  readonly onDone: () => void;
}

export function MessageEditor({ message, onDone }: MessageEditorProps): JSX.Element {
  const connection = useOpenConnection();
  const [text, setText] = useState(() => textOf(message.parts));
  const [problem, setProblem] = useState<string>();
  const save = (): void => {
    const parts = [{ type: "text" as const, text }];
    connection
      .send({ kind: "message-edit", message: message.message, parts })
      .then(onDone, (error: unknown) => setProblem(reasonOf(error)));
  };
  return (
    <form
      className="mt-1 flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        aria-label={words.message.edit}
        className="control field-sizing-content max-h-80 resize-none"
        autoFocus
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone();
        }}
      />
      {problem !== undefined && <ProblemNote>{problem}</ProblemNote>}
      <div className="flex gap-2">
        <Button type="submit" weight="primary" disabled={text.trim() === ""}>
          {words.save}
        </Button>
        <Button onClick={onDone}>{words.cancel}</Button>
      </div>
    </form>
  );
}
