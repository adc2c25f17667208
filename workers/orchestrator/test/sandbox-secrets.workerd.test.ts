// What the egress of a sandbox is told of an org's secrets, over the inner binding.
import type { AuditEntryView, Problem, SandboxSecretsControl } from "@acos/protocol";
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";

import { Person } from "./person.ts";

const { SandboxSecrets } = exports as unknown as { readonly SandboxSecrets: SandboxSecretsControl };
const VALUE = "desk-token-0123456789";
const HOSTS = ["api.example.com"];

let person: Person;
let org: string;
let group: string;

beforeEach(async () => {
  person = await Person.signUp();
  ({ id: group, org } = await person.welcome());
});

const put = (said: object = {}) =>
  person.api<Problem>("PUT", `/orgs/${org}/secrets/desk`, { value: VALUE, hosts: HOSTS, ...said });
const reveal = (asked: object = {}) =>
  SandboxSecrets.reveal({ org, group, name: "desk", ...asked } as Parameters<
    SandboxSecretsControl["reveal"]
  >[0]);

describe("a secret for the egress of a sandbox", () => {
  it("[SE9] is opened for a group that it is granted to, with its hosts", async () => {
    await put();
    expect(await reveal()).toEqual({ value: VALUE, hosts: HOSTS });
    await put({ groups: [group] });
    expect(await reveal()).toEqual({ value: VALUE, hosts: HOSTS });
  });

  it("[SE9] of named groups is opened for no other group", async () => {
    await put({ groups: [group] });
    const made = await person.api<{ id: string }>("POST", `/orgs/${org}/groups`, { name: "Other" });
    expect(await reveal({ group: made.body.id })).toBeNull();
  });

  it("[SE9] of all groups is opened for no group of another org", async () => {
    await put();
    const other = await (await Person.signUp()).welcome();
    expect(await reveal({ group: other.id })).toBeNull();
    expect(await reveal({ org: other.org })).toBeNull();
    expect(await reveal({ group: other.id, org: other.org })).toBeNull();
  });

  it("[SE9] is not there when it is deleted, a provider's key, or no name at all", async () => {
    await put();
    await person.api("DELETE", `/orgs/${org}/secrets/desk`);
    await person.api("PUT", `/orgs/${org}/providers/acme`, { kind: "openai", apiKey: VALUE });
    for (const name of ["desk", "provider/acme", "", "../desk", 7])
      expect(await reveal({ name })).toBeNull();
    expect(await reveal({ group: "grp_x" })).toBeNull();
    expect(await reveal({ org: "' OR 1=1" })).toBeNull();
  });

  it("[SE9] that is used again and again stands in the org's chain once, by its name alone", async () => {
    await put();
    for (let use = 0; use < 3; use += 1) await reveal();
    const used = async () => {
      const { body } = await person.api<{ items: AuditEntryView[] }>("GET", `/orgs/${org}/audit`);
      return body.items.filter(({ kind }) => kind === "secret-revealed");
    };
    await expect.poll(used).toHaveLength(1);
    expect((await used())[0]).toMatchObject({ actor: group, subject: "desk" });
    expect(JSON.stringify(await used())).not.toContain(VALUE);
  });
});
