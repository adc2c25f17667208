// Making a group from a file that one was exported to: choosing it, sending it with progress, opening what it became.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type JSX } from "react";

import { queryClient, reasonOf } from "../queries.ts";
import { Button } from "../ui/button.tsx";
import { Field, ProblemNote } from "../ui/field.tsx";
import { useOrg } from "../use-org.ts";
import { words } from "../words.ts";
import { importBundle } from "./import-bundle.ts";

export function ImportGroup(): JSX.Element {
  const { importing: says } = words;
  const [file, setFile] = useState<File>();
  const [sent, setSent] = useState(0);
  const bring = useImport(setSent);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (file) bring.mutate(file);
      }}
    >
      <Field label={says.file}>
        {(control) => (
          <input
            type="file"
            accept=".tar,application/x-tar"
            className="control text-small file:mr-3 file:cursor-pointer file:rounded file:border-0 file:bg-sunken file:px-2.5 file:py-1 file:text-small file:text-ink"
            disabled={bring.isPending}
            onChange={({ target }) => setFile(target.files?.[0])}
            {...control}
          />
        )}
      </Field>
      {bring.isPending && <Sending share={sent} />}
      {bring.error && <ProblemNote>{reasonOf(bring.error)}</ProblemNote>}
      <Button type="submit" className="self-start" disabled={!file || bring.isPending}>
        {bring.isPending ? says.going : says.go}
      </Button>
    </form>
  );
}

function Sending({ share }: { share: number }): JSX.Element {
  const { importing: says } = words;
  return (
    <div role="status" className="flex items-center gap-3 text-small text-ink-soft">
      <progress aria-label={says.going} className="h-1.5 w-40" max={1} value={share} />
      {share < 1 ? says.sent(share) : says.reading}
    </div>
  );
}

function useImport(onProgress: (share: number) => void) {
  const org = useOrg();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (bundle: File) => {
      onProgress(0);
      return importBundle({ org, bundle, onProgress });
    },
    onSuccess: async ({ id }) => {
      await queryClient.invalidateQueries({ queryKey: ["groups"] });
      await navigate({ to: "/groups/$group", params: { group: id } });
    },
  });
}
