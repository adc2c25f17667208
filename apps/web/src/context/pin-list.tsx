// The messages that members pinned into every briefing or keep out of all, with the ways to them and back to the usual.
import { useMutation, useQuery } from "@tanstack/react-query";
import type { MessageId } from "@acos/protocol";
import type { JSX } from "react";

import { api } from "../api.ts";
import { useGroupNavigation } from "../group/group-navigation.ts";
import { nameOf, selfOf } from "../group/people.ts";
import { textOf } from "../group/text-of.ts";
import { useOpenConnection, useStillView } from "../group/use-group.ts";
import { reasonOf } from "../queries.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";

export function PinList({ group }: { group: string }): JSX.Element {
  const { briefingRules } = useStillView();
  const { pins: says } = words;
  return (
    <section aria-label={says.title} className="flex flex-col gap-2 border-t border-line pt-4">
      <h3 className="text-tiny font-medium text-ink-soft">{says.title}</h3>
      {briefingRules.size === 0 && <p className="text-small text-ink-soft">{says.none}</p>}
      <ul className="flex flex-col gap-2 empty:hidden">
        {[...briefingRules].map(([message, rule]) => (
          <PinRow key={message} group={group} message={message} rule={rule} />
        ))}
      </ul>
    </section>
  );
}

interface PinRowProps {
  readonly group: string;
  readonly message: MessageId;
  readonly rule: "pinned" | "excluded";
}

function PinRow({ group, message, rule }: PinRowProps): JSX.Element {
  const view = useStillView();
  const { pins: says } = words;
  const { jump } = useGroupNavigation();
  const held = view.messages.get(message);
  const found = useQuery({
    queryKey: ["message", group, message],
    queryFn: () => api.call("getMessage", { params: { id: group, message } }),
    enabled: held === undefined,
  });
  const shown = held ?? found.data;
  return (
    <li className="flex flex-col gap-1 rounded-lg border border-line bg-raised px-3 py-2 text-small">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium">{shown && nameOf(view, shown.by)}</span>
        {shown && (
          <span className="font-mono text-tiny text-ink-soft">{words.search.place(shown.seq)}</span>
        )}
        <Badge tone={rule === "pinned" ? "accent" : "plain"}>{says[rule]}</Badge>
      </p>
      <p className="line-clamp-2 text-ink-soft [overflow-wrap:anywhere]">
        {shown && textOf(shown.parts)}
        {found.error && says.gone}
      </p>
      <div className="-ml-2 flex gap-1">
        <Button
          weight="plain"
          className="min-h-7! px-2!"
          onClick={() => jump({ message, seq: shown?.seq })}
        >
          {says.show}
        </Button>
        {(selfOf(view)?.role ?? "viewer") !== "viewer" && <Usual message={message} />}
      </div>
    </li>
  );
}

function Usual({ message }: { message: MessageId }): JSX.Element {
  const connection = useOpenConnection();
  const put = useMutation({
    mutationFn: () => connection.send({ kind: "briefing-rule-set", message, rule: "normal" }),
  });
  return (
    <>
      <Button
        weight="plain"
        className="min-h-7! px-2!"
        disabled={put.isPending}
        onClick={() => put.mutate()}
      >
        {words.pins.unpin}
      </Button>
      {put.error && <ProblemNote>{reasonOf(put.error)}</ProblemNote>}
    </>
  );
}
