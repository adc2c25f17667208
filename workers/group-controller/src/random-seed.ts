// Randomness for decisions: it comes from here and nowhere else.
import type { Seed } from "@acos/group";

export function randomSeed(): Seed {
  const words = crypto.getRandomValues(new Uint32Array(4));
  return [words[0]!, words[1]!, words[2]!, words[3]!];
}
