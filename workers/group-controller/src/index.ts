// The Group Controller's script: its Durable Object class is the product, its own HTTP face answers nothing.
export { GroupController } from "./group-controller.ts";
export { ToolCallClaims } from "./tool-call-claims.ts";

export default {
  /** Groups are reached through the Orchestrator's binding only; nothing is served here. */
  fetch: () => new Response(null, { status: 404 }),
} satisfies ExportedHandler;
