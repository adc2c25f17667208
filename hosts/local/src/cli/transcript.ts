// Turns a group's events and deltas into lines for a terminal. Pure: text in what order, nothing about cursors.
// One message streams at a time; another that grows meanwhile waits and is written whole when it is its turn.
import {
  type DeltaFrame,
  type GroupEvent,
  type LogEvent,
  type Member,
  textOf,
} from "@acos/protocol";

import { plain } from "./plain-text.ts";

type EventKind = GroupEvent["kind"];
type Writers = { readonly [K in EventKind]?: (event: Extract<GroupEvent, { kind: K }>) => string };

export class Transcript {
  readonly #names = new Map<string, string>();
  /** The message that is being written now, and how much of which part stands there already. */
  #streaming: { readonly message: string; written: string } | undefined;

  constructor(members: readonly Member[]) {
    for (const member of members) this.#names.set(member.member, member.name);
  }

  /** What an event adds to the terminal; empty where a reader need not see it. */
  take({ event }: LogEvent): string {
    const write = this.#writers[event.kind] as ((event: GroupEvent) => string) | undefined;
    return write?.(event) ?? "";
  }

  /** What a delta adds at once. Reasoning is left out, and so is the growth of a message that is not the one being written. */
  grow({ message, by, kind, offset, text, part }: DeltaFrame): string {
    if (kind !== "text") return "";
    if (this.#streaming === undefined && part === 0 && offset === 0) {
      this.#streaming = { message, written: text };
      return `${this.#nameOf(by)}: ${plain(text)}`;
    }
    if (
      this.#streaming?.message !== message ||
      offset !== this.#streaming.written.length ||
      part !== 0
    )
      return "";
    this.#streaming.written += text;
    return plain(text);
  }

  readonly #writers: Writers = {
    "message-posted": (event) => this.#posted(event.message, event.by, textOf(event.parts)),
    "message-edited": ({ by, parts }) =>
      this.#line(`${this.#nameOf(by)} (edited): ${textOf(parts)}`),
    "message-redacted": ({ by }) => this.#line(`· ${this.#nameOf(by)} took a message back`),
    "member-joined": ({ member }) => {
      this.#names.set(member.member, member.name);
      return this.#line(`· ${member.name} joined`);
    },
    "member-left": ({ member }) => this.#line(`· ${this.#nameOf(member)} left`),
    "agent-version-adopted": ({ member, name, version }) => {
      this.#names.set(member, name);
      return this.#line(`· ${name} is now at version ${version}`);
    },
    "tool-call-made": ({ tool, arguments: given }) =>
      this.#line(`· calls ${tool} ${JSON.stringify(given)}`),
    "approval-asked": ({ tool, arguments: given }) =>
      this.#line(`· wants to call ${tool} ${JSON.stringify(given)}: /approve or /deny`),
    "approval-decided": ({ by, decision }) => this.#line(`· ${this.#nameOf(by)} said ${decision}`),
    "run-paused": ({ reason }) =>
      reason === "turn-limit" ? this.#line("· a run paused at its limit of turns") : "",
    "summary-made": ({ version, upTo }) =>
      this.#line(`· summary ${version} stands for everything up to #${upTo} from now on`),
    "summary-refused": ({ reason }) => this.#line(`· no summary was made: ${reason}`),
    "group-archived": () => this.#line("· the group went to cold storage"),
    "group-restored": ({ lost }) =>
      this.#line(
        `· the group came back${lost === undefined ? "" : `; ${lost} of its last events are lost`}`,
      ),
    "group-copied": ({ from }) => this.#line(`· all before this is the history of ${from.name}`),
    "run-ended": ({ outcome, reason }) => {
      const end = this.#endStream();
      return outcome === "done"
        ? end
        : `${end}${this.#line(`· run ${outcome}${reason === undefined ? "" : `: ${reason}`}`)}`;
    },
  };

  #posted(message: string, by: string, text: string): string {
    if (this.#streaming?.message !== message) return this.#line(`${this.#nameOf(by)}: ${text}`);
    const { written } = this.#streaming;
    this.#streaming = undefined;
    // What was streamed is the beginning of what was posted; the rest, if any, follows.
    if (text.startsWith(written)) return `${plain(text.slice(written.length))}\n`;
    return `\n${this.#nameOf(by)}: ${plain(text)}\n`;
  }

  /** A whole line, after what was being streamed: that goes on in its posted form. */
  #line(text: string): string {
    return `${this.#endStream()}${plain(text)}\n`;
  }

  #endStream(): string {
    if (this.#streaming === undefined) return "";
    this.#streaming = undefined;
    return " …\n";
  }

  #nameOf(member: string): string {
    return this.#names.get(member) ?? member;
  }
}
