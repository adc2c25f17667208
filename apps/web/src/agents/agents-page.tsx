// The org's agents, each the way to its newest version.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { AgentView } from "@acos/protocol";
import type { JSX } from "react";

import { isRehearsal } from "../group/people.ts";
import { agentsQuery, reasonOf } from "../queries.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Badge } from "../ui/badge.tsx";
import { buttonClass } from "../ui/button.tsx";
import { ProblemNote } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Page } from "../ui/page.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";

export function AgentsPage(): JSX.Element {
  const agents = useQuery(agentsQuery(useOrg()));
  return (
    <Page
      title={words.agents.title}
      lead={words.agents.lead}
      aside={
        <Link to="/agents/new" className={buttonClass("primary")}>
          <Icon name="plus" size={16} />
          {words.agents.make}
        </Link>
      }
    >
      {agents.error && <ProblemNote>{reasonOf(agents.error)}</ProblemNote>}
      {agents.data?.length === 0 && <p className="text-ink-soft">{words.agents.none}</p>}
      <ul className="flex flex-col gap-2">
        {agents.data?.map((agent) => (
          <AgentCard key={agent.id} agent={agent} />
        ))}
      </ul>
    </Page>
  );
}

function AgentCard({ agent }: { agent: AgentView }): JSX.Element {
  return (
    <li>
      <Link
        to="/agents/$agent"
        params={{ agent: agent.id }}
        className="flex items-center gap-3.5 rounded-xl border border-line bg-raised p-3.5 transition-colors hover:border-line-strong"
      >
        <Avatar id={agent.id} name={agent.name} agent size={40} />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-baseline gap-x-2">
            <span className="font-semibold">{agent.name}</span>
            <span className="text-small text-ink-soft">@{agent.handle}</span>
          </span>
          <span className="block truncate text-small text-ink-soft">
            {agent.about ?? agent.instructions}
          </span>
          <span className="mt-1 flex flex-wrap items-center gap-2">
            {isRehearsal(agent.model) ? (
              <Badge>{words.rehearsal.badge}</Badge>
            ) : (
              <span className="font-mono text-tiny text-ink-soft">{agent.model}</span>
            )}
            <Badge>{words.agents.version(agent.version)}</Badge>
          </span>
        </span>
        <span className="text-ink-soft">
          <Icon name="right" size={16} />
        </span>
      </Link>
    </li>
  );
}
