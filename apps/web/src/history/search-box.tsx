// The field that a group is searched by. Its text belongs to the page, so that it is kept while results are read.
import type { JSX, KeyboardEvent, RefObject } from "react";

import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";

/** What the server takes (SEARCH_QUERY_MAX_CHARS of the protocol). */
const QUERY_MAX_CHARS = 500;

export interface SearchField {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onClose: () => void;
  /** Contract: called when the keyboard leaves the field for the results. */
  readonly onDown: () => void;
}

interface SearchBoxProps extends SearchField {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly className?: string;
}

export function SearchBox(props: SearchBoxProps): JSX.Element {
  const { text, onText, onClose, onDown, field, className = "" } = props;
  const onKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") onClose();
    else if (event.key === "ArrowDown" || event.key === "Enter") onDown();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <label className={`relative block ${className}`}>
      <span className="pointer-events-none absolute inset-y-0 left-2.5 grid place-items-center text-ink-soft">
        <Icon name="search" size={15} />
      </span>
      <input
        ref={field}
        type="search"
        role="searchbox"
        aria-label={words.search.label}
        placeholder={words.search.placeholder}
        maxLength={QUERY_MAX_CHARS}
        autoComplete="off"
        spellCheck={false}
        className="control min-h-8! py-1! pl-8! text-small [&::-webkit-search-cancel-button]:hidden"
        value={text}
        onChange={({ target }) => onText(target.value)}
        onKeyDown={onKey}
      />
    </label>
  );
}
