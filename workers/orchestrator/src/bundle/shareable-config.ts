// An agent's configuration as it may leave this installation: placeholders of secrets stay, what reads like a credential goes.
import { secretsIn, type AgentConfig, type HttpTool, type ToolConfig } from "@acos/protocol";

/** Headers and query parameters whose value proves something. */
const PROVES =
  /auth|cookie|token|secret|passw|credential|session|signature|^sig$|app_?id$|(^|[^a-z])key$|apikey|accesskey/i;
/** Long, of letters and digits, without a word's spaces or a type's slash: nobody writes that by hand. */
const LOOKS_RANDOM = /^(?=.*\d)(?=.*[A-Za-z])[\w-]{16,}$/;
/** What may stand beside a placeholder: the scheme's name. */
const SCHEME = /^(?:(?:bearer|basic|token|digest|api-?key|key)[ :=]*)?$/i;

/**
 * The configuration with the values of its HTTP tools' headers and queries emptied where they are, or look like, literal
 * credentials. It does not read instructions and descriptions: what somebody wrote into these stays.
 */
export function withoutCredentials(config: AgentConfig): AgentConfig {
  return { ...config, tools: config.tools.map(toolWithout) };
}

function toolWithout(tool: ToolConfig): ToolConfig {
  if (tool.type !== "http") return tool;
  const { headers, query } = tool;
  return {
    ...tool,
    baseUrl: urlWithout(tool),
    ...(headers && { headers: valuesWithout(headers) }),
    ...(query && { query: valuesWithout(query) }),
  };
}

function urlWithout({ baseUrl }: HttpTool): string {
  const url = new URL(baseUrl);
  const given = [...url.searchParams];
  const kept = given.map(([name, value]) => [name, valueWithout(name, value)]);
  const isSame = kept.every(([, value], place) => value === given[place]?.[1]);
  if (isSame && url.username === "" && url.password === "") return baseUrl;
  url.username = "";
  url.password = "";
  url.search = new URLSearchParams(kept as [string, string][]).toString();
  return url.href;
}

function valuesWithout(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, valueWithout(name, value)]),
  );
}

function valueWithout(name: string, value: string): string {
  const beside = secretsIn(value).reduce(
    (rest, secret) => rest.replaceAll(`{{secret:${secret}}}`, ""),
    value,
  );
  if (beside !== value) return SCHEME.test(beside.trim()) ? value : "";
  return PROVES.test(name) || LOOKS_RANDOM.test(value) ? "" : value;
}
