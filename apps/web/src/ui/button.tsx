// Buttons: three weights for words, one round form for an icon with a name.
import type { ComponentProps, JSX } from "react";

import { Icon, type IconName } from "./icon.tsx";

const WEIGHTS = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong",
  quiet: "border border-line-strong bg-raised text-ink hover:bg-hover",
  plain: "text-ink-soft hover:bg-hover hover:text-ink",
  danger: "bg-danger text-on-danger hover:bg-danger-strong",
} as const;

export type ButtonWeight = keyof typeof WEIGHTS;

/** The classes of a button, for links and primitives that look like one. */
export function buttonClass(weight: ButtonWeight = "quiet"): string {
  return `inline-flex min-h-9 items-center justify-center gap-1.5 rounded-md px-3.5 text-small font-medium whitespace-nowrap transition-colors disabled:opacity-50 ${WEIGHTS[weight]}`;
}

type ButtonProps = ComponentProps<"button"> & { weight?: ButtonWeight };

export function Button({ weight = "quiet", className = "", ...rest }: ButtonProps): JSX.Element {
  return <button type="button" className={`${buttonClass(weight)} ${className}`} {...rest} />;
}

type IconButtonProps = Omit<ComponentProps<"button">, "children"> & {
  icon: IconName;
  /** What it does, for those who do not see it, and as a tip for those who do. */
  label: string;
  size?: number;
};

export function IconButton({
  icon,
  label,
  size = 18,
  className = "",
  ...rest
}: IconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-grid size-8 shrink-0 place-items-center rounded-md text-ink-soft transition-colors hover:bg-hover hover:text-ink disabled:opacity-40 ${className}`}
      {...rest}
    >
      <Icon name={icon} size={size} />
    </button>
  );
}
