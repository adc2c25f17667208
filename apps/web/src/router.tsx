// Which address shows which page; everything but signing in asks first who is there.
import { RequestProblem } from "@acos/client";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";

import { groupsQuery, meQuery, orgOf, queryClient } from "./queries.ts";
import { AppShell } from "./shell/app-shell.tsx";
import { BrokenPage, MissingPage, WaitingPage } from "./shell/other-pages.tsx";
import { SignInPage } from "./sign-in/sign-in-page.tsx";
import { SignUpPage } from "./sign-in/sign-up-page.tsx";

const root = createRootRoute({
  notFoundComponent: MissingPage,
  errorComponent: BrokenPage,
});

/** Only addresses of this app are gone back to after signing in. */
function ownPath(path: unknown): string | undefined {
  return typeof path === "string" && /^\/(?![/\\])/.test(path) ? path : undefined;
}

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: SignInPage,
  validateSearch: (search): { to?: string } => {
    const to = ownPath(search["to"]);
    return to === undefined ? {} : { to };
  },
});

const signUp = createRoute({ getParentRoute: () => root, path: "/sign-up", component: SignUpPage });

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: AppShell,
  pendingComponent: WaitingPage,
  beforeLoad: async ({ location }) => {
    try {
      return { me: await queryClient.ensureQueryData(meQuery) };
    } catch (error) {
      if (!(error instanceof RequestProblem) || error.status !== 401) throw error;
      const to = location.href === "/" ? {} : { to: location.href };
      throw redirect({ to: "/sign-in", search: to });
    }
  },
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  beforeLoad: async ({ context }) => {
    const groups = await queryClient.fetchQuery(groupsQuery(orgOf(context.me)));
    // To open an archived one would bring it back.
    const first = groups.find(({ archived }) => !archived);
    if (first) throw redirect({ to: "/groups/$group", params: { group: first.id }, replace: true });
    throw redirect({ to: "/new-group", replace: true });
  },
});

const group = createRoute({
  getParentRoute: () => signedIn,
  path: "/groups/$group",
  component: lazyRouteComponent(() => import("./group/group-page.tsx"), "GroupPage"),
});

const newGroup = createRoute({
  getParentRoute: () => signedIn,
  path: "/new-group",
  component: lazyRouteComponent(() => import("./new-group/new-group-page.tsx"), "NewGroupPage"),
});

const agents = createRoute({
  getParentRoute: () => signedIn,
  path: "/agents",
  component: lazyRouteComponent(() => import("./agents/agents-page.tsx"), "AgentsPage"),
});

const newAgent = createRoute({
  getParentRoute: () => signedIn,
  path: "/agents/new",
  component: lazyRouteComponent(() => import("./agents/agent-page.tsx"), "NewAgentPage"),
});

const agent = createRoute({
  getParentRoute: () => signedIn,
  path: "/agents/$agent",
  component: lazyRouteComponent(() => import("./agents/agent-page.tsx"), "EditAgentPage"),
});

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings",
  beforeLoad: () => {
    throw redirect({ to: "/settings/models", replace: true });
  },
});

const providers = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings/models",
  component: lazyRouteComponent(() => import("./settings/providers-page.tsx"), "ProvidersPage"),
});

const secrets = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings/secrets",
  component: lazyRouteComponent(() => import("./settings/secrets-page.tsx"), "SecretsPage"),
});

const keys = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings/keys",
  component: lazyRouteComponent(() => import("./settings/keys-page.tsx"), "KeysPage"),
});

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings/audit",
  component: lazyRouteComponent(() => import("./settings/audit-page.tsx"), "AuditPage"),
});

const tree = root.addChildren([
  signIn,
  signUp,
  signedIn.addChildren([
    home,
    group,
    newGroup,
    agents,
    newAgent,
    agent,
    settings,
    providers,
    secrets,
    keys,
    audit,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPendingComponent: WaitingPage,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
