// What the containers' Worker is given at deployment.
import type { CertificateAuthorityControl } from "@acos/protocol";

/** Bindings as the platform hands them over. */
export interface Bindings {
  /** One object, and with it one container, a sandbox. */
  readonly SANDBOX_CONTAINERS: SandboxObjects;
  readonly AUTHORITY: Pick<CertificateAuthorityControl, "publicKeys">;
}

/** The part of the Durable Object namespace that is used. */
export interface SandboxObjects {
  getByName(name: string): { fetch(request: Request): Promise<Response> };
}
