// Signing up: name, email, password; the first group is there when the answer comes.
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { JSX } from "react";

import { api } from "../api.ts";
import { queryClient, reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote, TextField } from "../ui/field.tsx";
import { words } from "../words.ts";
import { SignFrame } from "./sign-frame.tsx";
import { textIn } from "./sign-in-page.tsx";

/** What the server asks for, too. */
const PASSWORD_MIN_CHARS = 8;

export function SignUpPage(): JSX.Element {
  const navigate = useNavigate();
  const signUp = useMutation({
    mutationFn: (form: FormData) =>
      api.signUp({
        name: textIn(form, "name"),
        email: textIn(form, "email"),
        password: textIn(form, "password"),
      }),
    onSuccess: async () => {
      queryClient.clear();
      await navigate({ to: "/", replace: true });
    },
  });
  return (
    <SignFrame
      title={words.signUp.title}
      lead={words.signUp.lead}
      other={
        <>
          {words.signUp.haveOne}{" "}
          <Link to="/sign-in" className="font-medium text-accent underline underline-offset-2">
            {words.signUp.toSignIn}
          </Link>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          signUp.mutate(new FormData(event.currentTarget));
        }}
      >
        <TextField
          label={words.signIn.name}
          name="name"
          autoComplete="name"
          required
          autoFocus
          maxLength={80}
        />
        <TextField
          label={words.signIn.email}
          name="email"
          type="email"
          autoComplete="username"
          required
        />
        <TextField
          label={words.signIn.password}
          help={words.signIn.passwordHelp}
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={PASSWORD_MIN_CHARS}
          required
        />
        {signUp.error && <ProblemNote>{reasonOf(signUp.error)}</ProblemNote>}
        <Button type="submit" weight="primary" disabled={signUp.isPending}>
          {signUp.isPending ? words.signUp.going : words.signUp.go}
        </Button>
      </form>
    </SignFrame>
  );
}
