import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import {
  createPost,
  createPreview,
  deletePost,
  getPost,
  listPosts,
  patchPost,
  replacePost,
  type ErrorBody,
  type ListPostsParams,
  type Post,
  type ProblemDetails,
} from "./generated/blog-api.js";

const baseUrl = process.env["BLOG_URL"];
const key = process.env["BLOG_KEY"];
assert(baseUrl && key, "set BLOG_URL to the URL of the server and BLOG_KEY to an API key");

const authorization = { Authorization: `Bearer ${key}` };
/** The options of a request with an API key. */
const withKey = { headers: authorization };

const content = "Some content";
const unknown = "00000000-0000-4000-8000-000000000000";

/** A word that no other post contains. A search for it finds only the posts of one test. */
const newWord = () => `w${randomUUID().replaceAll("-", "")}`;

async function given(title: string, published = true) {
  const { status, data, headers } = await createPost({ title, content, published }, {}, withKey);
  const etag = headers.get("ETag");
  assert(status === 201 && etag);
  return { post: data, etag };
}

async function givenThree(): Promise<{ q: string; posts: Post[] }> {
  const q = newWord();
  const posts: Post[] = [];
  for (const number of [1, 2, 3]) posts.push((await given(`${number} ${q}`)).post);
  return { q, posts };
}

/** Lists posts. Fails unless the status of the response is 200. */
async function list(params?: ListPostsParams) {
  const answer = await listPosts(params, {}, withKey);
  assert(answer.status === 200);
  return answer;
}

/** The messages for the fields of a JSON body. */
function wrongFields(error: ErrorBody | ProblemDetails) {
  const json = "code" in error ? error.errors?.json : undefined;
  return Array.isArray(json) ? undefined : json;
}

/** The value of a query parameter in the URL of the next page. */
function next(headers: Headers, parameter: string): string | undefined {
  const [, target] = /<([^>]*)>; *rel="next"/.exec(headers.get("Link") ?? "") ?? [];
  return target ? (new URL(target, baseUrl).searchParams.get(parameter) ?? undefined) : undefined;
}

describe("listing", () => {
  test("without parameters it returns complete posts, newest first", async () => {
    const older = await given("The older");
    const newer = await given("The newer", false);

    const { data } = await list();

    const ours: Post[] = data.filter(({ id }) => id === older.post.id || id === newer.post.id);
    assert.deepEqual(ours, [newer.post, older.post]);
  });

  test("numbered pages lead to every post", async () => {
    const { q, posts } = await givenThree();
    const read: Post[] = [];

    for (let page: number | undefined = 1; page; ) {
      const { data, headers } = await list({ q, sort: "title", page, page_size: 2 });
      read.push(...data);
      assert.equal(headers.get("X-Total-Count"), "3");
      page = Number(next(headers, "page") ?? 0);
    }

    assert.deepEqual(read, posts);
  });

  test("cursors lead to every post", async () => {
    const { q, posts } = await givenThree();
    const read: Post[] = [];
    let cursor: string | undefined;

    do {
      const { data, headers } = await list({ q, sort: "-title", limit: 2, ...(cursor && { cursor }) });
      read.push(...data);
      cursor = next(headers, "cursor");
    } while (cursor);

    assert.deepEqual(read, [...posts].reverse());
  });

  test("`fields` returns a part of each post, and the type of that part needs no cast", async () => {
    const { q, posts } = await givenThree();

    const { data } = await list({ q, sort: "title", fields: "id,title" });

    const parts: Pick<Post, "id" | "title">[] = data;
    assert.deepEqual(parts, posts.map(({ id, title }) => ({ id, title })));
  });

  test("an unchanged page is a 304", async () => {
    const { q } = await givenThree();
    const etag = (await list({ q, page: 1 })).headers.get("ETag");
    assert(etag);

    const again = await listPosts({ q, page: 1 }, { "If-None-Match": etag }, withKey);

    assert.equal(again.status, 304);
  });

  test("invalid parameters are reported by name", async () => {
    const { status, data } = await listPosts({ page: 0, limit: 101 }, {}, withKey);

    assert(status === 422 && "code" in data);
    assert.deepEqual(Object.keys(data.errors?.query ?? {}).sort(), ["limit", "page"]);
  });
});

describe("creating", () => {
  test("the response is the post and its location", async () => {
    const { status, data, headers } = await createPost({ title: "A title", content }, {}, withKey);

    assert(status === 201);
    assert.equal(headers.get("Location"), `/api/posts/${data.id}`);
    assert.equal(data.published, true);
    assert.equal(data.created_at, data.updated_at);
  });

  test("a repeated Idempotency-Key creates no second post", async () => {
    const idempotency = { "Idempotency-Key": randomUUID() };
    const body = { title: newWord(), content };

    const first = await createPost(body, idempotency, withKey);
    const repeat = await createPost(body, idempotency, withKey);
    const other = await createPost({ title: "Another", content }, idempotency, withKey);

    assert.equal(repeat.headers.get("Idempotent-Replayed"), "true");
    assert.deepEqual(repeat.data, first.data);
    assert.deepEqual((await list({ q: body.title })).data, [first.data]);
    assert(other.status === 422 && "code" in other.data);
    assert.deepEqual(Object.keys(other.data.errors?.headers ?? {}), ["Idempotency-Key"]);
  });

  test("an invalid body is reported by field, and any other error has its code", async () => {
    const body = { title: "ab", content };

    const invalid = await createPost(body, {}, withKey);
    const untyped = await createPost(body, {}, { headers: { ...authorization, "Content-Type": "text/plain" } });
    const long = await createPost({ title: "A title", content: "a".repeat(1 << 20) }, {}, withKey);

    assert(invalid.status === 422);
    assert.deepEqual(wrongFields(invalid.data), { title: ["Length must be between 3 and 100."] });
    assert(untyped.status === 415 && "code" in untyped.data);
    assert.equal(untyped.data.code, 415);
    assert.equal(long.status, 413);
  });

  test("problem details are the other type of an error", async () => {
    const problems = { headers: { ...authorization, Accept: "application/problem+json" } };

    const { status, data } = await createPost({ title: "ab", content }, {}, problems);

    assert(status === 422 && "type" in data);
    assert.deepEqual(data.errors?.map(({ pointer }) => pointer), ["/title"]);
  });
});

describe("one post", () => {
  test("it is read, and is a 304 while it is unchanged", async () => {
    const { post, etag } = await given("A title");

    const read = await getPost(post.id, {}, {}, withKey);
    const again = await getPost(post.id, {}, { "If-None-Match": etag }, withKey);

    assert.deepEqual(read.data, post);
    assert.equal(again.status, 304);
  });

  test("it is replaced only if it is unchanged", async () => {
    const { post, etag } = await given("Before", false);
    const body = { title: "After", content };

    const first = await replacePost(post.id, body, { "If-Match": etag }, withKey);
    const stale = await replacePost(post.id, body, { "If-Match": etag }, withKey);

    assert(first.status === 200);
    assert.deepEqual(first.data, { ...post, title: "After", updated_at: first.data.updated_at });
    assert.equal(stale.status, 412);
    assert.equal(stale.headers.get("ETag"), first.headers.get("ETag"));
  });

  test("a patch changes only the fields that it contains", async () => {
    const { post, etag } = await given("Before");
    const mergePatch = { headers: { ...authorization, "Content-Type": "application/merge-patch+json" } };

    const first = await patchPost(post.id, { published: false }, { "If-Match": etag }, withKey);
    const second = await patchPost(post.id, { title: "After" }, {}, mergePatch);
    const stale = await patchPost(post.id, {}, { "If-Match": etag }, withKey);
    const invalid = await patchPost(post.id, { title: "ab" }, {}, withKey);

    assert(first.status === 200 && second.status === 200 && invalid.status === 422);
    assert.deepEqual(first.data, { ...post, published: false, updated_at: first.data.updated_at });
    assert.deepEqual(second.data, { ...first.data, title: "After", updated_at: second.data.updated_at });
    assert.equal(stale.status, 412);
    assert.deepEqual(Object.keys(wrongFields(invalid.data) ?? {}), ["title"]);
  });

  test("it is deleted only if it is unchanged, and then is a 404", async () => {
    const { post, etag } = await given("A title");

    const stale = await deletePost(post.id, { "If-Match": '"another"' }, withKey);
    const deleted = await deletePost(post.id, { "If-Match": etag }, withKey);
    const read = await getPost(post.id, {}, {}, withKey);

    assert.equal(stale.status, 412);
    assert.equal(deleted.status, 204);
    assert.deepEqual(read.data, { code: 404, status: "Not Found" });
  });

  test("an unknown one is a 404 for every operation", async () => {
    const answers = [
      await getPost(unknown, {}, {}, withKey),
      await replacePost(unknown, { title: "A title", content }, {}, withKey),
      await patchPost(unknown, {}, {}, withKey),
      await deletePost(unknown, {}, withKey),
    ];

    assert.deepEqual(answers.map(({ status }) => status), [404, 404, 404, 404]);
  });
});

describe("keys", () => {
  test("a request without a key is a 401", async () => {
    const read = await listPosts();
    const write = await createPost({ title: "A title", content });

    assert(read.status === 401 && "code" in read.data);
    assert(write.status === 401 && "code" in write.data);
    assert.deepEqual([read.data.code, write.data.code], [401, 401]);
    assert.equal(read.headers.get("WWW-Authenticate"), "Bearer");
  });

  test("a preview token shows a draft to a client without a key", async () => {
    const { post } = await given("A draft", false);

    const { status, data } = await createPreview(post.id, { expires_in: 60 }, {}, withKey);

    assert(status === 201);
    assert(Date.parse(data.expires_at) > Date.parse(post.created_at));
    assert.deepEqual((await getPost(post.id, { preview: data.token })).data, post);
    assert.equal((await getPost(post.id, { preview: "another" })).status, 404);
  });

  test("a preview of an unknown post is a 404, and an invalid lifetime is reported by name", async () => {
    const { post } = await given("A draft", false);

    const missing = await createPreview(unknown, {}, {}, withKey);
    const invalid = await createPreview(post.id, { expires_in: 0 }, {}, withKey);

    assert.equal(missing.status, 404);
    assert(invalid.status === 422);
    assert.deepEqual(Object.keys(wrongFields(invalid.data) ?? {}), ["expires_in"]);
  });
});
