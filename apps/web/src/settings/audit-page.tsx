// The audit log of the org for its owners and admins: newest first, a sentence an entry, each to be opened for what was hashed.
import { useInfiniteQuery } from "@tanstack/react-query";
import type { AuditEntryView, AuditHeadView } from "@acos/protocol";
import type { JSX } from "react";

import { momentOf } from "../group/times.ts";
import { reasonOf } from "../queries.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Page } from "../ui/page.tsx";
import { useMayManage, useOrg } from "../use-org.ts";
import { words } from "../words.ts";
import { auditQuery } from "./audit-query.ts";
import { marksOf, sentenceOf } from "./audit-sentence.ts";
import { useNames, type NameOf } from "./use-names.ts";

/** Characters of a hash that are compared by eye. */
const HASH_CHARS = 12;

export function AuditPage(): JSX.Element {
  const mayRead = useMayManage();
  return (
    <Page title={words.audit.title} lead={words.audit.lead}>
      {mayRead ? <AuditLog /> : <p className="text-ink-soft">{words.audit.managersOnly}</p>}
    </Page>
  );
}

function AuditLog(): JSX.Element {
  const log = useInfiniteQuery(auditQuery(useOrg()));
  const nameOf = useNames();
  const { audit: says } = words;
  const pages = log.data?.pages ?? [];
  const head = pages[0]?.head;
  return (
    <>
      {log.error && <ProblemNote>{reasonOf(log.error)}</ProblemNote>}
      {log.isPending && (
        <p role="status" className="text-ink-soft">
          {words.loading}
        </p>
      )}
      {head && <HeadNote head={head} />}
      <ol className="flex flex-col divide-y divide-line overflow-hidden rounded-xl border border-line bg-raised empty:hidden">
        {pages.flatMap(({ entries }) =>
          entries.map((entry) => <EntryRow key={entry.seq} entry={entry} nameOf={nameOf} />),
        )}
      </ol>
      {log.hasNextPage ? (
        <Button
          className="self-start"
          disabled={log.isFetchingNextPage}
          onClick={() => void log.fetchNextPage()}
        >
          {log.isFetchingNextPage ? words.loading : says.older}
        </Button>
      ) : (
        head && head.seq > 0 && <p className="text-small text-ink-soft">{says.beginning}</p>
      )}
    </>
  );
}

function HeadNote({ head }: { head: AuditHeadView }): JSX.Element {
  const { audit: says } = words;
  if (!head.sealed) return <ProblemNote>{says.broken(head.seq)}</ProblemNote>;
  if (head.seq === 0) return <p className="text-ink-soft">{says.nothing}</p>;
  return (
    <p className="-mt-3 text-small text-ink-soft">
      {says.holds(head.seq, head.hash.slice(0, HASH_CHARS))} {says.verify}
    </p>
  );
}

interface EntryRowProps {
  readonly entry: AuditEntryView;
  readonly nameOf: NameOf;
}

function EntryRow({ entry, nameOf }: EntryRowProps): JSX.Element {
  const { audit: says } = words;
  const { refused, failed, repeats, unrecorded } = marksOf(entry);
  return (
    <li>
      <details className="group/entry">
        <summary className="flex list-none gap-2.5 px-3 py-2.5 -outline-offset-2! hover:bg-hover [&::-webkit-details-marker]:hidden">
          <span className="mt-0.5 text-ink-soft transition-transform group-open/entry:rotate-90">
            <Icon name="right" size={14} />
          </span>
          <span className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-3 gap-y-0.5">
            <span className="flex min-w-0 flex-1 basis-64 flex-wrap items-baseline gap-x-2 gap-y-1">
              <span className="min-w-0 text-small [overflow-wrap:anywhere]">
                {sentenceOf(entry, nameOf)}
              </span>
              {refused && <Badge tone="warn">{says.refused}</Badge>}
              {failed !== undefined && <Badge tone="danger">{says.failed(failed)}</Badge>}
              {repeats > 0 && <Badge>{says.repeats(repeats)}</Badge>}
              {unrecorded > 0 && <Badge>{says.unrecorded(unrecorded)}</Badge>}
            </span>
            <time dateTime={entry.at} className="text-tiny text-ink-soft">
              {momentOf(entry.at)}
            </time>
          </span>
        </summary>
        <EntryFields entry={entry} />
      </details>
    </li>
  );
}

function EntryFields({ entry }: { entry: AuditEntryView }): JSX.Element {
  const { fields, entry: numbered } = words.audit;
  const { seq, at, kind, actor, subject, details = {}, hash } = entry;
  const rows: readonly (readonly [string, string])[] = [
    [fields.kind, `${kind}, ${numbered(seq)}`],
    [fields.actor, actor],
    ...(subject === undefined ? [] : [[fields.subject, subject] as const]),
    ...Object.entries(details).map(([name, value]) => [name, String(value)] as const),
    [fields.at, at],
    [fields.hash, hash],
  ];
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 border-t border-line bg-sunken py-3 pr-3.5 pl-9 text-tiny">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-soft">{name}</dt>
          <dd className="font-mono break-all">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
