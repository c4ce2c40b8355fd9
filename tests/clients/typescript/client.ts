import createClient, { type Middleware } from "openapi-fetch";
import type { components, operations, paths } from "./generated/blog-api.js";

export type Post = components["schemas"]["Post"];
export type ListQuery = NonNullable<operations["listPosts"]["parameters"]["query"]>;

type Failure = components["schemas"]["ErrorBody"];

/** Adds an API key to every request. */
const authentication = (key: string): Middleware => ({
  onRequest: ({ request }) => {
    request.headers.set("Authorization", `Bearer ${key}`);
  },
});

/** A client whose errors have the API's default form, `ErrorBody`. */
export function blogAt(baseUrl: string, key?: string) {
  const client = createClient<paths, "application/json">({ baseUrl, headers: { Accept: "application/json" } });
  if (key !== undefined) client.use(authentication(key));
  return client;
}

/** A client whose errors are problem details (RFC 9457). */
export function blogWithProblemsAt(baseUrl: string, key?: string) {
  const client = createClient<paths, "application/problem+json">({
    baseUrl,
    headers: { Accept: "application/json;q=0.9, application/problem+json" },
  });
  if (key !== undefined) client.use(authentication(key));
  return client;
}

/** The messages for the fields of a JSON body. */
export function wrongFields(error: Failure | undefined) {
  const json = error?.errors?.json;
  return Array.isArray(json) ? undefined : json;
}

/** The value of a query parameter in the URL that the `Link` header has for a relation. */
export function linked(response: Response, relation: string, parameter: string): string | undefined {
  const links = (response.headers.get("Link") ?? "").matchAll(/<([^>]*)>; *rel="([^"]*)"/g);
  for (const [, target, name] of links) {
    if (name === relation && target !== undefined) {
      return new URL(target, response.url).searchParams.get(parameter) ?? undefined;
    }
  }
  return undefined;
}
