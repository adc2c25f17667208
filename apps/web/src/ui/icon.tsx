// The app's few icons, drawn on one 20-unit grid with one stroke; names say what they stand for, not what they depict.
import type { JSX } from "react";

const SHAPES = {
  plus: "M10 4.5v11M4.5 10h11",
  close: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  send: "M10 15.5v-11M5.5 9 10 4.5 14.5 9",
  stop: "M6.5 6.5h7v7h-7z",
  down: "M10 4.5v11M5.5 11l4.5 4.5 4.5-4.5",
  people:
    "M7.5 9.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5ZM2.5 16c.3-2.7 2.3-4.3 5-4.3s4.7 1.6 5 4.3M13 4.3a2.6 2.6 0 0 1 0 5M14.6 12c1.7.5 2.7 1.9 2.9 4",
  settings:
    "M3.5 6h7M14.5 6h2M3.5 14h2M9.5 14h7M12.5 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7.5 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  reply: "M8 5 4 9l4 4M4.5 9h6.5a5 5 0 0 1 5 5v1.5",
  edit: "M4 16l.8-3.2L13.3 4.3l2.4 2.4-8.5 8.5L4 16Z",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.6l.7-10",
  smile: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM7.5 8v.5M12.5 8v.5M7 11.8c1.6 2 4.4 2 6 0",
  why: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM8 8.2c.2-2.6 4-2.4 4 0 0 1.5-2 1.6-2 3.3M10 13.8v.2",
  copy: "M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3",
  check: "M4.5 10.5l3.5 3.5 7.5-8",
  alert: "M10 3.5 17.5 16.5h-15L10 3.5ZM10 8.5v3.5M10 14.2v.2",
  tool: "M12.5 3.5a4 4 0 0 0-3.8 5.2L3.5 14l2.5 2.5 5.3-5.2a4 4 0 0 0 5.1-4.9l-2.4 2.4-2.4-.4-.4-2.4 2.3-2.4a4 4 0 0 0-1-.1Z",
  right: "M7.5 4.5 13 10l-5.5 5.5",
  key: "M12.8 11.5a3.8 3.8 0 1 0-3.6-2.7L3.5 14.5v2h2.5v-1.7h1.7v-1.7l1.5-1.5c.9.6 2 .8 3.6-.1ZM13.3 6.8h.1",
  lock: "M5 9h10v7H5zM7 9V6.8a3 3 0 0 1 6 0V9M10 12v1.4",
  log: "M5.5 3.5h9v13h-9zM8 7.5h4M8 10.5h4M8 13.5h2.5",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l3.8 3.8",
  summary: "M4 5.5h12M4 9h12M4 12.5h7M14 11.5v5M11.8 14.3 14 16.5l2.2-2.2",
  more: "M4.3 10a.7.7 0 1 0 1.4 0 .7.7 0 1 0-1.4 0ZM9.3 10a.7.7 0 1 0 1.4 0 .7.7 0 1 0-1.4 0ZM14.3 10a.7.7 0 1 0 1.4 0 .7.7 0 1 0-1.4 0Z",
  pin: "M8 3.5h4l-.5 5 2.5 2.5v1H6v-1l2.5-2.5L8 3.5ZM10 12v4.5",
  mute: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM5.2 5.2l9.6 9.6",
  fork: "M6 4v12M6 11.5c0-3 8-1.5 8-5.5M14 4v2M6 4v.1",
  archive: "M3.5 4.5h13v3h-13zM5 7.5v8h10v-8M8 10.5h4",
  leave: "M8 4H4.5v12H8M12.5 6.5 16 10l-3.5 3.5M7.5 10H16",
} as const;

export type IconName = keyof typeof SHAPES;

/** An icon that says nothing to a screen reader: what holds it must have a name. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      className="shrink-0"
    >
      <path d={SHAPES[name]} />
    </svg>
  );
}

/** The product's mark: a star of five around one, as its planes are. */
export function StarMark({ size = 22 }: { size?: number }): JSX.Element {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32" className="text-accent">
      <path
        d="M16 16V5.5M16 16l10-3.2M16 16l6.2 8.5M16 16l-6.2 8.5M16 16 6 12.8"
        stroke="currentColor"
        strokeWidth="2.2"
      />
      <g fill="currentColor">
        <circle cx="16" cy="16" r="4.4" />
        <circle cx="16" cy="4.6" r="2.4" />
        <circle cx="26.8" cy="12.5" r="2.4" />
        <circle cx="22.7" cy="25.2" r="2.4" />
        <circle cx="9.3" cy="25.2" r="2.4" />
        <circle cx="5.2" cy="12.5" r="2.4" />
      </g>
    </svg>
  );
}
