// Who is who at a glance: people are round with initials, agents are square with a star of their own.
import type { JSX } from "react";

/** One of six hues, always the same for the same id. */
function hueOf(id: string): string {
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

/** Places around the middle where a ray of an agent's star may end. */
const RAYS = 8;
/** A star of fewer rays may lie all on one side. */
const RAYS_MIN = 5;

// A star like the product's own, with the rays that the id switches on.
function Sigil({ id }: { id: string }): JSX.Element {
  const ends = raysOf(hash(id)).map((ray) => {
    const angle = (ray / RAYS) * 2 * Math.PI;
    return { ray, x: 16 + Math.sin(angle) * 9, y: 16 - Math.cos(angle) * 9 };
  });
  return (
    <g fill="currentColor">
      <path
        d={ends.map(({ x, y }) => `M16 16L${x.toFixed(2)} ${y.toFixed(2)}`).join("")}
        stroke="currentColor"
        strokeWidth="1.7"
      />
      <circle cx="16" cy="16" r="3.3" />
      {ends.map(({ ray, x, y }) => (
        <circle key={ray} cx={x} cy={y} r="2.3" />
      ))}
    </g>
  );
}

function raysOf(bits: number): readonly number[] {
  const rays = new Set<number>();
  for (let ray = 0; ray < RAYS; ray += 1) if (((bits >>> (ray + 8)) & 1) === 1) rays.add(ray);
  // Steps of three reach every place before they come back to the first.
  for (let ray = bits % RAYS; rays.size < RAYS_MIN; ray = (ray + 3) % RAYS) rays.add(ray);
  return [...rays];
}
