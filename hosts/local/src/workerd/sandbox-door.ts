// Runs between the groups and the Sandbox Host, in the main process: a call that comes before the host is there waits for
// it, and one that cannot be made is answered with a Problem that says why.

interface Service {
  fetch(request: Request | string): Promise<Response>;
}

interface DoorEnv {
  readonly HOST: Service;
  readonly LAUNCHER: Service;
}

/** Where the host stands, as the launcher tells it. */
interface Standing {
  readonly state: "starting" | "serving" | "off";
  readonly words: string;
}

/** A host that was lost is back within a second. */
const RETRY_AFTER_MS = 1_000;

/** Until a call has failed the host is taken to be there, and nobody is asked. */
let isThere = false;

async function pass(request: Request, env: DoorEnv): Promise<Response> {
  if (!isThere) {
    const standing = await ask(env);
    if (standing.state !== "serving") return refusal(standing);
    isThere = true;
  }
  try {
    return await env.HOST.fetch(request);
  } catch {
    // Refused, or lost on the way: whether it was carried out is for the caller to find out.
    isThere = false;
    return refusal({ state: "starting", words: "The Sandbox Host did not answer." });
  }
}

async function ask(env: DoorEnv): Promise<Standing> {
  try {
    const response = await env.LAUNCHER.fetch("https://launcher.internal/sandboxes");
    return (await response.json()) as Standing;
  } catch {
    // The launcher is on its way out, and this process with it.
    return { state: "starting", words: "The product is stopping." };
  }
}

function refusal({ state, words }: Standing): Response {
  const problem =
    state === "off"
      ? { code: "sandboxes_off", message: `Sandboxes are off: ${words}` }
      : {
          code: "unavailable",
          message: `${words} Try again in a moment.`,
          retryAfterMs: RETRY_AFTER_MS,
        };
  return Response.json(problem, { status: 503 });
}

export default { fetch: pass };
