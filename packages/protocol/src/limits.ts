// Every limit we enforce ourselves, with its unit and its reason: a local workerd enforces none of the platform's.

/** One frame from a client; the platform would take 32 MiB, which is a quarter of an object's memory. */
export const FRAME_MAX_BYTES = 64 * 1024;
/** Text of one message: what a frame can carry at all, so that the frame's limit is the one a client meets. */
export const MESSAGE_TEXT_MAX_CHARS = 64 * 1024;
/** Parts of one message. */
export const MESSAGE_PARTS_MAX = 32;
/** A REST request's body. Instructions of an agent are the largest thing a caller sends. */
export const BODY_MAX_BYTES = 256 * 1024;
/** A routing token in a URL: the platform allows 16 KB for the whole of it. */
export const TOKEN_MAX_BYTES = 4 * 1024;
/** What a tool result keeps in the log; the rest is cut with a note. */
export const TOOL_RESULT_MAX_CHARS = 100_000;
/** A tool result longer than this is clipped for the model … */
export const TOOL_RESULT_CLIP_CHARS = 4_000;
/** … to this much of its head and of its tail. */
export const TOOL_RESULT_CLIP_END_CHARS = 1_500;
/** Text of one model response; past it the turn ends with words instead of filling the object. */
export const TURN_TEXT_MAX_CHARS = 200_000;
/** Tool calls of one model response. */
export const TURN_TOOL_CALLS_MAX = 16;
/** Arguments of one tool call, as JSON. */
export const TOOL_ARGUMENTS_MAX_BYTES = 64 * 1024;
/** Turns of one run before it pauses and asks a member to go on. */
export const RUN_TURNS_MAX = 25;
/** Runs of one agent that wait in one group. */
export const RUN_QUEUE_MAX = 20;
/** Times one turn is tried when the process dies under it. */
export const TURN_ATTEMPTS_MAX = 3;
/** Silence on a turn's stream before the turn is ended with words. */
export const TURN_STALL_MS = 120_000;
/** Time between heartbeats on a turn's stream; several fit into a stall. */
export const TURN_HEARTBEAT_MS = 10_000;
/** Window in which deltas are gathered into one frame; the first goes out at once. */
export const DELTA_WINDOW_MS = 25;
/** The same for the output of a call that runs: people read it, and it has no first token to wait for. */
export const TOOL_OUTPUT_WINDOW_MS = 100;
/** Characters of a running call's output that one frame carries, and that who joins gets: the last ones. */
export const TOOL_OUTPUT_SHOWN_CHARS = 8_000;
/** Events a socket replays; what is older is fetched by REST after a `reset`. */
export const REPLAY_MAX_EVENTS = 10_000;
/** Bytes a socket replays, for the same reason. */
export const REPLAY_MAX_BYTES = 8 * 1024 * 1024;
/** Events a client gets that says no `since`. */
export const REPLAY_DEFAULT_EVENTS = 200;
/** Items of one page of a REST list, at most and by default. */
export const PAGE_MAX = 500;
export const PAGE_DEFAULT = 100;
/** Members of one group. */
export const MEMBERS_MAX = 200;
/** Tokens (estimated) of a briefing's window and run together, where a group sets no number of its own … */
export const BRIEFING_BUDGET_TOKENS = 32_000;
/** … and the numbers it may set. */
export const BRIEFING_BUDGET_MIN_TOKENS = 4_000;
export const BRIEFING_BUDGET_MAX_TOKENS = 500_000;
/** A window past this share of the budget is to be summarised … */
export const BRIEFING_COMPACT_SHARE = 0.8;
/** … until this much of it is left. */
export const BRIEFING_KEEP_SHARE = 0.3;
/** A summary is tried again once the window has grown by this share of the budget since the last try. */
export const BRIEFING_RETRY_SHARE = 0.2;
/** A summary's share of the budget. */
export const SUMMARY_SHARE = 0.1;
/** Bullets of one section, and the length of one: a summary is told in every briefing. */
export const SUMMARY_BULLETS_MAX = 40;
export const SUMMARY_BULLET_MAX_CHARS = 1_000;
/** Messages that a group pins into every briefing, and those it keeps out. */
export const PINS_MAX = 50;
/** The share of the budget that pinned messages may take together. */
export const PINS_SHARE = 0.1;
/** Characters of a search. */
export const SEARCH_QUERY_MAX_CHARS = 500;
/** Hits of one search, over all pages. */
export const SEARCH_HITS_MAX = 200;
/** Hits of one page, at most and by default: each carries a stretch of text. */
export const SEARCH_PAGE_MAX = 50;
export const SEARCH_PAGE_DEFAULT = 20;
/** Events of one segment: small enough to be read whole for a single page. */
export const SEGMENT_MAX_EVENTS = 2_048;
/** Bytes of a segment before compression: several fit into an object's memory. */
export const SEGMENT_MAX_BYTES = 4 * 1024 * 1024;
/** Events that stay in the object when older ones move to R2: what sockets replay and pages begin with. */
export const HOT_EVENTS = 1_024;
/** Events in the object before the oldest move: those that stay and a whole segment. */
export const HOT_MAX_EVENTS = HOT_EVENTS + SEGMENT_MAX_EVENTS;
/** Events that a snapshot carries beside the folded state; the others lie in segments. */
export const SNAPSHOT_TAIL_EVENTS = 256;
/** Snapshots that are kept; a damaged one gives way to the one before. */
export const SNAPSHOT_GENERATIONS = 3;
/** A group without news for this long writes a snapshot … */
export const IDLE_SNAPSHOT_MS = 10 * 60_000;
/** … and for this long is archived. */
export const IDLE_ARCHIVE_MS = 7 * 24 * 60 * 60_000;
/** A bundle that is imported: what the platform takes as one request. */
export const IMPORT_MAX_BYTES = 100 * 1024 * 1024;
/** A file of a bundle that is no part of its log, and how many there are: together half of what one remote call may carry. */
export const BUNDLE_FILE_MAX_BYTES = 1024 * 1024;
export const BUNDLE_FILES_MAX = 16;
/** Characters of instructions in an AgentVersion. */
export const INSTRUCTIONS_MAX_CHARS = 64_000;
/** Tools of one AgentVersion. */
export const TOOLS_MAX = 64;
/** A secret is at least this long: a shorter one could not be told apart from words where it must be taken out of a text … */
export const SECRET_MIN_CHARS = 8;
/** … and at most what a header can carry everywhere. */
export const SECRET_MAX_CHARS = 4_096;
/** Secrets of one org. */
export const SECRETS_MAX = 500;
/** How long an idempotency key's answer is kept. */
export const IDEMPOTENCY_TTL_MS = 24 * 60 * 60_000;
/** An HTTP tool's own defaults and ceilings. */
export const HTTP_TOOL_TIMEOUT_MS = 30_000;
export const HTTP_TOOL_TIMEOUT_MAX_MS = 120_000;
export const HTTP_TOOL_RESPONSE_BYTES = 256 * 1024;
export const HTTP_TOOL_RESPONSE_MAX_BYTES = 1024 * 1024;
/** Clock skew allowed between the parties of a token (RFC 7519, section 4.1.4 leaves it to us). */
export const TOKEN_SKEW_S = 5;
export const ROUTING_TOKEN_TTL_S = 60;
/** How long an open socket is believed without a fresh proof: as long as a certificate, and for the same reason. */
export const SOCKET_PROOF_TTL_MS = 15 * 60_000;
/** Time past it before the socket is closed: a proof may be on its way. */
export const SOCKET_PROOF_GRACE_MS = 60_000;
export const ACCESS_TOKEN_TTL_S = 300;
export const CERTIFICATE_TTL_S = 15 * 60;
export const SIGNATURE_TTL_S = 30;

/** A path in a sandbox; Linux takes 4,096 bytes. */
export const SANDBOX_PATH_MAX_CHARS = 1_024;
/** A command that was not told how long it may take. */
export const EXEC_TIMEOUT_DEFAULT_MS = 120_000;
/** A build or a test run of a large project; servers run in the background. */
export const EXEC_TIMEOUT_MAX_MS = 30 * 60_000;
/** Output of one command that is handed out at once. */
export const EXEC_OUTPUT_MAX_BYTES = 8 * 1024 * 1024;
/** Output of one process that is kept to be read again: its beginning and its end. */
export const PROCESS_OUTPUT_KEPT_BYTES = 1024 * 1024;
/** A file in one request, and the body of a request to a preview: a signed body must be in memory. */
export const SANDBOX_BODY_MAX_BYTES = 16 * 1024 * 1024;
/** Files together in one pack of a workspace's snapshot; a larger file is a pack of its own up to the limit of a body. */
export const SNAPSHOT_PACK_BYTES = 4 * 1024 * 1024;
/** Every so often a stream without news says that it lives. */
export const SANDBOX_HEARTBEAT_MS = 15_000;
/** A stream that is silent for so long is broken. */
export const SANDBOX_STALL_MS = 60_000;
/** What agents are told of a workspace's AGENTS.md. */
export const DESCRIPTION_MAX_CHARS = 4_000;
/** Sandboxes of a group that are not destroyed. */
export const SANDBOXES_MAX = 20;
export const PREVIEW_TOKEN_TTL_S = 60;
export const PREVIEW_COOKIE_TTL_S = 60 * 60;
