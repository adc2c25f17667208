// What is shown of a group that cannot be opened, and why.
import type { Problem } from "@acos/protocol";
import { Link } from "@tanstack/react-router";
import { useEffect, type JSX } from "react";

import { queryClient } from "../queries.ts";
import { buttonClass } from "../ui/button.tsx";
import { words } from "../words.ts";

export function GoneGroup({ problem }: { problem: Problem }): JSX.Element {
  const signedOut = problem.code === "unauthenticated" || problem.code === "invalid_token";
  useEffect(() => {
    if (signedOut) location.assign(`/sign-in?to=${encodeURIComponent(location.pathname)}`);
    else void queryClient.invalidateQueries({ queryKey: ["groups"] });
  }, [signedOut]);
  return (
    <main className="grid h-full place-content-center justify-items-center gap-3 p-6 text-center">
      <h1 className="font-semibold">{words.group.gone}</h1>
      <p role="alert" className="max-w-prose text-ink-soft">
        {problem.message}
      </p>
      <Link to="/" className={`mt-2 ${buttonClass("quiet")}`}>
        {words.home}
      </Link>
    </main>
  );
}
