// The REST client against a fetch that remembers what it was asked.
import { expect, it } from "vitest";

import { createApi, type Credentials } from "../src/index.ts";
import type { FetchRequest } from "../src/platform.ts";

function apiOf(status: number, body: string, credentials: Credentials = { type: "cookie" }) {
  const asked: { url: string; request: FetchRequest }[] = [];
  const api = createApi({
    baseUrl: "http://acos.test",
    credentials,
    newKey: () => "key-1",
    fetch: (url, request) => {
      asked.push({ url, request });
      return Promise.resolve({
        status,
        headers: { get: () => null },
        text: () => Promise.resolve(body),
      });
    },
  });
  return { api, asked };
}

it("[A1] a call fills the path and sends credentials and an idempotency key", async () => {
  const { api, asked } = apiOf(200, '{"seq":4}', { type: "key", key: "acos_1" });
  const answer = await api.call("putMember", {
    params: { id: "grp_1", member: "a/b" },
    body: { role: "viewer" },
  });
  expect(answer).toEqual({ seq: 4 });
  expect(asked[0]).toEqual({
    url: "http://acos.test/api/v1/groups/grp_1/members/a%2Fb",
    request: {
      method: "PUT",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        authorization: "Bearer acos_1",
        "idempotency-key": "key-1",
      },
      credentials: "omit",
      body: '{"role":"viewer"}',
    },
  });
});

it("[A1] a parameter that is the rest of a path keeps its slashes, and nothing else unescaped", async () => {
  const { api, asked } = apiOf(204, "");
  const path = "/src/a b?#/€.ts";
  await api.call("deleteFile", { params: { id: "grp_1", sandbox: "sbx_1", path } });
  const encoded = "/src/a%20b%3F%23/%E2%82%AC.ts";
  expect(asked[0]?.url).toBe(
    `http://acos.test/api/v1/groups/grp_1/sandboxes/sbx_1/files/${encoded}`,
  );
});

it("[A1] a reading call has no key and leaves out what is not asked", async () => {
  const { api, asked } = apiOf(200, '{"items":[],"nextCursor":null}');
  await api.call("listEvents", { params: { id: "grp_1" }, query: { after: 3, limit: undefined } });
  expect(asked[0]?.url).toBe("http://acos.test/api/v1/groups/grp_1/events?after=3");
  expect(asked[0]?.request.headers).toEqual({ accept: "application/json" });
});

it.each([
  [
    404,
    '{"code":"not_found","message":"No such group.","requestId":"req_1"}',
    "not_found",
    "No such group.",
  ],
  [401, '{"code":"INVALID_EMAIL_OR_PASSWORD","message":"Wrong."}', "unauthenticated", "Wrong."],
  [
    502,
    "<html>bad gateway</html>",
    "unavailable",
    "The server answered with status 502. Try again in a moment.",
  ],
])(
  "[A2] an answer %i becomes a RequestProblem with code and words",
  async (status, body, code, message) => {
    const { api } = apiOf(status, body);
    await expect(api.call("getMe", {})).rejects.toMatchObject({
      status,
      message,
      problem: { code, message },
    });
  },
);

it("[A2] no answer at all becomes a RequestProblem, too", async () => {
  const api = createApi({
    baseUrl: "http://acos.test",
    credentials: { type: "cookie" },
    fetch: () => Promise.reject(new TypeError("fetch failed")),
  });
  await expect(api.signOut()).rejects.toMatchObject({
    status: 0,
    problem: { code: "unavailable" },
  });
});
