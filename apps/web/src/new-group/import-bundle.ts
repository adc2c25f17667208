// Sending a group's bundle. A request of its own kind: only it can tell how much of a large body has gone out.
import { problemOfAnswer, problemOfSilence, RequestProblem } from "@acos/client";
import type { GroupView } from "@acos/protocol";

import { words } from "../words.ts";

/** What a bundle is (BUNDLE_TYPE of the protocol), and how large one may be (IMPORT_MAX_BYTES there). */
const BUNDLE_TYPE = "application/x-tar";
const BUNDLE_MAX_BYTES = 100 * 1024 * 1024;

interface ImportOptions {
  readonly org: string;
  readonly bundle: Blob;
  /** Contract: called with the share that was sent, from 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** Sends a bundle; answers the new group, whose history may still be coming. Throws RequestProblem. */
export function importBundle({ org, bundle, onProgress }: ImportOptions): Promise<GroupView> {
  if (bundle.size > BUNDLE_MAX_BYTES) {
    const problem = { code: "too_large", message: words.importing.tooLarge } as const;
    return Promise.reject(new RequestProblem(problem, 0));
  }
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/orgs/${encodeURIComponent(org)}/groups/import`);
    request.responseType = "json";
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("content-type", BUNDLE_TYPE);
    request.setRequestHeader("idempotency-key", crypto.randomUUID());
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      if (total > 0) onProgress(loaded / total);
    });
    request.addEventListener("load", () => {
      const answer: unknown = request.response;
      if (request.status < 400) resolve(answer as GroupView);
      else reject(problemOfAnswer(request.status, answer));
    });
    request.addEventListener("error", () => reject(problemOfSilence()));
    request.send(bundle);
  });
}
