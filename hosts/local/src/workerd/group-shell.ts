// Runs around the group controller in the main process: knows which groups have sockets open, so that a stop can send
// their clients away with the code that means "come back soon". The class itself is the one that is deployed, unchanged.

/** RFC 6455's registry: the service restarts, and the client should connect again after a short wait. */
const SERVICE_RESTART = 1012;
const NORMAL = 1000;
const OPEN = 1;

interface GroupSocket {
  readonly readyState: number;
  close(code: number, reason: string): void;
}

interface ObjectState {
  readonly id: { toString(): string };
  getWebSockets(): GroupSocket[];
}

interface GroupObject {
  fetch(request: Request): Promise<Response>;
  webSocketClose?(socket: GroupSocket, code: number, reason: string, clean: boolean): Promise<void>;
}

// A class to be extended must be typed by constructors that take anything.
type GroupClass = new (...given: ConstructorParameters<typeof Object>[]) => GroupObject;

interface LifecycleEnv {
  readonly GROUPS: {
    idFromString(id: string): unknown;
    get(id: unknown): { sendAway(): Promise<void> };
  };
}

/** Wraps the class and adds an entrypoint that closes every open socket of this process. */
export function embedGroupController(Inner: GroupClass): {
  GroupController: GroupClass;
  Lifecycle: { fetch(request: Request, env: LifecycleEnv): Promise<Response> };
} {
  const withSockets = new Set<string>();

  class GroupController extends Inner {
    readonly #state: ObjectState;

    constructor(...given: ConstructorParameters<GroupClass>) {
      super(...given);
      this.#state = given[0] as unknown as ObjectState;
    }

    override async fetch(request: Request): Promise<Response> {
      const response = await super.fetch(request);
      if (response.status === 101) withSockets.add(this.#state.id.toString());
      return response;
    }

    override async webSocketClose(
      ...happened: Parameters<NonNullable<GroupObject["webSocketClose"]>>
    ): Promise<void> {
      await super.webSocketClose?.(...happened);
      // An end that is not answered keeps the connection for five more seconds, and with it a stop.
      happened[0].close(NORMAL, "");
      const open = this.#state.getWebSockets().some(({ readyState }) => readyState === OPEN);
      if (!open) withSockets.delete(this.#state.id.toString());
    }

    async sendAway(): Promise<void> {
      for (const socket of this.#state.getWebSockets()) socket.close(SERVICE_RESTART, "restart");
    }
  }

  const Lifecycle = {
    async fetch(_request: Request, env: LifecycleEnv) {
      const groups = [...withSockets].map((id) => env.GROUPS.get(env.GROUPS.idFromString(id)));
      await Promise.allSettled(groups.map((group) => group.sendAway()));
      return new Response(null, { status: 204 });
    },
  };
  return { GroupController, Lifecycle };
}
