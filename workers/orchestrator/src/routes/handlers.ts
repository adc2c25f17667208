// The handler of every operation in the protocol's route table; one that is missing does not compile.
import type { Handlers } from "../rest/call.ts";
import {
  createAgent,
  deleteAgent,
  getAgent,
  listAgents,
  listAgentVersions,
  patchAgent,
  restoreAgentVersion,
} from "./agents.ts";
import { getAuditHead, listAuditEntries } from "./audit.ts";
import { createApiKey, deleteApiKey, listApiKeys } from "./api-keys.ts";
import { exportGroup, forkGroup, importGroup } from "./group-copies.ts";
import {
  archiveGroup,
  getMessage,
  listJobs,
  listSummaries,
  restoreGroup,
  searchGroup,
} from "./group-history.ts";
import {
  createRoutingToken,
  getBriefing,
  getRun,
  giveCommand,
  listEvents,
  listMessages,
  listRuns,
} from "./group-log.ts";
import { createGroup, deleteGroup, getGroup, listGroups, patchGroup } from "./groups.ts";
import { getMe } from "./me.ts";
import { putMember, removeMember } from "./members.ts";
import {
  deleteProvider,
  getProvider,
  listModels,
  listProviders,
  putProvider,
} from "./providers.ts";

import { deleteSecret, listSecrets, putSecret } from "./secrets.ts";

export const HANDLERS: Handlers = {
  getMe,
  createApiKey,
  listApiKeys,
  deleteApiKey,
  listModels,
  putProvider,
  listProviders,
  getProvider,
  deleteProvider,
  putSecret,
  listSecrets,
  deleteSecret,
  listAuditEntries,
  getAuditHead,
  createAgent,
  listAgents,
  getAgent,
  patchAgent,
  deleteAgent,
  listAgentVersions,
  restoreAgentVersion,
  createGroup,
  listGroups,
  getGroup,
  patchGroup,
  deleteGroup,
  putMember,
  removeMember,
  createRoutingToken,
  listEvents,
  listMessages,
  giveCommand,
  listRuns,
  getRun,
  getBriefing,
  getMessage,
  searchGroup,
  listSummaries,
  listJobs,
  archiveGroup,
  restoreGroup,
  forkGroup,
  exportGroup,
  importGroup,
};
