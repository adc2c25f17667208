// What a search of the group found: who said it, when, and the words around what fits; a press goes there.
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { SearchHit } from "@acos/protocol";
import type { JSX, KeyboardEvent } from "react";

import { api } from "../api.ts";
import { PanelWaits } from "../group/side-panel.tsx";
import { useGroupNavigation } from "../group/group-navigation.ts";
import { momentAt } from "../group/times.ts";
import { reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";
import { markWords } from "./search-marks.ts";
import { useSettled } from "./use-settled.ts";

/** Hits of a page: more than a screen shows. */
const PAGE_HITS = 20;
/** Typing rests this long before it is searched for. */
const REST_MS = 200;

interface SearchPanelProps {
  readonly group: string;
  readonly text: string;
  /** Contract: called when the keyboard goes back above the first result. */
  readonly onUp: () => void;
}

export function SearchPanel({ group, text, onUp }: SearchPanelProps): JSX.Element {
  const query = useSettled(text.trim(), REST_MS);
  const search = useInfiniteQuery({
    queryKey: ["search", group, query],
    queryFn: ({ pageParam: cursor }) =>
      api.call("searchGroup", {
        params: { id: group },
        query: { q: query, limit: PAGE_HITS, cursor },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    enabled: query !== "",
    placeholderData: keepPreviousData,
    // What is said meanwhile belongs to the answer.
    staleTime: 0,
  });
  if (text.trim() === "") return <Hint title={words.search.hint} more={words.search.keys} />;
  if (search.error) return <Failed error={search.error} onAgain={() => void search.refetch()} />;
  if (!search.data) return <PanelWaits>{words.search.waiting}</PanelWaits>;
  const hits = search.data.pages.flatMap(({ items }) => items);
  if (hits.length === 0 && !search.isPlaceholderData)
    return <Hint title={words.search.none(query)} more={words.search.noneHint} />;
  return (
    <div className="flex flex-col gap-1 px-2 py-2" aria-busy={search.isPlaceholderData}>
      <p role="status" className="px-2 py-1 text-tiny text-ink-soft">
        {words.search.found(hits.length, search.hasNextPage)}
      </p>
      <ol
        data-search-results
        className="flex flex-col"
        onKeyDown={(event) => moveFocus(event, onUp)}
      >
        {hits.map((hit) => (
          <Hit key={hit.message} hit={hit} query={query} />
        ))}
      </ol>
      {search.hasNextPage && (
        <Button
          className="m-2 self-start"
          disabled={search.isFetchingNextPage}
          onClick={() => void search.fetchNextPage()}
        >
          {search.isFetchingNextPage ? words.loading : words.search.more}
        </Button>
      )}
    </div>
  );
}

function Hit({ hit, query }: { hit: SearchHit; query: string }): JSX.Element {
  const { jump } = useGroupNavigation();
  const { message, seq, at, author, snippet } = hit;
  return (
    <li>
      <button
        type="button"
        className="flex w-full flex-col gap-0.5 rounded-md px-2 py-2 text-left hover:bg-hover focus-visible:-outline-offset-2"
        onClick={() => jump({ message, seq })}
      >
        <span className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-small font-medium">{author}</span>
          <time className="text-tiny text-ink-soft" dateTime={new Date(at).toISOString()}>
            {momentAt(at)}
          </time>
          <span className="ml-auto font-mono text-tiny text-ink-soft">
            {words.search.place(seq)}
          </span>
        </span>
        <span className="line-clamp-3 text-small text-ink-soft [overflow-wrap:anywhere]">
          {markWords(snippet, query).map(({ text, marked }, index) =>
            marked ? (
              <mark key={index} className="rounded-xs bg-warn-soft text-warn">
                {text}
              </mark>
            ) : (
              text
            ),
          )}
        </span>
      </button>
    </li>
  );
}

/** Arrows go from one result to the next, and above the first back to where one types. */
function moveFocus(event: KeyboardEvent<HTMLOListElement>, onUp: () => void): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.findIndex((button) => button === document.activeElement);
  const next = at + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  if (next < 0) onUp();
  else buttons[next]?.focus();
}

function Hint({ title, more }: { title: string; more: string }): JSX.Element {
  return (
    <div role="status" className="flex flex-col gap-1 px-4 py-4 text-small">
      <p>{title}</p>
      <p className="text-ink-soft">{more}</p>
    </div>
  );
}

function Failed({ error, onAgain }: { error: Error; onAgain: () => void }): JSX.Element {
  return (
    <div className="flex flex-col items-start gap-3 px-4 py-4">
      <ProblemNote>{reasonOf(error)}</ProblemNote>
      <Button onClick={onAgain}>{words.retry}</Button>
    </div>
  );
}
