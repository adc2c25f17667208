// /orgs/{org}/providers and /models: model providers of an org beside the installation's own; a key goes in and never out.
import {
  providerNameSchema,
  type ModelView,
  type OrgId,
  type ProviderVersion,
  type ProviderView,
} from "@acos/protocol";

import { requireDelivered } from "../adoptions.ts";
import type { Settings } from "../env.ts";
import type { Call, Handler } from "../rest/call.ts";
import { invalidField } from "../rest/invalid-field.ts";
import { pageOfAll } from "../rest/page.ts";
import { accessOrg, notFound } from "../store/access.ts";
import { untilCommitted } from "../store/agent-versions.ts";
import {
  commitProvider,
  deleteProvider as deleteProviderRows,
  lastProviderVersion,
  listProviders as listProviderRows,
  openFirstProviderKey,
  readProvider,
  sealProviderKey,
  type ProviderDraft,
} from "../store/provider-versions.ts";
import type { SecretRow } from "../store/secret-rows.ts";
import { requireBaseUrl } from "./provider-address.ts";

/** Always means the model that is built in: a provider of that name would never be asked. */
const REHEARSAL = "rehearsal";

export const putProvider: Handler<"putProvider"> = async (call) => {
  const { plane, caller, params } = call;
  const org = accessOrg(caller, params.org, "manage");
  const { name } = params;
  if (!providerNameSchema.safeParse(name).success)
    throw invalidField("name", "A provider's name is 1 to 32 of a-z, 0-9 and single hyphens.");
  if (name === REHEARSAL)
    throw invalidField(
      "name",
      `"${REHEARSAL}" is the built-in model's own name. Choose another one.`,
    );
  requireBaseUrl(call.body, plane.settings);
  const { view, agents } = await untilCommitted(async () => {
    const draft = await nextVersion(call, { org, name });
    const raised = await commitProvider(plane, draft);
    return raised && { view: viewOf(draft.provider), agents: raised };
  });
  await requireDelivered(plane, agents);
  return view;
};

async function nextVersion(
  { plane, caller, body }: Call<"putProvider">,
  of: { readonly org: OrgId; readonly name: string },
): Promise<ProviderDraft> {
  const version = (await lastProviderVersion(plane.db, of)) + 1;
  const { kind, baseUrl, models } = body;
  const { key, keyVersion } = await keyOf({ plane, caller, body }, { ...of, version });
  const provider: ProviderVersion = {
    ...of,
    version,
    kind,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(keyVersion !== undefined && { keyVersion }),
    ...(models && { models }),
  };
  return { provider, key, by: caller.user };
}

interface NextKey {
  /** To be kept with the next version. */
  readonly key?: SecretRow;
  readonly keyVersion?: number;
}

/** The key that was sent, or the one of the earlier version, unless it would now be sent to somebody else. */
async function keyOf(
  { plane, caller, body }: Pick<Call<"putProvider">, "plane" | "caller" | "body">,
  next: { readonly org: OrgId; readonly name: string; readonly version: number },
): Promise<NextKey> {
  const bring = async (plaintext: string) => {
    const key = await sealProviderKey(plane, { ...next, by: caller.user }, plaintext);
    return { key, keyVersion: next.version };
  };
  if (body.apiKey !== undefined) return bring(body.apiKey);
  const earlier = await readProvider(plane.db, next);
  if (!earlier || !hasKey(earlier)) return {};
  if (earlier.baseUrl !== body.baseUrl || earlier.kind !== body.kind) throw keyNeeded();
  const { keyVersion, sealedKey } = earlier;
  if (sealedKey === undefined) return keyVersion === undefined ? {} : { keyVersion };
  return bring(await openFirstProviderKey(plane, { ...earlier, sealedKey }));
}

function keyNeeded() {
  const words =
    "The kind or base URL changed: send apiKey again, so that a key never goes to another address than it was given for.";
  return invalidField("apiKey", words);
}

function hasKey({ sealedKey, keyVersion }: ProviderVersion): boolean {
  return sealedKey !== undefined || keyVersion !== undefined;
}

export const listProviders: Handler<"listProviders"> = async ({ plane, caller, params, page }) => {
  const org = accessOrg(caller, params.org);
  const own = (await listProviderRows(plane.db, org)).map(viewOf);
  const names = new Set(own.map(({ name }) => name));
  const builtin = builtinViews(plane.settings).filter(({ name }) => !names.has(name));
  return pageOfAll([...own, ...builtin], page);
};

export const getProvider: Handler<"getProvider"> = async ({ plane, caller, params }) => {
  const org = accessOrg(caller, params.org);
  const own = await readProvider(plane.db, { org, name: params.name });
  const builtin = builtinViews(plane.settings).find(({ name }) => name === params.name);
  const view = own ? viewOf(own) : builtin;
  if (!view) throw notFound("provider");
  return view;
};

export const deleteProvider: Handler<"deleteProvider"> = async ({ plane, caller, params }) => {
  const org = accessOrg(caller, params.org, "manage");
  const name = { org, name: params.name };
  if (!(await readProvider(plane.db, name))) throw notFound("provider");
  await requireDelivered(plane, await deleteProviderRows(plane, name));
};

export const listModels: Handler<"listModels"> = async ({ plane, caller, params, page }) => {
  const org = accessOrg(caller, params.org);
  const own = await listProviderRows(plane.db, org);
  const names = new Set(own.map(({ name }) => name));
  const ownModels = own.flatMap(({ name, models = [] }) =>
    models.map((model) => ({
      model: `${name}/${model}`,
      label: model,
      provider: name,
      rehearsal: false,
    })),
  );
  const builtin = plane.settings.builtinModels
    .filter(({ provider }) => !names.has(provider))
    .map(({ kind, ...model }): ModelView => ({ ...model, rehearsal: kind === "rehearsal" }));
  return pageOfAll([...ownModels, ...builtin], page);
};

function viewOf(provider: ProviderVersion): ProviderView {
  const { name, kind, baseUrl, models = [], version } = provider;
  const address = baseUrl === undefined ? {} : { baseUrl };
  return {
    name,
    kind,
    ...address,
    hasKey: hasKey(provider),
    models,
    version,
    builtin: false,
  };
}

function builtinViews({ builtinModels }: Settings): ProviderView[] {
  const views = new Map<string, ProviderView>();
  for (const { provider: name, kind, model } of builtinModels) {
    const view = views.get(name) ?? {
      name,
      kind,
      hasKey: false,
      models: [],
      version: 0,
      builtin: true,
    };
    views.set(name, { ...view, models: [...view.models, model.slice(name.length + 1)] });
  }
  return [...views.values()];
}
