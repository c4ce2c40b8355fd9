import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import { fetchUtils } from "ra-core";
import jsonServerProvider from "ra-data-json-server";

import { httpClient, withKey } from "./http-client.js";

const url = process.env.BLOG_URL;
const key = process.env.BLOG_KEY;
assert(url && key, "set BLOG_URL to the URL of the server and BLOG_KEY to an API key");
const provider = jsonServerProvider(`${url}/api`, withKey(key));
const plainProvider = jsonServerProvider(`${url}/api`, withKey(key, fetchUtils.fetchJson));

const content = "Some content";
const firstPage = { page: 1, perPage: 10 };
const byTitle = { field: "title", order: "ASC" };

/** A unique word, so that a search finds only the posts of one test. */
const uniqueWord = () => `w${randomUUID().replaceAll("-", "")}`;

const given = async (title, published = true) =>
  (await plainProvider.create("posts", { data: { title, content, published } })).data;

/** Creates three drafts and two published posts, sorted by title. All titles contain the same unique word. */
async function givenFive() {
  const q = uniqueWord();
  const posts = [];
  for (const number of [1, 2, 3, 4, 5]) posts.push(await given(`${number} ${q}`, number > 3));
  return { q, posts };
}

describe("without httpClient", () => {
  test("a post is read", async () => {
    const post = await given("A title");

    assert.deepEqual(await plainProvider.getOne("posts", { id: post.id }), { data: post });
  });

  test("a post is created", async () => {
    const data = { title: "A title", content, published: false };

    const created = (await plainProvider.create("posts", { data })).data;

    assert.deepEqual({ ...created, ...data }, created);
    assert.match(created.id, /^[0-9a-f-]{36}$/);
  });

  test("reading a deleted post fails with status 404", async () => {
    const { id } = await given("A title");
    await plainProvider.delete("posts", { id });

    await assert.rejects(plainProvider.getOne("posts", { id }), { status: 404 });
  });
});

describe("with httpClient", () => {
  test("a list is sorted and paged and has a total", async () => {
    const { q, posts } = await givenFive();
    const page = (number, order) =>
      provider.getList("posts", {
        pagination: { page: number, perPage: 2 },
        sort: { field: "title", order },
        filter: { q },
      });

    assert.deepEqual(await page(1, "ASC"), { data: posts.slice(0, 2), total: 5 });
    assert.deepEqual(await page(3, "ASC"), { data: posts.slice(4), total: 5 });
    assert.deepEqual(await page(1, "DESC"), { data: [posts[4], posts[3]], total: 5 });
    assert.deepEqual(await page(9, "ASC"), { data: [], total: 5 });
  });

  test("a list is filtered by every field of the filter", async () => {
    const { q, posts } = await givenFive();

    const drafts = await provider.getList("posts", {
      pagination: firstPage,
      sort: byTitle,
      filter: { q, published: false },
    });

    assert.deepEqual(drafts, { data: posts.slice(0, 3), total: 3 });
  });

  test("the default order of react-admin, by id, is the order of creation", async () => {
    const { q, posts } = await givenFive();

    const sort = { field: "id", order: "ASC" };
    const listed = await provider.getList("posts", { pagination: firstPage, sort, filter: { q } });

    assert.deepEqual(listed.data, posts);
  });

  test("an export gets more posts than one page of the API holds", async () => {
    const q = uniqueWord();
    await Promise.all(Array.from({ length: 205 }, (_, number) => given(`${number} ${q}`)));
    const getPage = async (page, perPage) =>
      (await provider.getList("posts", { pagination: { page, perPage }, sort: byTitle, filter: { q } })).data;

    const all = await getPage(1, 1000);

    assert.equal(new Set(all.map(({ id }) => id)).size, 205);
    assert.deepEqual([...(await getPage(1, 150)), ...(await getPage(2, 150))], all);
  });

  test("several posts are read by id, without deleted ones", async () => {
    const { posts } = await givenFive();
    const [first, second, third] = posts;
    await provider.delete("posts", { id: second.id });

    const read = await provider.getMany("posts", { ids: [first.id, second.id, third.id] });

    assert.deepEqual(read, { data: [first, third] });
  });

  test("a post is updated although the provider sends read-only fields", async () => {
    const post = await given("Before");
    const data = { ...post, title: "After", published: false };

    const edited = (await provider.update("posts", { id: post.id, data, previousData: post })).data;

    assert.deepEqual(edited, { ...data, updated_at: edited.updated_at });
    assert(edited.updated_at >= post.updated_at);
    assert.deepEqual(await provider.getOne("posts", { id: post.id }), { data: edited });
  });

  test("several posts are updated at once", async () => {
    const { q, posts } = await givenFive();
    const ids = posts.map(({ id }) => id);

    const edited = await provider.updateMany("posts", { ids, data: { published: true } });

    assert.deepEqual(edited, { data: ids });
    const published = { pagination: firstPage, sort: byTitle, filter: { q, published: true } };
    assert.equal((await provider.getList("posts", published)).total, 5);
  });

  test("a validation error names the fields of the form", async () => {
    const post = await given("A title");
    const wrong = { status: 422, body: { code: 422, status: "Unprocessable Entity" } };
    wrong.body.errors = { title: "Length must be between 3 and 100." };

    await assert.rejects(provider.create("posts", { data: { title: "ab", content } }), wrong);
    await assert.rejects(provider.update("posts", { id: post.id, data: { ...post, title: "ab" } }), wrong);
  });

  test("one post and several posts are deleted", async () => {
    const { q, posts } = await givenFive();
    const [first, ...others] = posts.map(({ id }) => id);

    const one = await provider.delete("posts", { id: first, previousData: posts[0] });
    const several = await provider.deleteMany("posts", { ids: others });

    assert.deepEqual([one.data.id, several.data], [first, others]);
    const remaining = await provider.getList("posts", { pagination: firstPage, sort: byTitle, filter: { q } });
    assert.deepEqual(remaining, { data: [], total: 0 });
  });
});

describe("keys", () => {
  test("a request without a key fails with status 401", async () => {
    const data = { title: "A title", content };

    for (const withoutKey of [
      jsonServerProvider(`${url}/api`, httpClient),
      jsonServerProvider(`${url}/api`, fetchUtils.fetchJson),
    ]) {
      const missing = { status: 401, message: /API key/ };
      await assert.rejects(withoutKey.getOne("posts", { id: "1" }), missing);
      await assert.rejects(withoutKey.create("posts", { data }), missing);
    }
  });

  test("a preview token shows a draft to a client without a key", async () => {
    const draft = await given("A draft", false);
    const post = `${url}/api/posts/${draft.id}`;

    const preview = await withKey(key)(`${post}/preview`, { method: "POST", body: "{}" });

    const { token, expires_at } = preview.json;
    assert(Date.parse(expires_at) > Date.parse(draft.created_at));
    assert.deepEqual((await httpClient(`${post}?preview=${token}`)).json, draft);
    await assert.rejects(httpClient(`${post}?preview=another`), { status: 404 });
  });
});

describe("CORS headers, for a page of another origin", () => {
  const origin = process.env.BLOG_ORIGIN;
  const skip = origin ? false : "BLOG_ORIGIN is not set to an origin that the server allows";
  const authorization = { Authorization: `Bearer ${key}` };
  const list = (headers) => fetch(`${url}/api/posts?page=1`, { headers: { ...authorization, ...headers } });
  const preflight = (path, method, headers) =>
    fetch(`${url}${path}`, {
      method: "OPTIONS",
      headers: {
        Origin: origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
      },
    });
  const headerValues = (answer, header) => (answer.headers.get(header) ?? "").toLowerCase().split(/, */);

  test("the page may read the headers that the provider needs", { skip }, async () => {
    const answer = await list({ Origin: origin });

    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), origin);
    assert(answer.headers.get("X-Total-Count"));
    const exposed = headerValues(answer, "Access-Control-Expose-Headers");
    for (const header of ["x-total-count", "x-pagination", "link", "location", "etag"]) {
      assert(exposed.includes(header), header);
    }
  });

  test("the page may read the status of a response to a request without a key", { skip }, async () => {
    const answer = await fetch(`${url}/api/posts`, { headers: { Origin: origin } });

    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), origin);
  });

  test("the page may send the requests of the provider", { skip }, async () => {
    for (const [path, method] of [
      ["/api/posts", "GET"],
      ["/api/posts", "POST"],
      ["/api/posts/00000000-0000-4000-8000-000000000000", "PATCH"],
      ["/api/posts/00000000-0000-4000-8000-000000000000", "DELETE"],
    ]) {
      const answer = await preflight(path, method, "authorization, content-type");

      assert(answer.ok, `${method}: ${answer.status}`);
      assert.equal(answer.headers.get("Access-Control-Allow-Origin"), origin);
      assert(headerValues(answer, "Access-Control-Allow-Methods").includes(method.toLowerCase()), method);
      const allowed = headerValues(answer, "Access-Control-Allow-Headers");
      assert(allowed.includes("authorization") && allowed.includes("content-type"), method);
    }
  });
});
