// What the database refuses though the library looked before: requests at the same moment, told in the library's own words.
import { APIError } from "better-auth/api";

/** By what D1 says: the names of two unique indexes' columns and the words of two triggers (0004_one_membership.sql). */
const REFUSALS = {
  "UNIQUE constraint failed: member.": {
    code: "USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION",
    message: "User is already a member of this organization",
  },
  "UNIQUE constraint failed: invitation.": {
    code: "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION",
    message: "User is already invited to this organization",
  },
  "an org keeps an owner": {
    code: "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER",
    message: "You cannot leave the organization as the only owner",
  },
} as const;

/** The refusal of a write that came second; undefined for every other failure. */
export function refusalOfStore(error: unknown): APIError | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    for (const [saying, words] of Object.entries(REFUSALS))
      if (cause.message.includes(saying)) return new APIError("BAD_REQUEST", words);
  return undefined;
}

export const alreadyMember = (): APIError =>
  new APIError("BAD_REQUEST", REFUSALS["UNIQUE constraint failed: member."]);
