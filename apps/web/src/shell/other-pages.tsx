// Pages for when there is no page: nothing here, something broke, still coming.
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { reasonOf } from "../queries.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { StarMark } from "../ui/icon.tsx";
import { words } from "../words.ts";

export function MissingPage(): JSX.Element {
  return (
    <main className="grid h-full place-content-center justify-items-center gap-4 p-6 text-center">
      <StarMark size={36} />
      <p>{words.notFound}</p>
      <Link to="/" className={buttonClass("quiet")}>
        {words.home}
      </Link>
    </main>
  );
}

export function BrokenPage({ error, reset }: { error: unknown; reset: () => void }): JSX.Element {
  return (
    <main className="grid h-full place-content-center justify-items-center gap-4 p-6 text-center">
      <StarMark size={36} />
      <div role="alert" className="flex max-w-prose flex-col gap-1">
        <p>{words.broken}</p>
        <p className="text-small text-ink-soft">{reasonOf(error)}</p>
      </div>
      <Button onClick={reset}>{words.retry}</Button>
    </main>
  );
}

export function WaitingPage(): JSX.Element {
  return (
    <div role="status" aria-label={words.loading} className="grid h-full place-content-center">
      <span className="animate-breathe">
        <StarMark size={28} />
      </span>
    </div>
  );
}
