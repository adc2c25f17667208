// Who may do what: every operation of the REST interface and every command of a group, by role. The tests walk it as it stands.

/**
 * anonymous: no proof at all · outsider: an account and nothing else · removed: was a member of the group · viewer, member,
 * admin: that in the group, as guests who are not in its org · orgMember: in the org, not in the group · otherAdmin: owns
 * another org · owner: owns the org, not in the group · readKey: a read-only API key of somebody who may do everything.
 */
export const ROLES = [
  "anonymous",
  "outsider",
  "removed",
  "viewer",
  "member",
  "admin",
  "orgMember",
  "otherAdmin",
  "owner",
  "readKey",
] as const;
export type Role = (typeof ROLES)[number];

/** Which Problem a refusal with a number is; `ok` is a success. */
export const REFUSALS = {
  "401": "unauthenticated",
  "403": "forbidden",
  "404": "not_found",
  "409": "conflict",
} as const;

/** A cell of who has the right, whether or not the group can do it just then: a success or a conflict. */
const MAY = "may";

/** Rows are named by operation; where it matters whose thing it is, there is one for each, told apart after a colon. */
// prettier-ignore
export const OPERATION_ROWS = {
  //                                       anon out  rem  view memb adm  orgM othA ownr rKey
  "getMe":                                "401  ok   ok   ok   ok   ok   ok   ok   ok   ok",
  "createApiKey":                         "401  ok   ok   ok   ok   ok   ok   ok   ok   403",
  "listApiKeys":                          "401  ok   ok   ok   ok   ok   ok   ok   ok   ok",
  "deleteApiKey: their own":              "401  ok   ok   ok   ok   ok   ok   ok   ok   403",
  "deleteApiKey: another's":              "401  404  404  404  404  404  404  404  404  403",
  "listModels":                           "401  404  404  404  404  404  ok   404  ok   ok",
  "putProvider":                          "401  404  404  404  404  404  403  404  ok   403",
  "listProviders":                        "401  404  404  404  404  404  ok   404  ok   ok",
  "getProvider":                          "401  404  404  404  404  404  ok   404  ok   ok",
  "deleteProvider":                       "401  404  404  404  404  404  403  404  ok   403",
  "putSecret":                            "401  404  404  404  404  404  403  404  ok   403",
  "listSecrets":                          "401  404  404  404  404  404  ok   404  ok   ok",
  "deleteSecret":                         "401  404  404  404  404  404  403  404  ok   403",
  "listAuditEntries":                     "401  404  404  404  404  404  403  404  ok   ok",
  "getAuditHead":                         "401  404  404  404  404  404  403  404  ok   ok",
  "createAgent":                          "401  404  404  404  404  404  ok   404  ok   403",
  "listAgents":                           "401  404  404  404  404  404  ok   404  ok   ok",
  "getAgent":                             "401  404  404  404  404  404  ok   404  ok   ok",
  "patchAgent":                           "401  404  404  404  404  404  ok   404  ok   403",
  "deleteAgent":                          "401  404  404  404  404  404  ok   404  ok   403",
  "listAgentVersions":                    "401  404  404  404  404  404  ok   404  ok   ok",
  "restoreAgentVersion":                  "401  404  404  404  404  404  ok   404  ok   403",
  "createGroup":                          "401  404  404  404  404  404  ok   404  ok   403",
  "listGroups":                           "401  404  404  ok   ok   ok   ok   404  ok   ok",
  "getGroup":                             "401  404  404  ok   ok   ok   404  404  ok   ok",
  "patchGroup":                           "401  404  404  403  403  ok   404  404  403  403",
  "deleteGroup":                          "401  404  404  403  403  ok   404  404  ok   403",
  "putMember: somebody":                  "401  404  404  403  403  ok   404  404  ok   403",
  "putMember: themselves, as admin":      "401  404  404  403  403  ok   404  404  ok   403",
  "putMember: an agent":                  "401  404  404  403  403  ok   404  404  ok   403",
  "removeMember: somebody":               "401  404  404  403  403  ok   404  404  ok   403",
  "removeMember: themselves":             "401  404  404  ok   ok   ok   404  404  ok   403",
  "createRoutingToken":                   "401  404  404  ok   ok   ok   404  404  403  403",
  "listEvents":                           "401  404  404  ok   ok   ok   404  404  ok   ok",
  "listMessages":                         "401  404  404  ok   ok   ok   404  404  ok   ok",
  "giveCommand":                          "401  404  404  ok   ok   ok   404  404  403  403",
  "listRuns":                             "401  404  404  ok   ok   ok   404  404  ok   ok",
  "getRun":                               "401  404  404  ok   ok   ok   404  404  ok   ok",
  "getBriefing":                          "401  404  404  ok   ok   ok   404  404  ok   ok",
  "getMessage":                           "401  404  404  ok   ok   ok   404  404  ok   ok",
  "searchGroup":                          "401  404  404  ok   ok   ok   404  404  ok   ok",
  "listSummaries":                        "401  404  404  ok   ok   ok   404  404  ok   ok",
  "listJobs":                             "401  404  404  ok   ok   ok   404  404  ok   ok",
  "archiveGroup":                         "401  404  404  403  403  ok   404  404  ok   403",
  "restoreGroup":                         "401  404  404  ok   ok   ok   404  404  ok   403",
  "forkGroup":                            "401  404  404  403  403  403  404  404  ok   403",
  "exportGroup":                          "401  404  404  ok   ok   ok   404  404  ok   ok",
  "importGroup":                          "401  404  404  404  404  404  ok   404  ok   403",
  "listSandboxes":                        "401  404  404  ok   ok   ok   404  404  ok   ok",
  "createSandbox":                        "401  404  404  403  ok   ok   404  404  403  403",
  "getSandbox":                           "401  404  404  ok   ok   ok   404  404  ok   ok",
  "destroySandbox":                       "401  404  404  403  403  ok   404  404  403  403",
  "stopSandbox":                          "401  404  404  403  ok   ok   404  404  403  403",
  "snapshotSandbox":                      "401  404  404  403  ok   ok   404  404  403  403",
  "restoreSandbox":                       "401  404  404  403  ok   ok   404  404  403  403",
  "execInSandbox":                        "401  404  404  403  ok   ok   404  404  403  403",
  "listProcesses":                        "401  404  404  ok   ok   ok   404  404  403  ok",
  "readProcess":                          "401  404  404  ok   ok   ok   404  404  403  ok",
  "writeProcess":                         "401  404  404  403  ok   ok   404  404  403  403",
  "endProcess":                           "401  404  404  403  ok   ok   404  404  403  403",
  "listPorts":                            "401  404  404  ok   ok   ok   404  404  403  ok",
  "readFile":                             "401  404  404  ok   ok   ok   404  404  403  ok",
  "writeFile":                            "401  404  404  403  ok   ok   404  404  403  403",
  "deleteFile":                           "401  404  404  403  ok   ok   404  404  403  403",
  "openPreview":                          "401  404  404  ok   ok   ok   404  404  403  403",
  "openTerminal":                         "401  404  404  403  ok   ok   404  404  403  403",
  "listTerminals":                        "401  404  404  ok   ok   ok   404  404  403  ok",
  "listCheckpoints":                      "401  404  404  ok   ok   ok   404  404  ok   ok",
  "createCheckpoint":                     "401  404  404  403  ok   ok   404  404  403  403",
  "restoreCheckpoint":                    "401  404  404  403  ok   ok   404  404  403  403",
  "listChanges":                          "401  404  404  ok   ok   ok   404  404  ok   ok",
  "undoChanges":                          "401  404  404  403  may  may  404  404  403  403",
} as const;

/**
 * Beside the REST interface, with what each role gets there: a terminal's socket with the routing token that it gets, and a
 * preview's host with the link that it gets; a refusal of the token or the link counts as one of the whole.
 */
// prettier-ignore
export const BESIDE_ROWS = {
  //                                       anon out  rem  view memb adm  orgM othA ownr rKey
  "terminal":                             "401  404  404  403  ok   ok   404  404  403  403",
  "preview":                              "401  404  404  ok   ok   ok   404  404  403  403",
  "preview, without its cookie":          "401  401  401  401  401  401  401  401  401  401",
  "preview, by another's link once more": "401  401  401  401  401  401  401  401  401  401",
} as const;

/** By REST for every role; the same on the socket for those who get a token. 409 = the right is there, the state is another. */
// prettier-ignore
export const COMMAND_ROWS = {
  //                                       anon out  rem  view memb adm  orgM othA ownr rKey
  "message-post":                         "401  404  404  403  ok   ok   404  404  403  403",
  "message-edit: their own":              "401  404  404  403  ok   ok   404  404  403  403",
  "message-edit: another's":              "401  404  404  403  403  403  404  404  403  403",
  "message-redact: their own":            "401  404  404  403  ok   ok   404  404  403  403",
  "message-redact: another's":            "401  404  404  403  403  ok   404  404  403  403",
  "reaction-set":                         "401  404  404  403  ok   ok   404  404  403  403",
  "run-cancel":                           "401  404  404  403  ok   ok   404  404  403  403",
  "run-resume: one that is not paused":   "401  404  404  403  409  409  404  404  403  403",
  "approval-decide":                      "401  404  404  403  ok   ok   404  404  403  403",
  "read-mark":                            "401  404  404  ok   ok   ok   404  404  403  403",
  "summary-ask":                          "401  404  404  403  may  may  404  404  403  403",
  "summary-edit":                         "401  404  404  403  ok   ok   404  404  403  403",
  "briefing-rule-set":                    "401  404  404  403  ok   ok   404  404  403  403",
  "settings-change":                      "401  404  404  403  403  ok   404  404  403  403",
} as const;

export type OperationRow = keyof typeof OPERATION_ROWS;
export type BesideRow = keyof typeof BESIDE_ROWS;
export type CommandRow = keyof typeof COMMAND_ROWS;

/** What a row is about: the operation's id or the command's kind. */
export function subjectOf(row: string): string {
  return row.split(":")[0] ?? row;
}

/** What a row says once its outcomes are known: "may" is whichever of both it was. */
export function settledBy(
  cells: Readonly<Record<string, string>>,
  outcomes: Readonly<Record<string, string>>,
): Record<string, string> {
  const settled = Object.entries(cells).map(([role, cell]): [string, string] => {
    const outcome = outcomes[role] ?? "";
    return [role, cell === MAY && (outcome === "ok" || outcome === "409") ? outcome : cell];
  });
  return Object.fromEntries(settled);
}

/** A row's cells by role. Throws when one is missing or too many. */
export function cellsOf(row: string): Readonly<Record<Role, string>> {
  const cells = row.trim().split(/\s+/);
  if (cells.length !== ROLES.length)
    throw new Error(`A row has ${cells.length} cells for ${ROLES.length} roles: ${row}`);
  const pairs = ROLES.map((role, place) => [role, cells[place]]);
  return Object.fromEntries(pairs) as Record<Role, string>;
}
