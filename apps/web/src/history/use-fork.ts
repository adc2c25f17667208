// Forking a group: the new one opens as soon as it is there, while its history still comes.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { api } from "../api.ts";
import { queryClient } from "../queries.ts";

/** Forks a group at a seq, or with all there is, and opens the fork. */
export function useFork(group: string) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (at: { readonly atSeq?: number }) =>
      api.call("forkGroup", { params: { id: group }, body: at }),
    onSuccess: async ({ id }) => {
      await queryClient.invalidateQueries({ queryKey: ["groups"] });
      await navigate({ to: "/groups/$group", params: { group: id } });
    },
  });
}
