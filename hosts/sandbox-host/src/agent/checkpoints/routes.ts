// The agent's paths for checkpoints: keep one, list what changed since, take changes back, go back to one.
import {
  checkpointAskSchema,
  idSchema,
  parse,
  problem,
  ProblemError,
  undoSchema,
  type CheckpointId,
} from "@acos/protocol";

import type { AgentPlace, Route } from "../route.ts";
import { describeWorkspace } from "./describe.ts";
import { answerJson, jsonOf } from "./exchange.ts";
import { GitFailed } from "./git.ts";
import { listHunks, spanOf } from "./hunks.ts";
import { keepCheckpoint, tidy } from "./keep.ts";
import { repositoryQueue, ShadowRepository } from "./repository.ts";
import { restoreCheckpoint } from "./restore.ts";
import { undoHunks } from "./undo.ts";

/** 500 hashes and what is around them. */
const BODY_MAX_BYTES = 64 * 1024;

const checkpointId = idSchema("checkpoint");
const undoAskSchema = undoSchema.extend({ from: checkpointId, to: checkpointId.optional() });

/** Routes for the agent's server. One request at a time works on the repository; the others wait. */
export function checkpointRoutes(place: AgentPlace): readonly Route[] {
  const inRepository = <T>(work: (repository: ShadowRepository) => Promise<T>): Promise<T> =>
    repositoryQueue(place)(async () => {
      try {
        return await work(ShadowRepository.open(place));
      } catch (error) {
        throw error instanceof GitFailed ? failed(error) : error;
      }
    });
  return [
    {
      method: "POST",
      path: /^\/checkpoints$/,
      serve: async ({ request, response }) => {
        const ask = parse(checkpointAskSchema, await jsonOf(request, BODY_MAX_BYTES), "The body");
        const kept = await inRepository(async (repository) => {
          const { changed, paths } = await keepCheckpoint(repository, ask.checkpoint);
          return { changed, described: describeWorkspace(repository.workspace, paths) };
        });
        answerJson(response, kept);
        // Nobody waits for it, and what it leaves undone the next time does.
        inRepository(tidy).catch(() => undefined);
      },
    },
    {
      method: "GET",
      path: /^\/checkpoints\/changes$/,
      serve: async ({ response, url }) => {
        const from = parse(checkpointId, url.searchParams.get("from"), "from");
        const to = optional(url.searchParams.get("to"));
        const changes = await inRepository(async (repository) =>
          listHunks(repository, await spanOf(repository, from, to)),
        );
        answerJson(response, changes);
      },
    },
    {
      method: "POST",
      path: /^\/checkpoints\/undo$/,
      serve: async ({ request, response }) => {
        const ask = parse(undoAskSchema, await jsonOf(request, BODY_MAX_BYTES), "The body");
        const undone = await inRepository(async (repository) =>
          undoHunks(repository, await spanOf(repository, ask.from, ask.to), ask.hunks),
        );
        answerJson(response, undone);
      },
    },
    {
      method: "POST",
      path: /^\/checkpoints\/(?<checkpoint>[^/]+)\/restore$/,
      serve: async ({ params, response }) => {
        const checkpoint = parse(checkpointId, params["checkpoint"], "The checkpoint");
        await inRepository((repository) => restoreCheckpoint(repository, checkpoint));
        answerJson(response, {});
      },
    },
  ];
}

function optional(value: string | null): CheckpointId | undefined {
  return value === null ? undefined : parse(checkpointId, value, "to");
}

function failed(error: GitFailed): ProblemError {
  const words = `The workspace's sources could not be worked on. ${error.message}`;
  return new ProblemError(problem("sandbox_failed", words));
}
