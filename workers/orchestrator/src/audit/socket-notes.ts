// What the audit log says of socket handshakes: tokens that opened one, and tokens that did not; always after the answer.
import { ERRORS, isId, type ErrorCode } from "@acos/protocol";
import type { RoutingToken } from "@acos/trust";

import type { ControlPlane } from "../control-plane.ts";
import type { SocketPlace } from "../socket-path.ts";
import { INSTALLATION_CHAIN } from "./audit.ts";
import { chainsOfLiving } from "./find-chains.ts";

/** Records that a verified token opened a socket, or that the group refused it (status of its answer). */
export function noteSocket(
  { audit }: ControlPlane,
  { user, group, org, place }: RoutingToken & { readonly place: SocketPlace },
  status: number,
): void {
  const opened = status === 101;
  const { sandbox } = place;
  const refused = opened ? {} : { code: status === 401 ? "used_token" : String(status) };
  const details = { ...(sandbox && { sandbox }), ...refused };
  audit.noteLater(
    {
      kind: opened ? "socket-opened" : "token-refused",
      actor: user,
      subject: group,
      ...(Object.keys(details).length > 0 && { details }),
    },
    async () => ({ chains: [org] }),
  );
}

/** Records a handshake that proved nothing: what an unverified token says of its user is not repeated. */
export function noteSocketRefusal(
  { audit, db }: ControlPlane,
  group: string,
  code: ErrorCode,
): void {
  if (ERRORS[code].status !== 401 && ERRORS[code].status !== 403) return;
  const subject = isId("group", group) ? { subject: group } : {};
  audit.noteLater(
    { kind: "token-refused", actor: "unknown", ...subject, details: { code } },
    async () => {
      const chains = await chainsOfLiving(db, group);
      return { chains: chains.length > 0 ? chains : [INSTALLATION_CHAIN] };
    },
  );
}
