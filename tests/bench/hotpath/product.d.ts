// The product's built Workers as the counting entries import them; the bundler puts the real bundles in their place.
declare module "virtual:product/orchestrator" {
  import type { WorkerClass, WorkerModule } from "virtual:product/shapes";
  const worker: WorkerModule;
  export default worker;
  export const CertificateAuthority: WorkerClass;
  export const AgentRecords: WorkerClass;
  export const AuditTrail: WorkerClass;
  export const GroupDirectory: WorkerClass;
  export const KeyCare: WorkerClass;
  export const SandboxSecrets: WorkerClass;
}
declare module "virtual:product/group-controller" {
  import type { GroupControllerClass, WorkerClass, WorkerModule } from "virtual:product/shapes";
  const worker: WorkerModule | undefined;
  export default worker;
  export const ToolCallClaims: WorkerClass;
  export const GroupController: GroupControllerClass;
}
declare module "virtual:product/agents" {
  import type { WorkerModule } from "virtual:product/shapes";
  const worker: WorkerModule;
  export default worker;
}
declare module "virtual:product/shapes" {
  export interface WorkerModule {
    fetch(request: Request, env: object, context: unknown): Response | Promise<Response>;
  }
  export type WorkerClass = new (context: object, env: object) => object;
  export interface ObjectContext {
    readonly storage: { readonly sql: { exec: (...args: never[]) => unknown } };
  }
  export type GroupControllerClass = new (context: ObjectContext, env: object) => object;
}
