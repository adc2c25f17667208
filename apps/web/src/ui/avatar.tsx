// Who is who at a glance: people are round with initials, agents are square with a pattern of their own.
import type { JSX } from "react";

/** One of six hues, always the same for the same id. */
export function hueOf(id: string): string {
  return `hue-${hash(id) % 6}`;
}

function hash(text: string): number {
  let value = 2166136261;
  for (const character of text)
    value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 16777619);
  return value >>> 0;
}

interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly agent: boolean;
  readonly size?: number;
}

/** A decoration beside a name; it says nothing by itself. */
export function Avatar({ id, name, agent, size = 32 }: AvatarProps): JSX.Element {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 32 32"
      className={`mark shrink-0 ${agent ? "rounded-[27%]" : "rounded-full"} ${hueOf(id)}`}
    >
      {agent ? <Sigil id={id} /> : <Initials name={name} />}
    </svg>
  );
}

function Initials({ name }: { name: string }): JSX.Element {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => Array.from(word ?? "")[0] ?? "")
    .join("")
    .toUpperCase();
  return (
    <text x="16" y="20.6" textAnchor="middle" fontSize="13" fontWeight="600" fill="currentColor">
      {letters}
    </text>
  );
}

// A 4 × 4 pattern, mirrored, of dots that the id switches on.
function Sigil({ id }: { id: string }): JSX.Element {
  const bits = hash(id);
  const dots: JSX.Element[] = [];
  for (let row = 0; row < 4; row += 1)
    for (let column = 0; column < 2; column += 1) {
      if (((bits >>> (row * 2 + column)) & 1) === 0 && !(row === 1 && column === 1)) continue;
      for (const x of [column, 3 - column])
        dots.push(
          <circle
            key={`${row}-${x}`}
            cx={7.6 + x * 5.6}
            cy={7.6 + row * 5.6}
            r="2.1"
            fill="currentColor"
          />,
        );
    }
  return <g>{dots}</g>;
}
