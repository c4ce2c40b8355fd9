// Translates between the requests of ra-data-json-server and the blog API. A react-admin application uses it like this:
//
//     <Admin dataProvider={jsonServerProvider("https://blog.example/api", withKey(key))}>
//
// Without an API key, pass `httpClient` instead of `withKey(key)`.

import { fetchUtils, HttpError } from "ra-core";

const LONGEST_PAGE = 100;
const READ_ONLY = ["id", "created_at", "updated_at"];

/** Sends one request of the data provider. Pass this function as the second argument of `jsonServerProvider`. */
export async function httpClient(url, options = {}) {
  const target = new URL(url);
  const parameters = target.searchParams;
  if (parameters.has("_start")) return list(target, options);
  if (parameters.has("id")) return getMany(target, options);
  switch (options.method) {
    case "POST":
      return send(target, options);
    case "PUT":
      return send(target, { ...options, method: "PATCH", body: writable(options.body) });
    case "DELETE":
      // The provider expects the deleted record, and the API returns no body.
      return { ...(await send(target, options)), json: { id: target.pathname.split("/").pop() } };
    default:
      return send(target, options);
  }
}

/** Returns an HTTP client that sends an API key with every request. `client` sends the requests. */
export const withKey = (key, client = httpClient) => {
  const user = { authenticated: true, token: `Bearer ${key}` };
  return (url, options) => client(url, { ...options, user });
};

/** Returns the posts from `_start` to `_end`, read in numbered pages. */
async function list(target, options) {
  const parameters = target.searchParams;
  const start = Number(parameters.get("_start"));
  const end = Number(parameters.get("_end"));
  const size = Math.min(end - start, LONGEST_PAGE);
  const first = Math.floor(start / size);
  parameters.set("page_size", size);
  parameters.set("sort", order(parameters.get("_sort"), parameters.get("_order")));
  for (const name of ["_start", "_end", "_sort", "_order"]) parameters.delete(name);

  const posts = [];
  let answer;
  for (let page = first; page * size < end; page += 1) {
    parameters.set("page", page + 1);
    answer = await send(target, options);
    posts.push(...answer.json);
    if (answer.json.length < size) break;
  }
  return { ...answer, json: posts.slice(start - first * size, end - first * size) };
}

/** Returns the value of `sort`. React-admin sorts by `id` by default. Ids grow with time, so `created_at` has the same order. */
const order = (field, direction) =>
  (direction === "DESC" ? "-" : "") + (field === "id" || field === null ? "created_at" : field);

/** Requests each post separately. Leaves out deleted posts. */
async function getMany(target, options) {
  const { origin, pathname, searchParams } = target;
  const getOne = (id) =>
    send(new URL(`${pathname}/${encodeURIComponent(id)}`, origin), options).catch((error) => {
      if (error.status === 404) return undefined;
      throw error;
    });
  const answers = await Promise.all(searchParams.getAll("id").map(getOne));
  return { json: answers.filter(Boolean).map(({ json }) => json) };
}

/** Removes the fields that a client cannot write. */
const writable = (body) =>
  JSON.stringify(JSON.parse(body), (key, value) => (READ_ONLY.includes(key) ? undefined : value));

/** Sends a request. Converts validation errors to the form that react-admin shows beside form fields. */
async function send(target, options) {
  try {
    return await fetchUtils.fetchJson(target.href, options);
  } catch (error) {
    const problems = error.body?.errors?.json;
    if (!problems || Array.isArray(problems)) throw error;
    const errors = Object.entries(problems).map(([field, messages]) => [field, messages.join(" ")]);
    throw new HttpError(error.message, error.status, { ...error.body, errors: Object.fromEntries(errors) });
  }
}
