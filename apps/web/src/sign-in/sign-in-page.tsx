// Signing in by email and password.
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { JSX } from "react";

import { api } from "../api.ts";
import { queryClient, reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote, TextField } from "../ui/field.tsx";
import { words } from "../words.ts";
import { SignFrame } from "./sign-frame.tsx";

export function SignInPage(): JSX.Element {
  const navigate = useNavigate();
  const { to } = useSearch({ from: "/sign-in" });
  const signIn = useMutation({
    mutationFn: (form: FormData) =>
      api.signIn({ email: textIn(form, "email"), password: textIn(form, "password") }),
    onSuccess: async () => {
      queryClient.clear();
      await navigate({ href: to ?? "/", replace: true });
    },
  });
  return (
    <SignFrame
      title={words.signIn.title}
      lead={words.signIn.lead}
      other={
        <>
          {words.signIn.newHere}{" "}
          <Link to="/sign-up" className="font-medium text-accent underline underline-offset-2">
            {words.signIn.toSignUp}
          </Link>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate(new FormData(event.currentTarget));
        }}
      >
        <TextField
          label={words.signIn.email}
          name="email"
          type="email"
          autoComplete="username"
          required
          autoFocus
        />
        <TextField
          label={words.signIn.password}
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        {signIn.error && <ProblemNote>{reasonOf(signIn.error)}</ProblemNote>}
        <Button type="submit" weight="primary" disabled={signIn.isPending}>
          {signIn.isPending ? words.signIn.going : words.signIn.go}
        </Button>
      </form>
    </SignFrame>
  );
}

/** A text field of a form; a missing one is empty. */
export function textIn(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
