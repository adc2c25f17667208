// One version of the summary: where it comes from, and its sections with the messages that each line rests on.
import type { MessageId, SummarySections, SummaryView } from "@acos/protocol";
import type { JSX } from "react";

import { useGroupNavigation } from "../group/group-navigation.ts";
import { nameOf } from "../group/people.ts";
import { momentAt } from "../group/times.ts";
import { useStillView } from "../group/use-group.ts";
import { words } from "../words.ts";

export function SummaryText({ summary }: { summary: SummaryView }): JSX.Element {
  const { summary: says } = words;
  return (
    <article aria-label={says.version(summary.version)} className="flex flex-col gap-4">
      <header className="flex flex-col gap-0.5">
        <h3 className="text-small font-medium">{says.version(summary.version)}</h3>
        <p className="text-tiny text-ink-soft">
          {says.covers(summary.upTo)} · <SummaryMaker summary={summary} />
        </p>
      </header>
      <SummaryLines sections={summary.sections} />
    </article>
  );
}

/** Who or what made a version, when, and what it cost. */
export function SummaryMaker({ summary }: { summary: SummaryView }): JSX.Element {
  const view = useStillView();
  const { at, by, model, cost } = summary;
  const maker =
    by === undefined
      ? words.summary.byModel(model ?? "")
      : words.summary.byMember(nameOf(view, by));
  const told = [maker, momentAt(at), ...(cost ? [words.briefing.money(cost)] : [])];
  return <>{told.join(" · ")}</>;
}

export function SummaryLines({ sections }: { sections: SummarySections }): JSX.Element {
  return (
    <>
      {sections.map(({ section, bullets }) => (
        <section key={section} className="flex flex-col gap-1">
          <h4 className="text-tiny font-medium text-ink-soft">{words.summary.sections[section]}</h4>
          {bullets.length === 0 && (
            <p className="text-small text-ink-soft">{words.summary.empty}</p>
          )}
          <ul className="flex list-disc flex-col gap-1 pl-4 text-small empty:hidden marker:text-ink-soft">
            {bullets.map(({ text, rests }, index) => (
              <li key={index} className="[overflow-wrap:anywhere]">
                {text}{" "}
                {rests.map((message, place) => (
                  <Source key={message} message={message} index={place} />
                ))}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

/** The way to a message that a line rests on; by its seq where the message is held here. */
function Source({ message, index }: { message: MessageId; index: number }): JSX.Element {
  const { jump } = useGroupNavigation();
  const seq = useStillView().messages.get(message)?.seq;
  return (
    <button
      type="button"
      aria-label={words.summary.showSource(seq, index)}
      className="mr-1 rounded bg-sunken px-1 font-mono text-tiny text-ink-soft hover:bg-hover hover:text-ink"
      onClick={() => jump({ message, seq })}
    >
      {words.summary.source(seq, index)}
    </button>
  );
}
