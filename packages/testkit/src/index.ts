// The public face of the testkit: fakes that tests of several parts share; development only.
export { FAKE_MODELS } from "./fake-model-scripts.ts";
export {
  startFakeModelServer,
  type FakeModelServer,
  type FakeModelServerOptions,
  type RecordedRequest,
} from "./fake-model-server.ts";
export { FakeClock, wallClock, type SandboxClock } from "./fake-clock.ts";
export { FakeSandbox, type AgentRequest, type PortHandler } from "./fake-sandbox.ts";
export {
  FAKE_CAPABILITIES,
  FakeSandboxHost,
  type FakeSandboxHostOptions,
} from "./fake-sandbox-host.ts";
export {
  freshId,
  TestAuthority,
  TestGroup,
  type SignedPlan,
  type SignedRequest,
  type TestAuthorityKey,
} from "./test-authority.ts";
export { STALE_MS, StaleKv, type StaleKvOptions } from "./stale-kv.ts";
