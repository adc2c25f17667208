// The frame of a page that is not a group: a title, a line of words, and one column.
import type { JSX, ReactNode } from "react";

interface PageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, lead, aside, children }: PageProps): JSX.Element {
  return (
    <main className="h-full overflow-y-auto">
      <div className="mx-auto flex max-w-2xl flex-col gap-7 px-5 pt-14 pb-20 md:px-8 md:pt-12">
        <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 sm:flex-nowrap">
          <div className="flex min-w-0 flex-col gap-1">
            <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
            {lead !== undefined && <p className="max-w-prose text-ink-soft">{lead}</p>}
          </div>
          {aside}
        </header>
        {children}
      </div>
    </main>
  );
}

/** A titled stretch of a page. */
export function Section({ title, lead, children }: PageProps): JSX.Element {
  return (
    <section className="flex flex-col gap-4 border-t border-line pt-6">
      <div className="flex flex-col gap-0.5">
        <h2 className="font-semibold">{title}</h2>
        {lead !== undefined && <p className="text-small text-ink-soft">{lead}</p>}
      </div>
      {children}
    </section>
  );
}
