// What one reads: the transcript at its newest or at a message of it, or an older stretch that loads only then.
import type { MessageView } from "@acos/protocol";
import { lazy, Suspense, type JSX } from "react";

import { ProblemNote } from "../ui/field.tsx";
import { words } from "../words.ts";
import { Transcript } from "./transcript.tsx";
import type { ReadingPlace } from "./use-place.ts";

const PastStretch = lazy(async () => {
  const { PastStretch: stretch } = await import("../history/past-stretch.tsx");
  return { default: stretch };
});

interface ReadingPartProps {
  readonly group: string;
  readonly reading: ReadingPlace;
  readonly onReply: (message: MessageView) => void;
  readonly onAgain: (text: string) => void;
}

export function ReadingPart({ group, reading, onReply, onAgain }: ReadingPartProps): JSX.Element {
  const { place, toNewest } = reading;
  if (place.kind === "past")
    return (
      <Suspense fallback={<p className="flex-1 p-6 text-center text-ink-soft">{words.loading}</p>}>
        <PastStretch
          key={place.seq}
          group={group}
          mark={place.mark}
          seq={place.seq}
          onReply={onReply}
          onNewest={toNewest}
        />
      </Suspense>
    );
  return (
    <>
      <Transcript
        mark={place.kind === "held" ? place.mark : undefined}
        onNewest={toNewest}
        onReply={onReply}
        onAgain={onAgain}
      />
      {place.kind === "gone" && (
        <div className="mx-auto w-full max-w-3xl px-5 pb-2">
          <ProblemNote>{words.past.gone}</ProblemNote>
        </div>
      )}
    </>
  );
}
