// The public face of the client: a connection to a group with its local view, and the REST calls beside it.
export { createApi, type Api, type ApiOptions, type Credentials } from "./api.ts";
export { type ConnectOptions, type Snapshot } from "./connect-options.ts";
export { type ConnectionState } from "./connection-state.ts";
export { openRuns } from "./fold-run.ts";
export { connectGroup, type GroupConnection } from "./group-connection.ts";
export {
  isOpen,
  type CallOutput,
  type Draft,
  type DraftPart,
  type Entry,
  type LocalCall,
  type LocalMember,
  type LocalMessage,
  type LocalRun,
  type LocalSandbox,
  type LocalSummary,
  type LocalView,
} from "./local-view.ts";
export { type PendingCommand } from "./outbox.ts";
export { type Clock, type Fetch, type Socket, type SocketConstructor } from "./platform.ts";
export { problemOfAnswer, problemOfSilence, RequestProblem } from "./request-problem.ts";
export { type AnswerOf, type BodyOf, type RequestOf } from "./routes.ts";
