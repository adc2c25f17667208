// What a browser shows where there is no preview to show: a page of plain HTML that says what to do.
import { statusOf, type Problem } from "@acos/protocol";

export interface PageWords {
  readonly status: number;
  readonly title: string;
  readonly words: string;
}

export const OPEN_FROM_GROUP: PageWords = {
  status: 401,
  title: "Open this preview from the group",
  words:
    "This browser has no open preview here, or an hour has passed since it was opened. Go to the group and open the preview there.",
};
export const NOT_HERE: PageWords = {
  status: 404,
  title: "There is no preview at this address",
  words: "Go to the group and open the preview there.",
};
export const FROM_ELSEWHERE: PageWords = {
  status: 403,
  title: "Refused",
  words: "A page of another website asked for this. Only the preview's own pages may.",
};
const NOT_RUNNING: PageWords = {
  status: 503,
  title: "The sandbox is not running",
  words:
    "It starts when it is used. Go to the group, have the server started and open the preview again.",
};

/** A refusal as a page. */
export function wordsOf({ code, message }: Problem): PageWords {
  const status = statusOf(code);
  if (status === NOT_RUNNING.status && code !== "sandboxes_off")
    return { ...NOT_RUNNING, words: `${message} ${NOT_RUNNING.words}` };
  return { status, title: "This preview cannot be shown", words: message };
}

/** The page as an answer, whose words may come from anywhere. */
export function pageAnswer({ status, title, words }: PageWords): Response {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}h1{font-size:1.25rem}</style>
<h1>${escaped(title)}</h1>
<p>${escaped(words)}</p>
</html>
`;
  return new Response(html, {
    status,
    headers: {
      "cache-control": "no-store",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      "content-type": "text/html; charset=utf-8",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  });
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
