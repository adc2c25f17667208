// The app's one REST client: same origin, by the session cookie.
import { createApi } from "@acos/client";

export const api = createApi({ baseUrl: "", credentials: { type: "cookie" } });
