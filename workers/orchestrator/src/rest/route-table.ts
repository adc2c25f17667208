// Finds the operation of a method and a path, from the protocol's route table.
import { OPERATIONS, type OperationId } from "@acos/protocol";

export const API_PATH = "/api/v1";

export type RouteMatch =
  | { readonly found: "operation"; readonly id: OperationId; readonly params: Params }
  | { readonly found: "path"; readonly allow: readonly string[] }
  | { readonly found: "nothing" };

export type Params = Readonly<Record<string, string>>;

/** Ends the name of a parameter that takes all the rest of a path. */
const REST = "+}";

interface Route {
  readonly id: OperationId;
  readonly method: string;
  readonly segments: readonly string[];
}

const ROUTES: readonly Route[] = Object.entries(OPERATIONS).map(([id, { method, path }]) => ({
  id: id as OperationId,
  method,
  segments: path.slice(1).split("/"),
}));

/**
 * Matches a path below /api/v1. HEAD is matched like GET. Parameters are decoded, their form is not checked; one that takes
 * all the rest of a path has its segments joined by slashes again.
 */
export function matchRoute(method: string, path: string): RouteMatch {
  const segments = decodeSegments(path);
  const fitting = segments ? ROUTES.filter((route) => fits(route, segments)) : [];
  if (!segments || fitting.length === 0) return { found: "nothing" };
  const asked = method === "HEAD" ? "GET" : method;
  const route = fitting.find((candidate) => candidate.method === asked);
  if (route) return { found: "operation", id: route.id, params: paramsOf(route, segments) };
  return { found: "path", allow: fitting.map((candidate) => candidate.method) };
}

function decodeSegments(path: string): readonly string[] | undefined {
  try {
    return path.slice(1).split("/").map(decodeURIComponent);
  } catch {
    // A malformed escape names nothing.
    return undefined;
  }
}

function fits(route: Route, segments: readonly string[]): boolean {
  const { length } = route.segments;
  return (
    (takesRest(route) ? length <= segments.length : length === segments.length) &&
    route.segments.every((segment, place) => segment.startsWith("{") || segment === segments[place])
  );
}

function takesRest({ segments }: Route): boolean {
  return segments.at(-1)?.endsWith(REST) === true;
}

function paramsOf(route: Route, segments: readonly string[]): Params {
  const params: Record<string, string> = {};
  for (const [place, segment] of route.segments.entries())
    if (segment.endsWith(REST))
      params[segment.slice(1, -REST.length)] = segments.slice(place).join("/");
    else if (segment.startsWith("{")) params[segment.slice(1, -1)] = segments[place] ?? "";
  return params;
}
