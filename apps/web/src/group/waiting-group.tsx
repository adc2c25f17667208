// Shown until a group's page has something to show; says so where that takes longer because the group was archived.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type JSX } from "react";

import { groupsQuery, queryClient } from "../queries.ts";
import { WaitingPage } from "../shell/other-pages.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";

export function WaitingGroup({ group }: { group: string }): JSX.Element {
  const groups = useQuery(groupsQuery(useOrg()));
  const [archived] = useState(() =>
    groups.data?.some(({ id, archived: is }) => id === group && is),
  );
  // The visit brings it back: afterwards it stands among the others again.
  useEffect(
    () => () => {
      if (archived) void queryClient.invalidateQueries({ queryKey: ["groups"] });
    },
    [archived],
  );
  if (!archived) return <WaitingPage />;
  return (
    <main className="grid h-full place-content-center p-6">
      <div role="status">
        <h1 className="text-ink-soft">{words.copies.restoring}</h1>
      </div>
    </main>
  );
}
