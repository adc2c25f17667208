// What the app reads by REST, each under one key; groups themselves come over their sockets.
import { RequestProblem, type AnswerOf } from "@acos/client";
import type { ApiKeyView, Me, OperationId, SecretView } from "@acos/protocol";
import { QueryClient, queryOptions } from "@tanstack/react-query";

import { api } from "./api.ts";

/** Lists of agents, groups and models change rarely and by this person's own hand, which refreshes them. */
const FRESH_MS = 30_000;
/** Tries after a failure that may pass. */
const RETRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      retry: (tries, error) =>
        tries < RETRIES && !(error instanceof RequestProblem && isLasting(error)),
    },
  },
});

function isLasting(problem: RequestProblem): boolean {
  return problem.status >= 400 && problem.status < 500 && problem.status !== 429;
}

type ListOf<K extends OperationId> =
  AnswerOf<K> extends { readonly items: readonly (infer Item)[] } ? readonly Item[] : never;

export const meQuery = queryOptions<Me>({
  queryKey: ["me"],
  queryFn: () => api.call("getMe", {}),
  staleTime: Infinity,
});

export function groupsQuery(org: string) {
  return queryOptions<ListOf<"listGroups">>({
    queryKey: ["groups", org],
    queryFn: async () => (await api.call("listGroups", { params: { org } })).items,
  });
}

export function agentsQuery(org: string) {
  return queryOptions<ListOf<"listAgents">>({
    queryKey: ["agents", org],
    queryFn: async () => (await api.call("listAgents", { params: { org } })).items,
  });
}

export function modelsQuery(org: string) {
  return queryOptions<ListOf<"listModels">>({
    queryKey: ["models", org],
    queryFn: async () => (await api.call("listModels", { params: { org } })).items,
  });
}

export function providersQuery(org: string) {
  return queryOptions<ListOf<"listProviders">>({
    queryKey: ["providers", org],
    queryFn: async () => (await api.call("listProviders", { params: { org } })).items,
  });
}

export function secretsQuery(org: string) {
  return queryOptions<ListOf<"listSecrets">>({
    queryKey: ["secrets", org],
    queryFn: () => allSecrets(org),
    // Secrets are kept in another tab while a tool that needs one is being written in this one.
    refetchOnWindowFocus: "always",
  });
}

/** Every page: a name that is taken must not be thought free. */
async function allSecrets(org: string): Promise<ListOf<"listSecrets">> {
  const all: SecretView[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.call("listSecrets", { params: { org }, query: { cursor } });
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

export const keysQuery = queryOptions<readonly ApiKeyView[]>({
  queryKey: ["keys"],
  queryFn: async () => (await api.call("listApiKeys", {})).items,
});

/** The org the app works in: the person's first one; choosing among several is not there yet. */
export function orgOf(me: Me): string {
  return me.orgs[0]?.id ?? "";
}

/** What a refusal says of each field of a form, by the field's own name; nothing for errors that name none. */
export function fieldProblems(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof RequestProblem) || !Array.isArray(error.problem.details)) return {};
  const found: Record<string, string> = {};
  for (const detail of error.problem.details) {
    if (typeof detail !== "object" || detail === null || Array.isArray(detail)) continue;
    const { field, problem } = detail;
    if (typeof field !== "string" || typeof problem !== "string") continue;
    // "hosts.0" is about hosts.
    const [name = field] = field.split(".");
    found[name] ??= problem;
  }
  return found;
}

/** The words of an error, for the person who reads them. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
