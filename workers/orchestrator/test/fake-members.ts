// Members of a stand-in group: how they are put in, and who they are.
import { makeId, type Member, type MemberPut } from "@acos/protocol";

interface Members {
  readonly members: Member[];
}

export function put(state: Members, member: MemberPut): void {
  const subject = member.type === "user" ? member.card.user : member.card.pin.agent;
  const known = state.members.find((one) => subjectOf(one) === subject);
  if (known) Object.assign(known, { role: member.role });
  else state.members.push(memberOf(state, member));
}

function memberOf(state: Members, wish: MemberPut): Member {
  const member = makeId("member", state.members.length, new Uint8Array(10));
  const { role } = wish;
  if (wish.type === "user") return { type: "user", member, role, ...wish.card };
  const { card, follow } = wish;
  const { pin, ...said } = card;
  return {
    type: "agent",
    member,
    role,
    ...said,
    follow,
    agent: pin.agent,
    version: pin.version,
    pin,
  };
}

export function subjectOf(member: Member): string {
  return member.type === "user" ? member.user : member.agent;
}
