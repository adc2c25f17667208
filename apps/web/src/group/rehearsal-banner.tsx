// Says once per browser that no AI model answers here yet, and where to get one.
import { Link } from "@tanstack/react-router";
import { useState, type JSX } from "react";

import { IconButton } from "../ui/button.tsx";
import { words } from "../words.ts";
import { isRehearsal, presentMembers } from "./people.ts";
import { useStillView } from "./use-group.ts";

const HIDDEN_KEY = "acos.rehearsal-banner";

export function RehearsalBanner(): JSX.Element | null {
  const view = useStillView();
  const [hidden, setHidden] = useState(wasHidden);
  const rehearses = presentMembers(view).some(
    ({ info }) => info.type === "agent" && isRehearsal(info.pin.model),
  );
  if (hidden || !rehearses) return null;
  return (
    <aside className="flex items-center gap-x-3 border-b border-warn-line bg-warn-soft py-1.5 pr-2 pl-4 text-small text-warn md:pl-6">
      <p className="min-w-0 flex-1">
        {words.rehearsal.banner}{" "}
        <Link to="/settings/models" className="font-medium underline underline-offset-2">
          {words.rehearsal.wayOut}
        </Link>
      </p>
      <IconButton
        icon="close"
        label={words.rehearsal.hide}
        size={15}
        className="text-warn!"
        onClick={() => {
          setHidden(true);
          remember();
        }}
      />
    </aside>
  );
}

function wasHidden(): boolean {
  try {
    return localStorage.getItem(HIDDEN_KEY) !== null;
  } catch {
    return false; // no storage: it is shown again, which does no harm
  }
}

function remember(): void {
  try {
    localStorage.setItem(HIDDEN_KEY, "hidden");
  } catch {
    // It stays hidden until the next reload.
  }
}
