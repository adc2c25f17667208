// The frame of everything behind the sign-in: the rail on the left (over the page on a phone), the page beside it.
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useState, type JSX } from "react";

import { IconButton } from "../ui/button.tsx";
import { words } from "../words.ts";
import { Rail } from "./rail.tsx";

export function AppShell(): JSX.Element {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [open, setOpen] = useState(false);
  const [over, setOver] = useState(path);
  // Going to another page closes it while that page renders: an effect could come after the next press and undo it.
  if (over !== path) {
    setOver(path);
    setOpen(false);
  }
  useEffect(() => {
    if (!open) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape") setOpen(false);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [open]);
  return (
    <div className="flex h-full">
      <div
        className={`fixed inset-y-0 left-0 z-30 w-64 max-md:shadow-float md:static md:visible md:translate-x-0 ${open ? "visible translate-x-0" : "invisible -translate-x-full"} transition-transform`}
      >
        <Rail />
      </div>
      {open && (
        <button
          type="button"
          aria-label={words.rail.close}
          className="fixed inset-0 z-20 bg-black/35 md:hidden"
          onClick={() => setOpen(false)}
        />
      )}
      <div className="relative min-w-0 flex-1">
        <div className="absolute top-2.5 left-2.5 z-10 md:hidden">
          <IconButton
            icon="menu"
            label={words.rail.open}
            aria-expanded={open}
            onClick={() => setOpen(true)}
          />
        </div>
        <Outlet />
      </div>
    </div>
  );
}
