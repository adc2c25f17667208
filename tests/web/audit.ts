// What a page must be for everybody: named controls, one first heading, no scrolling sideways, text that stands out.
// axe knows the rules of the field; the two functions after it say more of what we want. They run inside the page and are
// sent there as they are, so each holds all it needs.
import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds on the page as it stands, a line a rule and place. */
export async function auditByAxe(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<AxeResults>("axe.run(document)");
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `axe ${id} at ${target.join(" ")}: ${failureSummary}`,
    ),
  );
}

/** All that is wrong with the page as it stands, in light and in dark; each scheme is looked at once colours have changed. */
export async function auditInBothSchemes(page: Page): Promise<string[]> {
  const problems: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(transitionsEnd);
    const found = [
      await auditByAxe(page),
      await page.evaluate(auditStructure),
      await page.evaluate(auditContrast),
    ].flat();
    problems.push(...found.map((problem) => `${colorScheme}: ${problem}`));
  }
  return problems;
}

/** Runs in the page. */
async function transitionsEnd(): Promise<void> {
  interface Moving {
    readonly constructor: { readonly name: string };
    readonly finished: Promise<unknown>;
  }
  const { document } = globalThis as unknown as { document: { getAnimations(): Moving[] } };
  const transitions = document
    .getAnimations()
    .filter((moving) => moving.constructor.name === "CSSTransition");
  // One that was called off ends as well.
  await Promise.allSettled(transitions.map((moving) => moving.finished));
}

interface PageElement {
  readonly tagName: string;
  readonly textContent: string | null;
  readonly parentElement: PageElement | null;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>;
  readonly labels?: ArrayLike<unknown> | null;
  closest(selector: string): PageElement | null;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): { readonly width: number; readonly height: number };
}
interface PageStyle {
  readonly color: string;
  readonly backgroundColor: string;
  readonly opacity: string;
  readonly visibility: string;
  readonly fontSize: string;
  readonly fontWeight: string;
}
interface Brush {
  fillStyle: string;
  clearRect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  getImageData(x: number, y: number, width: number, height: number): { data: ArrayLike<number> };
}
interface PageGlobals {
  readonly document: {
    readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
    querySelectorAll(selector: string): Iterable<PageElement>;
    createElement(name: "canvas"): { getContext(kind: "2d", how: object): Brush };
  };
  getComputedStyle(element: PageElement): PageStyle;
}
type Rgba = readonly [number, number, number, number];

/** Answers every text that stands out less than WCAG's AA asks for: 4.5, or 3 where it is large. */
export function auditContrast(): string[] {
  const { document, getComputedStyle } = globalThis as unknown as PageGlobals;
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (css: string): Rgba => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = css;
    brush.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 0] = Array.from(brush.getImageData(0, 0, 1, 1).data);
    return [r, g, b, a / 255];
  };
  const over = (top: Rgba, below: Rgba): Rgba => {
    const mix = (place: 0 | 1 | 2): number => top[place] * top[3] + below[place] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const groundOf = (element: PageElement | null): Rgba => {
    if (!element) return [255, 255, 255, 1];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, groundOf(element.parentElement));
  };
  const light = (colour: Rgba): number => {
    const linear = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
  };
  const shown = (element: PageElement | null): boolean => {
    if (!element) return true;
    const { opacity, visibility } = getComputedStyle(element);
    return Number(opacity) === 1 && visibility === "visible" && shown(element.parentElement);
  };
  const speaks = (element: PageElement): boolean => {
    const { width, height } = element.getBoundingClientRect();
    const own = [...element.childNodes].some(
      (node) => node.nodeType === 3 && (node.textContent ?? "").trim() !== "",
    );
    return own && width >= 2 && height >= 2 && !element.closest(":disabled") && shown(element);
  };
  return [...document.querySelectorAll("body *:not(script, style, noscript, option, svg *)")]
    .filter(speaks)
    .flatMap((element) => {
      const style = getComputedStyle(element);
      const ground = groundOf(element);
      const lights = [light(over(rgba(style.color), ground)), light(ground)];
      const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio >= (large ? 3 : 4.5)) return [];
      return [
        `"${(element.textContent ?? "").trim().slice(0, 40)}" has a contrast of ${ratio.toFixed(2)}`,
      ];
    });
}

/** Answers every control without a name, and what is wrong with headings, main part and width. */
export function auditStructure(): string[] {
  const { document } = globalThis as unknown as PageGlobals;
  const all = (selector: string): PageElement[] => [...document.querySelectorAll(selector)];
  const named = (control: PageElement): boolean =>
    control.getAttribute("aria-label") !== null ||
    control.getAttribute("aria-labelledby") !== null ||
    (control.labels?.length ?? 0) > 0 ||
    (control.textContent ?? "").trim() !== "";
  const problems = all("button, a[href], input, select, textarea, nav, [role=listbox], [role=log]")
    .filter((control) => !named(control))
    .map((control) => `a <${control.tagName.toLowerCase()}> has no name`);
  for (const once of ["h1", "main"])
    if (all(once).length !== 1) problems.push(`there are ${all(once).length} <${once}>`);
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth)
    problems.push(`it scrolls sideways: ${scrollWidth} > ${clientWidth}`);
  return problems;
}
