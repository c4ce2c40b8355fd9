import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import { createClient } from "./generated/client/index.js";
import {
  createPost,
  createPreview,
  deletePost,
  getPost,
  listPosts,
  patchPost,
  replacePost,
  type ErrorBody,
  type ListPostsData,
  type Post,
} from "./generated/index.js";

const baseUrl = process.env["BLOG_URL"];
const key = process.env["BLOG_KEY"];
assert(baseUrl && key, "set BLOG_URL to the URL of the server and BLOG_KEY to an API key");
const client = createClient({ baseUrl, auth: key });
const clientWithoutKey = createClient({ baseUrl });

const content = "Some content";
const unknown = { client, path: { post_id: "00000000-0000-4000-8000-000000000000" } };

type ListQuery = NonNullable<ListPostsData["query"]>;
const list = (query: ListQuery) => listPosts({ client, query });

/** A word that no other post contains. A search for it finds only the posts of one test. */
const newWord = () => `w${randomUUID().replaceAll("-", "")}`;

async function given(title: string, published = true) {
  const { data, response } = await createPost({ client, body: { title, content, published } });
  const etag = response?.headers.get("ETag");
  assert(data && etag);
  return { post: data, etag, path: { post_id: data.id } };
}

async function givenThree(): Promise<{ q: string; posts: Post[] }> {
  const q = newWord();
  const posts: Post[] = [];
  for (const number of [1, 2, 3]) posts.push((await given(`${number} ${q}`)).post);
  return { q, posts };
}

/** The messages for the fields of a JSON body. */
function wrongFields(error: ErrorBody | undefined) {
  const json = error?.errors?.json;
  return Array.isArray(json) ? undefined : json;
}

/** The value of a query parameter in the URL of the next page. */
function next(response: Response | undefined, parameter: string): string | undefined {
  const [, target] = /<([^>]*)>; *rel="next"/.exec(response?.headers.get("Link") ?? "") ?? [];
  return target ? (new URL(target, baseUrl).searchParams.get(parameter) ?? undefined) : undefined;
}

describe("listing", () => {
  test("without parameters it returns complete posts, newest first", async () => {
    const older = await given("The older");
    const newer = await given("The newer", false);

    const { data } = await listPosts({ client });

    const ours: Post[] = (data ?? []).filter(({ id }) => id === older.post.id || id === newer.post.id);
    assert.deepEqual(ours, [newer.post, older.post]);
  });

  test("numbered pages lead to every post", async () => {
    const { q, posts } = await givenThree();
    const read: Post[] = [];

    for (let page: number | undefined = 1; page; ) {
      const { data, response } = await list({ q, sort: "title", page, page_size: 2 });
      read.push(...(data ?? []));
      assert.equal(response?.headers.get("X-Total-Count"), "3");
      page = Number(next(response, "page") ?? 0);
    }

    assert.deepEqual(read, posts);
  });

  test("cursors lead to every post", async () => {
    const { q, posts } = await givenThree();
    const read: Post[] = [];
    const query: ListQuery = { q, sort: "-title", limit: 2 };

    do {
      const { data, response } = await list(query);
      read.push(...(data ?? []));
      query.cursor = next(response, "cursor");
    } while (query.cursor);

    assert.deepEqual(read, [...posts].reverse());
  });

  test("`fields` returns a part of each post, and the type of that part needs no cast", async () => {
    const { q, posts } = await givenThree();

    const { data } = await list({ q, sort: "title", fields: "id,title" });

    const parts: Pick<Post, "id" | "title">[] | undefined = data;
    assert.deepEqual(parts, posts.map(({ id, title }) => ({ id, title })));
  });

  test("an unchanged page is a 304", async () => {
    const { q } = await givenThree();
    const query = { q, page: 1 };
    const etag = (await list(query)).response?.headers.get("ETag");
    assert(etag);

    const again = await listPosts({ client, query, headers: { "If-None-Match": etag } });

    assert.equal(again.response?.status, 304);
  });

  test("invalid parameters are reported by name", async () => {
    const { error, response } = await list({ page: 0, limit: 101 });

    assert.equal(response?.status, 422);
    assert.deepEqual(Object.keys(error?.errors?.query ?? {}).sort(), ["limit", "page"]);
  });
});

describe("creating", () => {
  test("the response is the post and its location", async () => {
    const { data, response } = await createPost({ client, body: { title: "A title", content } });

    assert(data);
    assert.equal(response?.status, 201);
    assert.equal(response.headers.get("Location"), `/api/posts/${data.id}`);
    assert.equal(data.published, true);
    assert.equal(data.created_at, data.updated_at);
  });

  test("a repeated Idempotency-Key creates no second post", async () => {
    const headers = { "Idempotency-Key": randomUUID() };
    const body = { title: newWord(), content };

    const first = await createPost({ client, headers, body });
    const repeat = await createPost({ client, headers, body });
    const other = await createPost({ client, headers, body: { title: "Another", content } });

    assert.equal(repeat.response?.headers.get("Idempotent-Replayed"), "true");
    assert.deepEqual(repeat.data, first.data);
    assert.deepEqual((await list({ q: body.title })).data, [first.data]);
    assert.deepEqual(Object.keys(other.error?.errors?.headers ?? {}), ["Idempotency-Key"]);
  });

  test("an invalid body is reported by field, one that is not JSON as a whole", async () => {
    const body = { title: "ab", content };

    const invalid = await createPost({ client, body });
    const malformed = await createPost({ client, body, bodySerializer: () => "{" });
    const untyped = await createPost({ client, body, headers: { "Content-Type": "text/plain" } });
    const long = await createPost({ client, body: { title: "A title", content: "a".repeat(1 << 20) } });

    assert.deepEqual(wrongFields(invalid.error), { title: ["Length must be between 3 and 100."] });
    assert.deepEqual(malformed.error?.errors?.json, ["Invalid JSON body."]);
    assert.equal(untyped.error?.code, 415);
    assert.equal(long.error?.code, 413);
  });
});

describe("one post", () => {
  test("it is read, and is a 304 while it is unchanged", async () => {
    const { post, etag, path } = await given("A title");

    const read = await getPost({ client, path });
    const again = await getPost({ client, path, headers: { "If-None-Match": etag } });

    assert.deepEqual(read.data, post);
    assert.equal(again.response?.status, 304);
  });

  test("it is replaced only if it is unchanged", async () => {
    const { post, etag, path } = await given("Before", false);
    const request = { client, path, headers: { "If-Match": etag }, body: { title: "After", content } };

    const first = await replacePost(request);
    const stale = await replacePost(request);

    assert.deepEqual(first.data, { ...post, title: "After", updated_at: first.data?.updated_at });
    assert.equal(stale.error?.code, 412);
    assert.equal(stale.response?.headers.get("ETag"), first.response?.headers.get("ETag"));
  });

  test("a patch changes only the fields that it contains", async () => {
    const { post, etag, path } = await given("Before");
    const headers = { "If-Match": etag };
    const mergePatch = { "Content-Type": "application/merge-patch+json" };

    const first = await patchPost({ client, path, headers, body: { published: false } });
    const second = await patchPost({ client, path, headers: mergePatch, body: { title: "After" } });
    const stale = await patchPost({ client, path, headers, body: {} });
    const invalid = await patchPost({ client, path, body: { title: "ab" } });

    assert.deepEqual(first.data, { ...post, published: false, updated_at: first.data?.updated_at });
    assert.deepEqual(second.data, { ...first.data, title: "After", updated_at: second.data?.updated_at });
    assert.equal(stale.error?.code, 412);
    assert.deepEqual(Object.keys(wrongFields(invalid.error) ?? {}), ["title"]);
  });

  test("it is deleted only if it is unchanged, and then is a 404", async () => {
    const { etag, path } = await given("A title");

    const stale = await deletePost({ client, path, headers: { "If-Match": '"another"' } });
    const deleted = await deletePost({ client, path, headers: { "If-Match": etag } });
    const read = await getPost({ client, path });

    assert.equal(stale.error?.code, 412);
    assert.equal(deleted.response?.status, 204);
    assert.deepEqual(read.error, { code: 404, status: "Not Found" });
  });

  test("an unknown one is a 404 for every operation", async () => {
    const answers = [
      await getPost(unknown),
      await replacePost({ ...unknown, body: { title: "A title", content } }),
      await patchPost({ ...unknown, body: {} }),
      await deletePost(unknown),
    ];

    assert.deepEqual(answers.map(({ error }) => error?.code), [404, 404, 404, 404]);
  });
});

describe("keys", () => {
  test("a request without a key is a 401", async () => {
    const read = await listPosts({ client: clientWithoutKey });
    const write = await createPost({ client: clientWithoutKey, body: { title: "A title", content } });

    for (const { error, response } of [read, write]) {
      assert.equal(error?.code, 401);
      assert.equal(response?.headers.get("WWW-Authenticate"), "Bearer");
    }
  });

  test("a preview token shows a draft to a client without a key", async () => {
    const { post, path } = await given("A draft", false);
    const get = (preview: string) => getPost({ client: clientWithoutKey, path, query: { preview } });

    const { data, response } = await createPreview({ client, path, body: { expires_in: 60 } });

    assert(data);
    assert.equal(response?.status, 201);
    assert(Date.parse(data.expires_at) > Date.parse(post.created_at));
    assert.deepEqual((await get(data.token)).data, post);
    assert.equal((await get("another")).error?.code, 404);
  });

  test("a preview of an unknown post is a 404, and an invalid lifetime is reported by name", async () => {
    const { path } = await given("A draft", false);

    const missing = await createPreview({ ...unknown, body: {} });
    const invalid = await createPreview({ client, path, body: { expires_in: 0 } });

    assert.equal(missing.error?.code, 404);
    assert.deepEqual(Object.keys(wrongFields(invalid.error) ?? {}), ["expires_in"]);
  });
});
