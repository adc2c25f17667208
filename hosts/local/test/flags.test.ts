import { describe, expect, it } from "vitest";

import { parseUpFlags } from "../src/up/flags.ts";
import { UsageError } from "../src/usage-error.ts";

const parse = (args: string[], environment: Record<string, string> = {}) =>
  parseUpFlags(args, environment, "/home/ada");

describe("flags of up", () => {
  it("[F1] has defaults", () => {
    expect(parse([])).toEqual({
      port: 8787,
      host: "127.0.0.1",
      dataFolder: "/home/ada/.acos",
      open: false,
      model: undefined,
      sandboxes: {
        on: true,
        pool: 1,
        max: 20,
        dayShares: { cpuSeconds: null, memoryGibHours: null, egressMib: null },
      },
      help: false,
    });
  });

  it("[F1] a flag wins over the environment, and that over the default", () => {
    const environment = {
      ACOS_PORT: "1",
      ACOS_HOST: "::1",
      ACOS_DATA: "/a",
      ACOS_MODEL: "openai/x",
    };
    expect(parse([], environment)).toMatchObject({
      port: 1,
      host: "::1",
      dataFolder: "/a",
      model: "openai/x",
    });
    const flags = parse(
      ["--port", "2", "--host=localhost", "--data", "b", "--model", "openai/y/z", "--open"],
      environment,
    );
    expect(flags).toMatchObject({
      port: 2,
      host: "localhost",
      dataFolder: "/home/ada/b",
      model: "openai/y/z",
      open: true,
    });
  });

  it("[F1] sandboxes can be switched off and numbered", () => {
    expect(parse(["--sandboxes", "off"]).sandboxes.on).toBe(false);
    expect(parse([], { ACOS_SANDBOXES: "off" }).sandboxes.on).toBe(false);
    expect(parse(["--sandboxes=auto"], { ACOS_SANDBOXES: "off" }).sandboxes.on).toBe(true);
    const numbers = { ACOS_SANDBOX_POOL: "0", ACOS_SANDBOX_MAX: "3", ACOS_SANDBOXES: "" };
    expect(parse([], numbers).sandboxes).toMatchObject({ on: true, pool: 0, max: 3 });
    const shares = { ACOS_SANDBOX_DAY_CPU_SECONDS: "60", ACOS_SANDBOX_DAY_EGRESS_MIB: "0" };
    expect(parse([], shares).sandboxes.dayShares).toEqual({
      cpuSeconds: 60,
      memoryGibHours: null,
      egressMib: 0,
    });
  });

  it.each([
    ["ACOS_SANDBOXES", "yes"],
    ["ACOS_SANDBOX_POOL", "-1"],
    ["ACOS_SANDBOX_POOL", "1001"],
    ["ACOS_SANDBOX_MAX", "0"],
    ["ACOS_SANDBOX_MAX", "many"],
    ["ACOS_SANDBOX_DAY_CPU_SECONDS", "1.5"],
    ["ACOS_SANDBOX_DAY_MEMORY_GIB_HOURS", "-1"],
    ["ACOS_SANDBOX_DAY_EGRESS_MIB", "all"],
  ])("[F2] refuses %s=%s with words about it", (variable, value) => {
    expect(() => parse([], { [variable]: value })).toThrow(UsageError);
    expect(() => parse([], { [variable]: value })).toThrow(variable);
  });

  it("[F1] an empty environment value counts as unset", () => {
    expect(parse([], { ACOS_PORT: "", ACOS_DATA: "" })).toMatchObject({
      port: 8787,
      dataFolder: "/home/ada/.acos",
    });
  });

  it.each([
    [["--prot", "1"], "--prot"],
    [["extra"], "extra"],
    [["--port", "65536"], "65536"],
    [["--port", "-1"], "--port"],
    [["--port", "8e3"], "8e3"],
    [["--port", ""], '""'],
    [["--host", "no host"], "no host"],
    [["--host", "1.2.3"], "1.2.3"],
    [["--model", "gpt"], "gpt"],
    [["--data", " "], "--data"],
  ])("[F2] refuses %j with words about it", (args, word) => {
    expect(() => parse(args)).toThrow(UsageError);
    expect(() => parse(args)).toThrow(word);
  });
});
