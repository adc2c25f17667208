// A person at the front door: a cookie jar, sign-up and the REST calls that tests make.
import type { GroupView, Me } from "@acos/protocol";
import { exports } from "cloudflare:workers";

const ORIGIN = "http://localhost:8787";
const front = exports as unknown as { readonly default: Fetcher };

export interface Answer<T = Record<string, never>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** One request past no cookie jar. */
export function knock(path: string, init?: RequestInit, origin = ORIGIN): Promise<Response> {
  return front.default.fetch(`${origin}${path}`, init);
}

let count = 0;

export class Person {
  readonly cookies = new Map<string, string>();
  readonly email = `person${(count += 1)}.${crypto.randomUUID()}@example.org`;
  readonly name: string;
  key: string | undefined;

  constructor(name = "Zoë Kim") {
    this.name = name;
  }

  /** A person who has just signed up. */
  static async signUp(name?: string): Promise<Person> {
    const person = new Person(name);
    const { status } = await person.ask("POST", "/api/auth/sign-up/email", {
      name: person.name,
      email: person.email,
      password: "correct horse battery",
    });
    if (status !== 200) throw new Error(`sign-up answered ${status}`);
    return person;
  }

  signIn(): Promise<Answer> {
    const password = "correct horse battery";
    return this.ask("POST", "/api/auth/sign-in/email", { email: this.email, password });
  }

  async fetch(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.key !== undefined) headers.set("authorization", `Bearer ${this.key}`);
    else if (this.cookies.size > 0)
      headers.set("cookie", [...this.cookies].map((pair) => pair.join("=")).join("; "));
    const response = await knock(path, { ...init, method, headers });
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie);
    return response;
  }

  async ask<T = Record<string, never>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const response = await this.fetch(method, path, {
      headers: { ...json, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === "" ? undefined : JSON.parse(text)) as T,
    };
  }

  /** A call under /api/v1. */
  api<T = Record<string, never>>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return this.ask<T>(method, `/api/v1${path}`, body);
  }

  async me(): Promise<Me> {
    return (await this.api<Me>("GET", "/me")).body;
  }

  /** The personal org's id. */
  async org(): Promise<string> {
    return (await this.me()).orgs[0]!.id;
  }

  /** The only group of a new user. */
  async welcome(): Promise<GroupView> {
    const org = await this.org();
    const { body } = await this.api<{ items: { id: string }[] }>("GET", `/orgs/${org}/groups`);
    return (await this.api<GroupView>("GET", `/groups/${body.items[0]!.id}`)).body;
  }

  #keep(cookie: string): void {
    const [pair = "", ...attributes] = cookie.split("; ");
    const [name = "", ...value] = pair.split("=");
    if (attributes.some((one) => one.toLowerCase() === "max-age=0")) this.cookies.delete(name);
    else this.cookies.set(name, value.join("="));
  }
}
