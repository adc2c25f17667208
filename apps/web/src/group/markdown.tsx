// A message's Markdown as elements: no raw HTML, no remote images, links that show where they lead.
import type { Mention } from "@acos/protocol";
import { memo, useMemo, type JSX, type ReactNode } from "react";
import Markdown, { type Components, type Options } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";

import { IconButton } from "../ui/button.tsx";
import { useCopy } from "../ui/use-copy.ts";
import { words } from "../words.ts";
import { markMentions } from "./mark-mentions.ts";
import { splitMarkdown } from "./split-markdown.ts";

const SCHEMA = {
  ...defaultSchema,
  tagNames: (defaultSchema.tagNames ?? []).filter(
    (name) => name !== "picture" && name !== "source",
  ),
  protocols: { ...defaultSchema.protocols, href: ["http", "https", "mailto"] },
};
const REMARK: Options["remarkPlugins"] = [remarkGfm];

interface MarkdownTextProps {
  readonly text: string;
  readonly mentions: readonly Pick<Mention, "handle">[];
}

/** A finished message. */
export const MarkdownText = memo(function MarkdownText({
  text,
  mentions,
}: MarkdownTextProps): JSX.Element {
  const handles = mentions.map(({ handle }) => handle).join(" ");
  const rehype = useMemo<Options["rehypePlugins"]>(
    () => [
      [rehypeSanitize, SCHEMA],
      [markMentions, handles.split(" ")],
    ],
    [handles],
  );
  return (
    <div className="prose-message">
      <Markdown remarkPlugins={REMARK} rehypePlugins={rehype} components={COMPONENTS}>
        {text}
      </Markdown>
    </div>
  );
});

const NOBODY: readonly Mention[] = [];

/** A message while it grows: its finished stretches keep what was parsed. */
export function GrowingMarkdown({ text }: { text: string }): JSX.Element {
  return (
    <div className="flex flex-col gap-[0.6em]">
      {splitMarkdown(text).map((part, index) => (
        // A stretch keeps its place while the text grows at its end.
        <MarkdownText key={index} text={part} mentions={NOBODY} />
      ))}
    </div>
  );
}

// The page's own heading is the first level; a message's begin right below it, so that no level is skipped.
const COMPONENTS: Components = {
  h1: ({ children }) => <h2 className="title-1">{children}</h2>,
  h2: ({ children }) => <h3 className="title-2">{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h6>{children}</h6>,
  a: ({ href = "", children }) => <SafeLink href={href}>{children}</SafeLink>,
  img: ({ src, alt = "" }) => (
    <SafeLink href={typeof src === "string" ? src : ""}>{words.message.imageLink(alt)}</SafeLink>
  ),
  input: ({ checked }) => (
    <input
      type="checkbox"
      readOnly
      disabled
      checked={checked === true}
      aria-label={checked === true ? words.message.ticked : words.message.unticked}
    />
  ),
  pre: ({ children }) => <CodeBox>{children}</CodeBox>,
  table: ({ children }) => (
    <div className="table-scroll" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
};

/** A link that says its host where its words do not. */
function SafeLink({ href, children }: { href: string; children: ReactNode }): JSX.Element {
  const host = hostOf(href);
  if (host === undefined) return <span>{children}</span>;
  const told = typeof children === "string" && children.includes(host);
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
        {children}
      </a>
      {!told && <span className="link-host"> ({host})</span>}
    </>
  );
}

function hostOf(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  if (url.protocol === "mailto:") return url.pathname;
  return url.protocol === "http:" || url.protocol === "https:" ? url.host : undefined;
}

function CodeBox({ children }: { children: ReactNode }): JSX.Element {
  const [copied, copy] = useCopy();
  return (
    <div className="group/code relative">
      <pre tabIndex={0}>{children}</pre>
      <IconButton
        icon={copied ? "check" : "copy"}
        label={copied ? words.copied : words.copy}
        size={15}
        className="absolute top-1.5 right-1.5 bg-sunken opacity-0 group-focus-within/code:opacity-100 group-hover/code:opacity-100"
        onClick={(event) => {
          const box = event.currentTarget.parentElement?.querySelector("pre");
          copy(box?.textContent ?? "");
        }}
      />
    </div>
  );
}
