// What the menu of a message offers: what the agent was told, the message's place in briefings, a fork from here.
import type { LocalMessage } from "@acos/client";
import type { BriefingRule } from "@acos/protocol";
import { useMutation } from "@tanstack/react-query";
import type { JSX } from "react";

import { useFork } from "../history/use-fork.ts";
import { reasonOf } from "../queries.ts";
import { ProblemNote } from "../ui/field.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { useGroupNavigation } from "./group-navigation.ts";
import { useOpenConnection, useStillView } from "./use-group.ts";

interface MessageMenuItemsProps {
  readonly message: LocalMessage;
  readonly canWrite: boolean;
  /** Contract: called once when the menu has done its work. */
  readonly onDone: () => void;
}

export function MessageMenuItems(props: MessageMenuItemsProps): JSX.Element {
  const { message, canWrite, onDone } = props;
  const connection = useOpenConnection();
  const { group, briefingRules } = useStillView();
  const { showBriefing } = useGroupNavigation();
  const setRule = useMutation({
    mutationFn: (rule: BriefingRule) =>
      connection.send({ kind: "briefing-rule-set", message: message.message, rule }),
    onSuccess: onDone,
  });
  const fork = useFork(group?.id ?? "");
  const problem = setRule.error ?? fork.error;
  const rule = briefingRules.get(message.message);
  const rules = RULES.filter((each) => each.rule !== (rule ?? "normal"));
  return (
    <>
      <p className="px-2.5 py-1 font-mono text-tiny text-ink-soft">
        {words.message.place(message.seq)}
      </p>
      {message.run !== undefined && (
        <Item
          icon="log"
          label={words.briefing.open}
          onClick={() => {
            showBriefing(message);
            onDone();
          }}
        />
      )}
      {canWrite &&
        rules.map(({ rule: to, icon, label }) => (
          <Item
            key={to}
            icon={icon}
            label={label}
            disabled={setRule.isPending}
            onClick={() => setRule.mutate(to)}
          />
        ))}
      {canWrite && (
        <Item
          icon="fork"
          label={fork.isPending ? words.storage.forking : words.copies.forkHere}
          help={words.copies.forkHereHelp}
          disabled={fork.isPending}
          onClick={() => fork.mutate({ atSeq: message.seq })}
        />
      )}
      {problem && <ProblemNote>{reasonOf(problem)}</ProblemNote>}
    </>
  );
}

const RULES: readonly { rule: BriefingRule; icon: IconName; label: string }[] = [
  { rule: "pinned", icon: "pin", label: words.pins.pin },
  { rule: "excluded", icon: "mute", label: words.pins.exclude },
  { rule: "normal", icon: "check", label: words.pins.usual },
];

interface ItemProps {
  readonly icon: IconName;
  readonly label: string;
  readonly help?: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

function Item({ icon, label, help, disabled = false, onClick }: ItemProps): JSX.Element {
  return (
    <button
      type="button"
      disabled={disabled}
      className="flex min-h-9 w-full items-center gap-2.5 rounded-md px-2.5 py-1 text-left text-small hover:bg-hover disabled:opacity-50"
      onClick={onClick}
    >
      <Icon name={icon} size={16} />
      <span className="min-w-0">
        <span className="block">{label}</span>
        {help !== undefined && <span className="block text-tiny text-ink-soft">{help}</span>}
      </span>
    </button>
  );
}
