// The frame of what stands beside the transcript: a title, a way to close it, and what is in it, which may load only now.
import { Suspense, useLayoutEffect, useRef, type JSX, type ReactNode, type RefObject } from "react";

import { IconButton } from "../ui/button.tsx";
import { words } from "../words.ts";

interface SidePanelProps {
  readonly title: string;
  readonly close: string;
  readonly onClose: () => void;
  /** For text that is read, not glanced at. */
  readonly wide?: boolean;
  /** Stands in place of the title's row, where a panel has more to put there. */
  readonly head?: ReactNode;
  readonly children: ReactNode;
}

export function SidePanel(props: SidePanelProps): JSX.Element {
  const { title, close, onClose, wide = false, head, children } = props;
  const panel = useRef<HTMLElement>(null);
  useFocusBack(panel);
  return (
    <aside
      ref={panel}
      aria-label={title}
      className={`flex shrink-0 flex-col border-l border-line bg-canvas max-lg:fixed max-lg:inset-y-0 max-lg:right-0 max-lg:z-20 max-lg:shadow-float max-sm:w-full ${wide ? "w-96 xl:w-108" : "w-72"}`}
      onKeyDown={({ key, target, currentTarget }) => {
        // A dialog that was opened from here is no part of the panel, though its keys come by.
        if (key === "Escape" && currentTarget.contains(target as Node)) onClose();
      }}
    >
      <header className="flex h-13 shrink-0 items-center justify-between gap-2 border-b border-line pr-2.5 pl-4">
        {head ?? <h2 className="text-small font-semibold">{title}</h2>}
        <IconButton icon="close" label={close} onClick={onClose} />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <Suspense fallback={<PanelWaits>{words.loading}</PanelWaits>}>{children}</Suspense>
      </div>
    </aside>
  );
}

/** Whoever closes a panel by the keyboard goes on where they were when it opened. */
function useFocusBack(panel: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const { current } = panel;
    const before = document.activeElement;
    return () => {
      const inside = current?.contains(document.activeElement);
      if (inside && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [panel]);
}

/** Said in a panel while what it shows is on its way. */
export function PanelWaits({ children }: { children: ReactNode }): JSX.Element {
  return (
    <p role="status" className="px-4 py-4 text-small text-ink-soft">
      {children}
    </p>
  );
}
