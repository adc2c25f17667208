// The mark of a member: the same one that the person or agent has everywhere in the app.
import type { Member } from "@acos/protocol";
import type { JSX } from "react";

import { Avatar } from "../ui/avatar.tsx";

export function MemberMark({
  info,
  size = 32,
}: {
  info: Member | undefined;
  size?: number;
}): JSX.Element {
  const agent = info?.type === "agent";
  const id = info === undefined ? "" : info.type === "agent" ? info.agent : info.user;
  return <Avatar id={id} name={info?.name ?? "?"} agent={agent} size={size} />;
}
