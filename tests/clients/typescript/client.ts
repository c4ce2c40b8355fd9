import createClient from "openapi-fetch";
import type { components, operations, paths } from "./generated/blog-api.js";

export type Post = components["schemas"]["Post"];
export type ListQuery = NonNullable<operations["listPosts"]["parameters"]["query"]>;

type Failure = components["schemas"]["ErrorBody"];

/** A client whose errors have the API's default form, `ErrorBody`. */
export const blogAt = (baseUrl: string) =>
  createClient<paths, "application/json">({ baseUrl, headers: { Accept: "application/json" } });

/** A client whose errors are problem details (RFC 9457). */
export const blogWithProblemsAt = (baseUrl: string) =>
  createClient<paths, "application/problem+json">({
    baseUrl,
    headers: { Accept: "application/json;q=0.9, application/problem+json" },
  });

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
