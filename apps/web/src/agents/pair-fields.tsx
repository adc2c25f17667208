// Headers or query parameters of an HTTP tool as rows of name and value, each with the choice to take its value from a secret.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { SecretView } from "@acos/protocol";
import { useId, type JSX } from "react";

import { secretsQuery } from "../queries.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";
import {
  fitsHost,
  isInClear,
  isTwice,
  secretIn,
  withSecret,
  type Pair,
} from "./http-tool-draft.ts";

/** What differs between headers and query parameters. */
const KINDS = {
  headers: {
    label: words.agents.headers,
    help: words.agents.headersHelp,
    add: words.agents.addHeader,
    placeholder: "authorization",
    pattern: "[A-Za-z0-9!#$%&'*+.^_`\\|~\\-]{1,128}",
  },
  query: {
    label: words.agents.query,
    help: words.agents.queryHelp,
    add: words.agents.addQuery,
    placeholder: "api_key",
    pattern: undefined,
  },
} as const;

interface PairFieldsProps {
  readonly kind: keyof typeof KINDS;
  readonly pairs: readonly Pair[];
  /** The tool's address, which says which secrets may go there. */
  readonly baseUrl: string;
  readonly onChange: (pairs: readonly Pair[]) => void;
}

export function PairFields({ kind, pairs, baseUrl, onChange }: PairFieldsProps): JSX.Element {
  const secrets = useQuery(secretsQuery(useOrg())).data ?? [];
  const { label, help, add } = KINDS[kind];
  return (
    <fieldset className="flex flex-col gap-5 sm:gap-3">
      <legend className="mb-1 text-small font-medium">{label}</legend>
      {pairs.length === 0 && <p className="-mt-2 text-small text-ink-soft">{help}</p>}
      {pairs.map((pair, index) => (
        <PairRow
          // Rows have no identity but their place while they are being named.
          key={index}
          kind={kind}
          pair={pair}
          isTwice={isTwice(pairs, index, kind === "headers")}
          secrets={secrets}
          baseUrl={baseUrl}
          onChange={(changed) =>
            onChange(pairs.map((each, place) => (place === index ? changed : each)))
          }
          onRemove={() => onChange(pairs.filter((_pair, place) => place !== index))}
        />
      ))}
      <Button className="self-start" onClick={() => onChange([...pairs, { name: "", value: "" }])}>
        <Icon name="plus" size={16} />
        {add}
      </Button>
    </fieldset>
  );
}

interface PairRowProps {
  readonly kind: keyof typeof KINDS;
  readonly pair: Pair;
  readonly isTwice: boolean;
  readonly secrets: readonly SecretView[];
  readonly baseUrl: string;
  readonly onChange: (pair: Pair) => void;
  readonly onRemove: () => void;
}

function PairRow(props: PairRowProps): JSX.Element {
  const { kind, pair, secrets, baseUrl, onChange, onRemove } = props;
  const { agents: says } = words;
  const { label, placeholder, pattern } = KINDS[kind];
  const noteId = useId();
  const problem = props.isTwice ? says.pairTwice : undefined;
  const inClear = isInClear(pair);
  const noted = problem !== undefined || inClear;
  const named = (what: string): string => `${label}: ${what}`;
  return (
    <div className="flex flex-col gap-1.5">
      <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-2 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)_9.5rem_auto]">
        <input
          className="control font-mono text-small"
          aria-label={named(says.pairName)}
          aria-describedby={noted ? noteId : undefined}
          aria-invalid={problem !== undefined}
          // The browser stops the form at a name that comes twice, as it does at one that does not fit the pattern.
          ref={(input) => input?.setCustomValidity(problem ?? "")}
          value={pair.name}
          required={pair.value !== ""}
          pattern={pattern}
          placeholder={placeholder}
          autoCapitalize="none"
          spellCheck={false}
          onChange={({ target }) => onChange({ ...pair, name: target.value })}
        />
        <input
          className="control font-mono text-small max-sm:order-3 max-sm:col-span-2"
          aria-label={named(says.pairValue)}
          aria-describedby={noted ? noteId : undefined}
          value={pair.value}
          maxLength={4096}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={({ target }) => onChange({ ...pair, value: target.value })}
        />
        <SecretChoice
          label={named(says.pairSecret)}
          pair={pair}
          secrets={secrets}
          baseUrl={baseUrl}
          onChoose={(value) => onChange({ ...pair, value })}
        />
        <IconButton
          icon="trash"
          size={16}
          label={says.removePair(pair.name)}
          className="self-center"
          onClick={onRemove}
        />
      </div>
      {noted && (
        <p id={noteId} className={`text-small ${problem ? "text-danger" : "text-warn"}`}>
          {problem ?? says.inClear} {!problem && <SecretsLink />}
        </p>
      )}
    </div>
  );
}

interface SecretChoiceProps {
  readonly label: string;
  readonly pair: Pair;
  readonly secrets: readonly SecretView[];
  readonly baseUrl: string;
  readonly onChoose: (value: string) => void;
}

/** The secrets that may go to the tool's host. Those for other hosts are told, so that nobody looks for them in vain. */
function SecretChoice(props: SecretChoiceProps): JSX.Element {
  const { label, pair, secrets, baseUrl, onChoose } = props;
  const { agents: says } = words;
  const chosen = secretIn(pair.value);
  const known = secrets.some(({ name }) => name === chosen);
  return (
    <select
      className="control text-small max-sm:order-4 max-sm:col-span-2"
      aria-label={label}
      value={known ? chosen : ""}
      disabled={secrets.length === 0}
      onChange={({ target }) => {
        if (target.value !== "") onChoose(withSecret(pair, target.value));
      }}
    >
      <option value="">{secrets.length === 0 ? says.noSecrets : says.useSecret}</option>
      {secrets.map(({ name, hosts }) => {
        const fits = fitsHost(hosts, baseUrl);
        return (
          <option key={name} value={name} disabled={!fits}>
            {fits ? name : says.otherHosts(name)}
          </option>
        );
      })}
    </select>
  );
}

function SecretsLink(): JSX.Element {
  const { agents: says } = words;
  return (
    <Link
      to="/settings/secrets"
      // What is written in the form would be lost on the way.
      target="_blank"
      title={says.newTab}
      className="font-medium underline underline-offset-2"
    >
      {says.openSecrets}
    </Link>
  );
}
