// The panel that is shown beside the transcript. All but the members load when they are opened first.
import { lazy, type JSX } from "react";

import { SearchBox } from "../history/search-box.tsx";
import type { Search } from "../history/use-search.ts";
import { words } from "../words.ts";
import { MembersPanel } from "./members-panel.tsx";
import { SidePanel } from "./side-panel.tsx";
import type { Panels } from "./use-panel.ts";

const SearchPanel = lazy(async () => {
  const { SearchPanel: panel } = await import("../history/search-panel.tsx");
  return { default: panel };
});
const SummaryPanel = lazy(async () => {
  const { SummaryPanel: panel } = await import("../context/summary-panel.tsx");
  return { default: panel };
});
const BriefingPanel = lazy(async () => {
  const { BriefingPanel: panel } = await import("../context/briefing-panel.tsx");
  return { default: panel };
});

interface ShownPanelProps {
  readonly group: string;
  readonly panels: Panels;
  readonly search: Search;
}

export function ShownPanel({ group, panels, search }: ShownPanelProps): JSX.Element | null {
  const { panel, close, toggleMembers } = panels;
  switch (panel?.kind) {
    case undefined:
      return null;
    case "members":
      return <MembersPanel group={group} onClose={toggleMembers} />;
    case "search":
      return <SearchAside group={group} search={search} />;
    case "summary":
      return (
        <SidePanel wide title={words.summary.title} close={words.summary.close} onClose={close}>
          <SummaryPanel group={group} />
        </SidePanel>
      );
    case "briefing":
      return (
        <SidePanel wide title={words.briefing.title} close={words.briefing.close} onClose={close}>
          <BriefingPanel key={panel.message.message} group={group} message={panel.message} />
        </SidePanel>
      );
    default:
      return panel satisfies never;
  }
}

function SearchAside({ group, search }: Omit<ShownPanelProps, "panels">): JSX.Element {
  const { inHead, panelField, text, toField } = search;
  return (
    <SidePanel
      wide
      title={words.search.title}
      close={words.search.close}
      onClose={inHead.onClose}
      head={
        <>
          <h2 className="text-small font-semibold max-lg:sr-only">{words.search.title}</h2>
          <SearchBox {...inHead} field={panelField} className="min-w-0 flex-1 lg:hidden" />
        </>
      }
    >
      <SearchPanel group={group} text={text} onUp={toField} />
    </SidePanel>
  );
}
