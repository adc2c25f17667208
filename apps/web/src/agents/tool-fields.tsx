// The tools of an agent in its form: built-in ones by a tick, HTTP tools by their few fields.
import type { BuiltinTool, HttpMethod } from "@acos/protocol";
import type { JSX, ReactNode } from "react";

import { Button, IconButton } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { BUILTINS, METHODS, SANDBOX_BUILTINS, type ConfigDraft } from "./agent-config-draft.ts";
import { EMPTY_HTTP_TOOL, type HttpToolDraft } from "./http-tool-draft.ts";
import { PairFields } from "./pair-fields.tsx";

interface ToolFieldsProps {
  readonly draft: ConfigDraft;
  readonly onChange: (part: Partial<ConfigDraft>) => void;
}

export function ToolFields({ draft, onChange }: ToolFieldsProps): JSX.Element {
  const { http } = draft;
  const replace = (index: number, tool: HttpToolDraft): void =>
    onChange({ http: http.map((each, place) => (place === index ? tool : each)) });
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1.5 text-small font-medium">{words.agents.tools}</legend>
      {BUILTINS.map((name) => (
        <BuiltinField key={name} name={name} draft={draft} onChange={onChange} />
      ))}
      <SandboxFields draft={draft} onChange={onChange} />
      {http.map((tool, index) => (
        <HttpToolFields
          // Tools have no identity but their place while they are being named.
          key={index}
          tool={tool}
          onChange={(changed) => replace(index, changed)}
          onRemove={() => onChange({ http: http.filter((_tool, place) => place !== index) })}
        />
      ))}
      <Button className="self-start" onClick={() => onChange({ http: [...http, EMPTY_HTTP_TOOL] })}>
        <Icon name="plus" size={16} />
        {words.agents.addHttp}
      </Button>
    </fieldset>
  );
}

/** Tools of sandboxes belong together: one tick for all, and single ones below. */
function SandboxFields({ draft, onChange }: ToolFieldsProps): JSX.Element {
  const others = draft.builtins.filter((name) => !SANDBOX_BUILTINS.some((one) => one === name));
  const has = draft.builtins.length - others.length;
  return (
    <details className="rounded-xl border border-line px-3 py-2 text-small">
      <summary className="font-medium">
        {words.sandbox.tools}{" "}
        <span className="font-normal text-ink-soft">{`${has}/${SANDBOX_BUILTINS.length}`}</span>
      </summary>
      <div className="flex flex-col gap-3 pt-3">
        <p className="text-ink-soft">{words.sandbox.toolsHelp}</p>
        <Tick
          checked={has === SANDBOX_BUILTINS.length}
          onTick={(on) => onChange({ builtins: on ? [...others, ...SANDBOX_BUILTINS] : others })}
        >
          {words.sandbox.all}
        </Tick>
        {SANDBOX_BUILTINS.map((name) => (
          <BuiltinField key={name} name={name} draft={draft} onChange={onChange} />
        ))}
      </div>
    </details>
  );
}

function BuiltinField({
  name,
  draft: { builtins },
  onChange,
}: ToolFieldsProps & { readonly name: BuiltinTool }): JSX.Element {
  const [label, says] = words.agents.builtin[name];
  return (
    <Tick
      checked={builtins.includes(name)}
      onTick={(on) =>
        onChange({ builtins: on ? [...builtins, name] : builtins.filter((each) => each !== name) })
      }
    >
      {label} <span className="text-ink-soft">{says}</span>
    </Tick>
  );
}

interface TickProps {
  readonly checked: boolean;
  readonly onTick: (on: boolean) => void;
  readonly children: ReactNode;
}

function Tick({ checked, onTick, children }: TickProps): JSX.Element {
  return (
    <label className="flex cursor-pointer items-start gap-2.5 text-small">
      <input
        type="checkbox"
        className="mt-0.5 size-4 accent-(--accent)"
        checked={checked}
        onChange={({ target }) => onTick(target.checked)}
      />
      <span>{children}</span>
    </label>
  );
}

interface HttpToolFieldsProps {
  readonly tool: HttpToolDraft;
  readonly onChange: (tool: HttpToolDraft) => void;
  readonly onRemove: () => void;
}

function HttpToolFields({ tool, onChange, onRemove }: HttpToolFieldsProps): JSX.Element {
  return (
    <div className="flex flex-col gap-4 rounded-xl border border-line bg-raised p-4">
      <div className="flex items-start justify-between gap-3">
        <div>
          <p className="text-small font-medium">{words.agents.http}</p>
          <p className="text-small text-ink-soft">{words.agents.httpLead}</p>
        </div>
        <IconButton
          icon="trash"
          label={words.agents.removeTool(tool.name)}
          size={16}
          onClick={onRemove}
        />
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label={words.agents.toolName}
          help={words.agents.toolNameHelp}
          value={tool.name}
          required
          pattern="[a-z][a-z0-9_]{0,63}"
          spellCheck={false}
          placeholder="weather"
          onChange={({ target }) => onChange({ ...tool, name: target.value })}
        />
        <TextField
          label={words.agents.baseUrl}
          type="url"
          value={tool.baseUrl}
          required
          placeholder="https://api.example.com"
          onChange={({ target }) => onChange({ ...tool, baseUrl: target.value })}
        />
      </div>
      <TextField
        label={words.agents.toolDescription}
        help={words.agents.toolDescriptionHelp}
        value={tool.description}
        maxLength={1000}
        onChange={({ target }) => onChange({ ...tool, description: target.value })}
      />
      <MethodFields methods={tool.methods} onChange={(methods) => onChange({ ...tool, methods })} />
      {(["headers", "query"] as const).map((kind) => (
        <PairFields
          key={kind}
          kind={kind}
          pairs={tool[kind]}
          baseUrl={tool.baseUrl}
          onChange={(pairs) => onChange({ ...tool, [kind]: pairs })}
        />
      ))}
    </div>
  );
}

interface MethodFieldsProps {
  readonly methods: readonly HttpMethod[];
  readonly onChange: (methods: HttpMethod[]) => void;
}

function MethodFields({ methods, onChange }: MethodFieldsProps): JSX.Element {
  return (
    <fieldset>
      <legend className="mb-1.5 text-small font-medium">{words.agents.methods}</legend>
      <div className="flex flex-wrap gap-2">
        {METHODS.map((method) => (
          <label
            key={method}
            className="flex min-h-8 cursor-pointer items-center gap-2 rounded-md border border-line px-2.5 font-mono text-tiny has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="checkbox"
              className="size-3.5 accent-(--accent)"
              checked={methods.includes(method)}
              onChange={(event) =>
                onChange(
                  METHODS.filter((each) =>
                    each === method ? event.target.checked : methods.includes(each),
                  ),
                )
              }
            />
            {method}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
