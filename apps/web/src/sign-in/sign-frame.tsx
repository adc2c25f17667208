// The frame of the pages before the sign-in: the mark, one card, one way to the other page.
import type { JSX, ReactNode } from "react";

import { StarMark } from "../ui/icon.tsx";
import { words } from "../words.ts";

interface SignFrameProps {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
  readonly other: ReactNode;
}

export function SignFrame({ title, lead, children, other }: SignFrameProps): JSX.Element {
  return (
    <main className="h-full overflow-y-auto bg-rail">
      <div className="mx-auto flex min-h-full w-full max-w-96 flex-col justify-center gap-6 px-5 py-10">
        <p className="flex items-center gap-2.5 font-semibold tracking-tight">
          <StarMark size={26} />
          {words.product}
        </p>
        <div className="flex flex-col gap-5 rounded-xl border border-line bg-raised p-6 shadow-float">
          <div className="flex flex-col gap-1">
            <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
            <p className="text-small text-ink-soft">{lead}</p>
          </div>
          {children}
        </div>
        <p className="text-center text-small text-ink-soft">{other}</p>
      </div>
    </main>
  );
}
