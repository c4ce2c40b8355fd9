import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import jsonServerProvider from "ra-data-json-server";

import { httpClient } from "./http-client.js";

const url = process.env.BLOG_URL;
assert(url, "BLOG_URL says where the server is");
const provider = jsonServerProvider(`${url}/api`, httpClient);
const asItIs = jsonServerProvider(`${url}/api`);

const content = "Some content";
const firstPage = { page: 1, perPage: 10 };
const byTitle = { field: "title", order: "ASC" };

/** A word that no other post has, to find a test's own posts by, whatever else the server holds. */
const newWord = () => `w${randomUUID().replaceAll("-", "")}`;

const given = async (title, published = true) =>
  (await asItIs.create("posts", { data: { title, content, published } })).data;

/** Three drafts and two published posts, in the order of their titles, which have a word in common. */
async function givenFive() {
  const q = newWord();
  const posts = [];
  for (const number of [1, 2, 3, 4, 5]) posts.push(await given(`${number} ${q}`, number > 3));
  return { q, posts };
}

describe("as it is", () => {
  test("a post is read", async () => {
    const post = await given("A title");

    assert.deepEqual(await asItIs.getOne("posts", { id: post.id }), { data: post });
  });

  test("a post is made", async () => {
    const data = { title: "A title", content, published: false };

    const made = (await asItIs.create("posts", { data })).data;

    assert.deepEqual({ ...made, ...data }, made);
    assert.match(made.id, /^[0-9a-f-]{36}$/);
  });

  test("what the API has no answer to is refused with a reason", async () => {
    const { id } = await given("A title");
    await asItIs.delete("posts", { id });

    await assert.rejects(asItIs.getOne("posts", { id }), { status: 404 });
  });
});

describe("through the bridge", () => {
  test("a list is sorted, has pages and tells how many there are", async () => {
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

  test("a list is filtered by what a filter names", async () => {
    const { q, posts } = await givenFive();

    const drafts = await provider.getList("posts", {
      pagination: firstPage,
      sort: byTitle,
      filter: { q, published: false },
    });

    assert.deepEqual(drafts, { data: posts.slice(0, 3), total: 3 });
  });

  test("react-admin's own order, by id, is that of making", async () => {
    const { q, posts } = await givenFive();

    const sort = { field: "id", order: "ASC" };
    const listed = await provider.getList("posts", { pagination: firstPage, sort, filter: { q } });

    assert.deepEqual(listed.data, posts);
  });

  test("an export gets more than the longest page of the API has", async () => {
    const q = newWord();
    await Promise.all(Array.from({ length: 205 }, (_, number) => given(`${number} ${q}`)));
    const part = async (page, perPage) =>
      (await provider.getList("posts", { pagination: { page, perPage }, sort: byTitle, filter: { q } })).data;

    const all = await part(1, 1000);

    assert.equal(new Set(all.map(({ id }) => id)).size, 205);
    assert.deepEqual([...(await part(1, 150)), ...(await part(2, 150))], all);
  });

  test("several are read by their ids, and what is gone is left out", async () => {
    const { posts } = await givenFive();
    const [first, second, third] = posts;
    await provider.delete("posts", { id: second.id });

    const read = await provider.getMany("posts", { ids: [first.id, second.id, third.id] });

    assert.deepEqual(read, { data: [first, third] });
  });

  test("a post is edited, though all of it is sent back", async () => {
    const post = await given("Before");
    const data = { ...post, title: "After", published: false };

    const edited = (await provider.update("posts", { id: post.id, data, previousData: post })).data;

    assert.deepEqual(edited, { ...data, updated_at: edited.updated_at });
    assert(edited.updated_at >= post.updated_at);
    assert.deepEqual(await provider.getOne("posts", { id: post.id }), { data: edited });
  });

  test("several are edited at once", async () => {
    const { q, posts } = await givenFive();
    const ids = posts.map(({ id }) => id);

    const edited = await provider.updateMany("posts", { ids, data: { published: true } });

    assert.deepEqual(edited, { data: ids });
    const published = { pagination: firstPage, sort: byTitle, filter: { q, published: true } };
    assert.equal((await provider.getList("posts", published)).total, 5);
  });

  test("a form is told what is wrong with its fields", async () => {
    const post = await given("A title");
    const wrong = { status: 422, body: { code: 422, status: "Unprocessable Entity" } };
    wrong.body.errors = { title: "Length must be between 3 and 100." };

    await assert.rejects(provider.create("posts", { data: { title: "ab", content } }), wrong);
    await assert.rejects(provider.update("posts", { id: post.id, data: { ...post, title: "ab" } }), wrong);
  });

  test("posts are deleted, one and several", async () => {
    const { q, posts } = await givenFive();
    const [first, ...others] = posts.map(({ id }) => id);

    const one = await provider.delete("posts", { id: first, previousData: posts[0] });
    const several = await provider.deleteMany("posts", { ids: others });

    assert.deepEqual([one.data.id, several.data], [first, others]);
    const left = await provider.getList("posts", { pagination: firstPage, sort: byTitle, filter: { q } });
    assert.deepEqual(left, { data: [], total: 0 });
  });
});

describe("in a browser, on a page of another origin", () => {
  const origin = process.env.BLOG_ORIGIN;
  const skip = origin ? false : "BLOG_ORIGIN names no origin that the server lets in";
  const list = (headers) => fetch(`${url}/api/posts?page=1`, { headers });
  const ask = (path, method, headers) =>
    fetch(`${url}${path}`, {
      method: "OPTIONS",
      headers: {
        Origin: origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
      },
    });
  const named = (answer, header) => (answer.headers.get(header) ?? "").toLowerCase().split(/, */);

  test("what the provider reads of an answer may be read", { skip }, async () => {
    const answer = await list({ Origin: origin });

    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), origin);
    assert(answer.headers.get("X-Total-Count"));
    const exposed = named(answer, "Access-Control-Expose-Headers");
    for (const header of ["x-total-count", "x-pagination", "link", "location", "etag"]) {
      assert(exposed.includes(header), header);
    }
  });

  test("what the provider sends may be sent", { skip }, async () => {
    for (const [path, method] of [
      ["/api/posts", "POST"],
      ["/api/posts/00000000-0000-4000-8000-000000000000", "PATCH"],
      ["/api/posts/00000000-0000-4000-8000-000000000000", "DELETE"],
    ]) {
      const answer = await ask(path, method, "content-type");

      assert(answer.ok, `${method}: ${answer.status}`);
      assert.equal(answer.headers.get("Access-Control-Allow-Origin"), origin);
      assert(named(answer, "Access-Control-Allow-Methods").includes(method.toLowerCase()), method);
      assert(named(answer, "Access-Control-Allow-Headers").includes("content-type"), method);
    }
  });
});
