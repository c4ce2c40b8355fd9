// Stands between the data provider and the blog API where the two differ. A react-admin application uses it as
//
//     <Admin dataProvider={jsonServerProvider("https://blog.example/api", httpClient)}>

import { fetchUtils, HttpError } from "ra-core";

const LONGEST_PAGE = 100;
const READ_ONLY = ["id", "created_at", "updated_at"];

/** The second argument of `jsonServerProvider`. */
export async function httpClient(url, options = {}) {
  const target = new URL(url);
  const parameters = target.searchParams;
  if (parameters.has("_start")) return list(target, options);
  if (parameters.has("id")) return many(target, options);
  switch (options.method) {
    case "POST":
      return send(target, options);
    case "PUT":
      return send(target, { ...options, method: "PATCH", body: writable(options.body) });
    case "DELETE":
      // The provider wants a record back.
      return { ...(await send(target, options)), json: { id: target.pathname.split("/").pop() } };
    default:
      return send(target, options);
  }
}

/** From `_start` to `_end`, by as many numbered pages as that takes. */
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

/** Ids grow with time: who sorts by `id`, as react-admin does unless told otherwise, sorts by when a post was made. */
const order = (field, direction) =>
  (direction === "DESC" ? "-" : "") + (field === "id" || field === null ? "created_at" : field);

/** Each by its own request. A post that is gone is left out. */
async function many(target, options) {
  const { origin, pathname, searchParams } = target;
  const one = (id) =>
    send(new URL(`${pathname}/${encodeURIComponent(id)}`, origin), options).catch((error) => {
      if (error.status === 404) return undefined;
      throw error;
    });
  const answers = await Promise.all(searchParams.getAll("id").map(one));
  return { json: answers.filter(Boolean).map(({ json }) => json) };
}

/** What of a record a client may write. */
const writable = (body) =>
  JSON.stringify(JSON.parse(body), (key, value) => (READ_ONLY.includes(key) ? undefined : value));

/** Sends the request; what is wrong with a form's fields is then told as react-admin's forms take it. */
async function send(target, options) {
  try {
    return await fetchUtils.fetchJson(target.href, options);
  } catch (error) {
    const wrong = error.body?.errors?.json;
    if (!wrong || Array.isArray(wrong)) throw error;
    const errors = Object.entries(wrong).map(([field, messages]) => [field, messages.join(" ")]);
    throw new HttpError(error.message, error.status, { ...error.body, errors: Object.fromEntries(errors) });
  }
}
