// Writing the summary anew: a field a section, a line a bullet.
import { useMutation } from "@tanstack/react-query";
import type { SummarySections } from "@acos/protocol";
import { useState, type JSX } from "react";

import { useOpenConnection } from "../group/use-group.ts";
import { reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { Field, ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";
import { draftOf, SECTIONS, sectionsOfDraft } from "./summary-draft.ts";

interface SummaryEditorProps {
  readonly before: SummarySections;
  /** Whether another version has come since the writing began. */
  readonly moved: boolean;
  /** Contract: called once when the writing is over, saved or not. */
  readonly onDone: () => void;
}

export function SummaryEditor({ before, moved, onDone }: SummaryEditorProps): JSX.Element {
  const connection = useOpenConnection();
  const { summary: says } = words;
  const [draft, setDraft] = useState(() => draftOf(before));
  const save = useMutation({
    mutationFn: () => {
      const sections = sectionsOfDraft(draft, before);
      return connection.send({ kind: "summary-edit", sections });
    },
    onSuccess: onDone,
  });
  return (
    <form
      className="flex flex-col gap-4 px-4 py-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className="flex flex-col gap-0.5">
        <h3 className="text-small font-medium">{says.editTitle}</h3>
        <p className="text-small text-ink-soft">{says.editHelp}</p>
      </div>
      {SECTIONS.map((section) => (
        <Field key={section} label={says.sections[section]}>
          {(control) => (
            <textarea
              className="control field-sizing-content min-h-16 resize-none text-small"
              value={draft[section]}
              onChange={({ target }) =>
                setDraft((written) => ({ ...written, [section]: target.value }))
              }
              {...control}
            />
          )}
        </Field>
      ))}
      {moved && <p className="text-small text-warn">{says.moved}</p>}
      {save.error && <ProblemNote>{reasonOf(save.error)}</ProblemNote>}
      <div className="flex gap-2">
        <Button type="submit" weight="primary" disabled={save.isPending}>
          {save.isPending ? words.saving : words.save}
        </Button>
        <Button onClick={onDone}>{words.cancel}</Button>
      </div>
    </form>
  );
}
