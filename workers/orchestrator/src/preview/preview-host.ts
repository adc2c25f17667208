// Host names of previews: one for every port of every sandbox, so that what runs there is a website of its own.
//
//   {port}--{the sandbox's id without sbx_}.preview.{domain}
import { isId, type SandboxId } from "@acos/protocol";

export interface PreviewPlace {
  readonly sandbox: SandboxId;
  readonly port: number;
}

/** Where browsers lead to their own machine, whatever stands before it (RFC 6761, section 6.3). */
const LOCAL_DOMAIN = "localhost";
const PORT_MAX = 65_535;
const HOST = /^(\d{1,5})--([0-9a-z]{26})\.preview\.(.*)$/;

/** Whether a host can be a preview's, on whatever domain: nothing of the product is ever served there. */
export function isPreviewHost(hostname: string): boolean {
  return HOST.test(hostname);
}

/** What a host is the preview of; undefined for a port or sandbox that cannot be, and for another domain. */
export function previewPlaceOf(
  hostname: string,
  domain: string | undefined,
): PreviewPlace | undefined {
  const [, digits = "", bare = "", below] = HOST.exec(hostname) ?? [];
  const sandbox = `sbx_${bare}`;
  const port = Number(digits);
  const isPort = port >= 1 && port <= PORT_MAX && String(port) === digits;
  if (domain === undefined || below !== domain || !isPort || !isId("sandbox", sandbox))
    return undefined;
  return { sandbox, port };
}

/** The address of a preview, on the scheme and port that the product itself is reached at. */
export function previewOrigin(
  { sandbox, port }: PreviewPlace,
  { domain, product }: { readonly domain: string; readonly product: URL },
): string {
  const own = product.port === "" ? "" : `:${product.port}`;
  return `${product.protocol}//${port}--${sandbox.slice("sbx_".length)}.preview.${domain}${own}`;
}

const DOMAIN = /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/;

/**
 * The domain of previews; `localhost` on one's own machine, none elsewhere as long as the operator names none. Throws Error
 * for what is no domain, and for one that shares its name with the product: cookies of a preview must not reach it. It cannot
 * tell whether both lie below one domain that somebody can register: docs/guide/deploy.md asks for another one.
 */
export function readPreviewDomain(
  text: string | undefined,
  {
    embedded,
    publicOrigins,
  }: { readonly embedded: boolean; readonly publicOrigins: readonly string[] },
): string | undefined {
  const domain = text?.trim().toLowerCase() ?? "";
  if (domain === "") return embedded ? LOCAL_DOMAIN : undefined;
  if (domain === LOCAL_DOMAIN) return domain;
  if (!DOMAIN.test(domain)) throw new Error("PREVIEW_DOMAIN must be a domain such as example.net.");
  for (const origin of publicOrigins) {
    const own = new URL(origin).hostname;
    if (own === domain || own.endsWith(`.${domain}`) || domain.endsWith(`.${own}`))
      throw new Error("PREVIEW_DOMAIN must be another domain than those of PUBLIC_ORIGINS.");
  }
  return domain;
}
