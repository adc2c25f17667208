// What people say in a grown group: short messages of made-up words, no two alike, and a few facts among the first ones.

/** Syllables of words that no fact and no question has. */
const SYLLABLES = "ba de fi go lu ma ne pi ro su ta ve wi xo zu ka lo mi nu".split(" ");
const WORDS = SYLLABLES.flatMap((one) =>
  SYLLABLES.flatMap((two) => SYLLABLES.map((three) => one + two + three)),
);

/** A message of nine words and a number that no other message has: about seventy characters. */
export function chatter(number: number, random: () => number): string {
  const word = () => WORDS[Math.floor(random() * WORDS.length)];
  return `${Array.from({ length: 9 }, word).join(" ")} T-${number}.`;
}

export interface Fact {
  /** The message, counted from 1, that tells it. */
  readonly at: number;
  readonly text: string;
  readonly question: string;
  readonly answer: string;
  /** Asked to be remembered: summaries keep it. The others are told once and never again. */
  readonly kept: boolean;
}

const OF = "Petrel Kestrel Heron Osprey Plover Curlew Bittern Wagtail Dunlin Avocet".split(" ");
const WHAT = ["staging port", "badge number", "locker code", "meeting room", "invoice number"];
const FIRST_AT = 11;
const APART = 17;

/** Ten facts, all of them told within the first two hundred messages. */
export const FACTS: readonly Fact[] = OF.map((of, index): Fact => {
  const subject = `the ${WHAT[index % WHAT.length]} of ${of}`;
  const answer = String(6143 + index * 391);
  const kept = index % 2 === 0;
  return {
    at: FIRST_AT + index * APART,
    text: `${kept ? "Remember: " : "By the way, "}${subject} is ${answer}.`,
    question: `what is ${subject}?`,
    answer,
    kept,
  };
});
