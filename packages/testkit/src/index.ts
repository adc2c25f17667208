// The public face of the testkit: fakes that tests of several parts share; development only.
export { FAKE_MODELS } from "./fake-model-scripts.ts";
export {
  startFakeModelServer,
  type FakeModelServer,
  type FakeModelServerOptions,
  type RecordedRequest,
} from "./fake-model-server.ts";
export { STALE_MS, StaleKv, type StaleKvOptions } from "./stale-kv.ts";
