// What the Group Controller is given at deployment, parsed once; empty means unset.
import type {
  AuditTrailControl,
  CertificateAuthorityControl,
  GroupDirectoryControl,
} from "@acos/protocol";

/** Bindings as the platform hands them over. */
export interface Bindings {
  readonly GROUPS: DurableObjectNamespace;
  readonly AGENTS: Fetcher;
  readonly AUTHORITY: CertificateAuthorityControl;
  readonly DIRECTORY: GroupDirectoryControl;
  readonly AUDIT: AuditTrailControl;
  /** Cold storage: segments and snapshots of every group. */
  readonly ARCHIVE: R2Bucket;
  /** The Sandbox Host; left out in an installation without one. */
  readonly SANDBOXES?: Fetcher;
  readonly FRAMES_PER_MINUTE?: string;
}

/** Frames a minute from one socket where the installation sets no number of its own: right for a shared deployment. */
const FRAMES_PER_MINUTE_DEFAULT = 120;

/** The number of frames a minute; throws RangeError when it is set to something else than a whole number above 0. */
export function framesPerMinute(bindings: Bindings): number {
  const text = bindings.FRAMES_PER_MINUTE?.trim();
  if (!text) return FRAMES_PER_MINUTE_DEFAULT;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`FRAMES_PER_MINUTE must be a whole number above 0, not "${text}"`);
  return count;
}
