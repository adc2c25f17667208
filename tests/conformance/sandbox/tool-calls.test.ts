// Tool calls: each is carried out once, however often its link is lost, and its result can be asked for again.
import { expect, it } from "vitest";

import { describeTargets } from "./describe-targets.ts";
import { allFrames, framesOf, textOf } from "./frames.ts";
import { codeOf, commandCall } from "./sandbox-client.ts";

describeTargets("tool calls", ({ sandbox, place }) => {
  it("[T1] tell what they say while they run, and end with one result", async () => {
    const one = await sandbox();
    const frames = await allFrames(await one.call(commandCall("echo said; exit 3")));
    expect(textOf(frames, "out")).toBe("said\n");
    expect(frames.filter(({ t }) => t === "result")).toHaveLength(1);
    const last = frames.at(-1);
    expect(last?.t).toBe("result");
    if (last?.t === "result") expect(last.result.text).toContain("said");
  });

  it("[T2] handed out again attach to what runs, and are carried out once", async () => {
    const one = await sandbox();
    const call = commandCall("echo ran >> ran.txt; sleep 1; echo done");
    const first = allFrames(await one.call(call));
    const again = { ...call, dispatch: 2 };
    const second = allFrames(await one.call(again));
    expect(await second).toEqual(await first);
    const third = { ...call, dispatch: 3 };
    expect(await allFrames(await one.call(third))).toEqual(await first);
    expect(await one.textOf("ran.txt")).toBe("ran\n");
  });

  it("[T3] go on when their reader is gone, and are read on from any frame", async () => {
    const one = await sandbox();
    const call = commandCall("echo early; sleep 1; echo late; echo ran >> ran.txt");
    const leaving = new AbortController();
    const stream = framesOf(await one.call(call, {}, leaving.signal));
    const { value } = await stream.next();
    place().breakLinks?.();
    leaving.abort();
    await stream.return(undefined).catch(() => undefined);
    const path = `/tool-calls/${call.call}`;
    const seen = value?.seq ?? 0;
    const rest = await allFrames(await one.agent(path, { search: `?from=${seen}` }));
    expect(rest[0]?.seq).toBe(seen + 1);
    expect(rest.at(-1)?.t).toBe("result");
    expect(await one.textOf("ran.txt")).toBe("ran\n");
    const whole = await allFrames(await one.agent(path));
    for (let from = 0; from <= whole.length; from += 1)
      expect(await allFrames(await one.agent(path, { search: `?from=${from}` }))).toEqual(
        whole.slice(from),
      );
  });

  it("[T4] that were never made are unknown, and a used grant makes none", async () => {
    const one = await sandbox();
    const call = commandCall("true");
    expect(await codeOf(one.agent(`/tool-calls/${call.call}`))).toBe("not_found");
    await allFrames(await one.call(call));
    expect(await codeOf(one.call(call))).toBe("used_token");
  });

  it("[T5] are cancelled when they are asked to, and say so in their result", async () => {
    const one = await sandbox();
    const call = commandCall("sleep 30");
    const frames = allFrames(await one.call(call));
    const path = `/tool-calls/${call.call}`;
    expect((await one.agent(path, { method: "DELETE" })).ok).toBe(true);
    expect((await frames).at(-1)).toMatchObject({ t: "result", result: { isError: true } });
  });
});
