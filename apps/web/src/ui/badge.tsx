// Small words beside a name: what somebody is, or where something stands.
import type { JSX, ReactNode } from "react";

const TONES = {
  plain: "bg-sunken text-ink-soft",
  accent: "bg-accent-soft text-accent-strong",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
} as const;

export type BadgeTone = keyof typeof TONES;

export function Badge({
  tone = "plain",
  children,
}: {
  tone?: BadgeTone;
  children: ReactNode;
}): JSX.Element {
  return (
    <span
      className={`inline-flex items-center rounded px-1.5 py-px text-tiny whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
