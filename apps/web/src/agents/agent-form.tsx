// The form of an agent's configuration.
import type { ModelView } from "@acos/protocol";
import { useState, type JSX } from "react";

import { isRehearsal } from "../group/people.ts";
import { Button } from "../ui/button.tsx";
import { Field, ProblemNote, TextField } from "../ui/field.tsx";
import { words } from "../words.ts";
import { handleFrom, type ConfigDraft } from "./agent-config-draft.ts";
import { ToolFields } from "./tool-fields.tsx";

interface AgentFormProps {
  readonly initial: ConfigDraft;
  readonly models: readonly ModelView[];
  /** Contract: called for each press of the button with what is in the form. */
  readonly onSave: (draft: ConfigDraft) => void;
  readonly saving: boolean;
  readonly go: string;
  readonly problem?: string | undefined;
  readonly done?: string | undefined;
}

export function AgentForm(props: AgentFormProps): JSX.Element {
  const { initial, models, onSave, saving, go, problem, done } = props;
  const [draft, setDraft] = useState(initial);
  const change = (part: Partial<ConfigDraft>): void =>
    setDraft((before) => ({ ...before, ...part }));
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(draft);
      }}
    >
      <NameFields draft={draft} onChange={change} />
      <Field label={words.agents.instructions} help={words.agents.instructionsHelp}>
        {(control) => (
          <textarea
            className="control field-sizing-content max-h-[50vh] min-h-28 resize-none"
            value={draft.instructions}
            onChange={(event) => change({ instructions: event.target.value })}
            {...control}
          />
        )}
      </Field>
      <ModelField models={models} model={draft.model} onChange={(model) => change({ model })} />
      <ToolFields draft={draft} onChange={change} />
      {problem !== undefined && <ProblemNote>{problem}</ProblemNote>}
      <div className="flex items-center gap-3">
        <Button type="submit" weight="primary" disabled={saving}>
          {saving ? words.saving : go}
        </Button>
        <p role="status" className="text-small text-ink-soft">
          {done}
        </p>
      </div>
    </form>
  );
}

interface NameFieldsProps {
  readonly draft: ConfigDraft;
  readonly onChange: (part: Partial<ConfigDraft>) => void;
}

function NameFields({ draft, onChange }: NameFieldsProps): JSX.Element {
  return (
    <>
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          label={words.agents.name}
          value={draft.name}
          required
          maxLength={80}
          onChange={({ target }) =>
            onChange({
              name: target.value,
              ...(draft.handleFollows ? { handle: handleFrom(target.value) } : {}),
            })
          }
        />
        <TextField
          label={words.agents.handle}
          help={words.agents.handleHelp}
          value={draft.handle}
          required
          pattern="[a-z0-9](-?[a-z0-9]){0,31}"
          autoCapitalize="none"
          spellCheck={false}
          onChange={({ target }) => onChange({ handle: target.value, handleFollows: false })}
        />
      </div>
      <TextField
        label={words.agents.about}
        help={words.agents.aboutHelp}
        value={draft.about}
        maxLength={500}
        onChange={({ target }) => onChange({ about: target.value })}
      />
    </>
  );
}

interface ModelFieldProps {
  readonly models: readonly ModelView[];
  readonly model: string;
  readonly onChange: (model: string) => void;
}

function ModelField({ models, model, onChange }: ModelFieldProps): JSX.Element {
  const known = models.some((each) => each.model === model);
  return (
    <Field
      label={words.agents.model}
      help={isRehearsal(model) ? words.agents.rehearsalHelp : undefined}
    >
      {(control) => (
        <select
          className="control"
          value={model}
          onChange={(event) => onChange(event.target.value)}
          {...control}
        >
          {!known && <option value={model}>{words.agents.modelUnknown(model)}</option>}
          {models.map((each) => (
            <option key={each.model} value={each.model}>
              {each.rehearsal ? each.label : `${each.label} · ${each.model}`}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
