import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import { blogAt, blogWithProblemsAt, linked, wrongFields, type ListQuery, type Post } from "./client.js";

const url = process.env["BLOG_URL"];
const key = process.env["BLOG_KEY"];
assert(url && key, "set BLOG_URL to the URL of the server and BLOG_KEY to an API key");
const blog = blogAt(url, key);
const blogWithoutKey = blogAt(url);

const content = "Some content";
const unknown = { path: { post_id: "00000000-0000-4000-8000-000000000000" } };

/** A word that no other post contains. A search for it finds only the posts of one test. */
const newWord = () => `w${randomUUID().replaceAll("-", "")}`;
const list = (query: ListQuery) => blog.GET("/api/posts", { params: { query } });

interface Given {
  post: Post;
  etag: string;
  path: { post_id: string };
}

async function given(title: string, published = true): Promise<Given> {
  const { data, response } = await blog.POST("/api/posts", { body: { title, content, published } });
  const etag = response.headers.get("ETag");
  assert(data && etag);
  return { post: data, etag, path: { post_id: data.id } };
}

/** Creates three drafts and two published posts. Returns a word that only they contain, and the posts by title. */
async function givenFive(): Promise<{ q: string; posts: Post[] }> {
  const q = newWord();
  const posts: Post[] = [];
  for (const number of [1, 2, 3, 4, 5]) {
    posts.push((await given(`${number} ${q}`, number > 3)).post);
  }
  return { q, posts };
}

describe("listing", () => {
  test("without parameters a list has every post, newest first", async () => {
    const older = await given("The older");
    const newer = await given("The newer", false);

    const { data } = await blog.GET("/api/posts");

    const ours = data?.filter(({ id }) => id === older.post.id || id === newer.post.id);
    assert.deepEqual(ours, [newer.post, older.post]);
  });

  test("numbered pages have totals and a link to the next page", async () => {
    const { q, posts } = await givenFive();
    const received: Post[] = [];
    const paginations: unknown[] = [];
    let page: number | undefined = 1;

    while (page !== undefined) {
      const { data, response } = await list({ q, sort: "title", page, page_size: 2 });
      received.push(...(data ?? []));
      paginations.push(JSON.parse(response.headers.get("X-Pagination") ?? ""));
      assert.equal(response.headers.get("X-Total-Count"), "5");
      const next = linked(response, "next", "page");
      page = next === undefined ? undefined : Number(next);
    }

    assert.deepEqual(received, posts);
    const ends = { total: 5, total_pages: 3, first_page: 1, last_page: 3 };
    assert.deepEqual(paginations, [
      { ...ends, page: 1, next_page: 2 },
      { ...ends, page: 2, previous_page: 1, next_page: 3 },
      { ...ends, page: 3, previous_page: 2 },
    ]);
  });

  test("cursors lead to every post", async () => {
    const { q, posts } = await givenFive();
    const received: Post[] = [];
    const query: ListQuery = { q, sort: "title", limit: 2 };

    do {
      const { data, response } = await list(query);
      received.push(...(data ?? []));
      const cursor = linked(response, "next", "cursor");
      if (cursor === undefined) break;
      query.cursor = cursor;
    } while (received.length < 100);

    assert.deepEqual(received, posts);
  });

  test("every order is the reverse of its opposite", async () => {
    const { q, posts } = await givenFive();

    for (const field of ["created_at", "updated_at", "title"] satisfies ListQuery["sort"][]) {
      assert.deepEqual((await list({ q, sort: field })).data, posts);
      assert.deepEqual((await list({ q, sort: `-${field}` })).data, [...posts].reverse());
    }
  });

  test("published selects published posts or drafts", async () => {
    const { q, posts } = await givenFive();

    const published = await list({ q, sort: "title", published: true });
    const drafts = await list({ q, sort: "title", published: false });

    assert.deepEqual(published.data, posts.slice(3));
    assert.deepEqual(drafts.data, posts.slice(0, 3));
  });

  test("a list has only the requested fields", async () => {
    const { q, posts } = await givenFive();

    const { data } = await list({ q, sort: "title", fields: "id,title" });

    const parts: Pick<Post, "id" | "title">[] | undefined = data;
    assert.deepEqual(parts, posts.map(({ id, title }) => ({ id, title })));
  });

  test("an unchanged page is a 304", async () => {
    const { q } = await givenFive();
    const query = { q, page: 1 };
    const etag = (await list(query)).response.headers.get("ETag");
    assert(etag);

    const again = await blog.GET("/api/posts", { params: { query, header: { "If-None-Match": etag } } });

    assert.equal(again.response.status, 304);
  });

  test("invalid parameters are reported by name", async () => {
    const { error, response } = await list({ page: 0, limit: 101 });

    assert.equal(response.status, 422);
    assert.deepEqual(Object.keys(error?.errors?.query ?? {}).sort(), ["limit", "page"]);
  });

  test("an unknown parameter is an error only with strict handling", async () => {
    const querySerializer = () => "colour=red";

    const lenient = await blog.GET("/api/posts", { querySerializer });
    const strict = await blog.GET("/api/posts", {
      params: { header: { Prefer: "handling=strict" } },
      querySerializer,
    });

    assert.equal(lenient.response.status, 200);
    assert.equal(strict.response.status, 422);
    assert.deepEqual(strict.error?.errors?.query?.["colour"], ["Unknown field."]);
  });
});

describe("creating", () => {
  test("the response is the post and its location", async () => {
    const body = { title: "A title", content, published: false };

    const { data, response } = await blog.POST("/api/posts", { body });

    assert(data);
    const { id, created_at, updated_at, ...rest } = data;
    assert.equal(response.status, 201);
    assert.deepEqual(rest, body);
    assert.equal(created_at, updated_at);
    assert.equal(response.headers.get("Location"), `/api/posts/${id}`);
  });

  test("optional fields can be omitted", async () => {
    const { data } = await blog.POST("/api/posts", { body: { title: "A title", content } });

    assert.equal(data?.published, true);
  });

  test("a repeated key creates no second post", async () => {
    const title = newWord();
    const params = { header: { "Idempotency-Key": randomUUID() } };
    const body = { title, content, published: true };

    const first = await blog.POST("/api/posts", { params, body });
    const repeat = await blog.POST("/api/posts", { params, body });
    const other = await blog.POST("/api/posts", { params, body: { ...body, published: false } });

    assert.equal(first.response.headers.get("Idempotent-Replayed"), null);
    assert.equal(repeat.response.headers.get("Idempotent-Replayed"), "true");
    assert.deepEqual(repeat.data, first.data);
    assert.deepEqual((await list({ q: title })).data, [first.data]);
    assert.equal(other.response.status, 422);
    assert.deepEqual(Object.keys(other.error?.errors?.headers ?? {}), ["Idempotency-Key"]);
  });

  test("invalid fields of a body are reported by name", async () => {
    const body = { title: "ab", content: "short", published: true };

    const { error, response } = await blog.POST("/api/posts", { body });

    assert.equal(response.status, 422);
    assert.deepEqual(wrongFields(error)?.["title"], ["Length must be between 3 and 100."]);
    assert.deepEqual(wrongFields(error)?.["content"], ["Shorter than minimum length 10."]);
  });

  test("malformed, untyped and too long bodies are errors of type ErrorBody", async () => {
    const body = { title: "A title", content, published: true };

    const malformed = await blog.POST("/api/posts", { body, bodySerializer: () => "{" });
    const untyped = await blog.POST("/api/posts", { body, headers: { "Content-Type": "text/plain" } });
    const long = await blog.POST("/api/posts", { body: { ...body, content: "a".repeat(1 << 20) } });

    assert.deepEqual(malformed.error, {
      code: 400,
      errors: { json: ["Invalid JSON body."] },
      status: "Bad Request",
    });
    assert.equal(untyped.error?.code, 415);
    assert.equal(long.error?.code, 413);
  });
});

describe("one post", () => {
  test("a post is read by its id, and is a 304 while it is unchanged", async () => {
    const { post, etag, path } = await given("A title");

    const read = await blog.GET("/api/posts/{post_id}", { params: { path } });
    const again = await blog.GET("/api/posts/{post_id}", {
      params: { path, header: { "If-None-Match": etag } },
    });

    assert.deepEqual(read.data, post);
    assert.equal(read.response.headers.get("ETag"), etag);
    assert.equal(again.response.status, 304);
  });

  test("a post is replaced only if it is unchanged", async () => {
    const { post, etag, path } = await given("Before", false);
    const params = { path, header: { "If-Match": etag } };

    const first = await blog.PUT("/api/posts/{post_id}", { params, body: { title: "After", content } });
    const stale = await blog.PUT("/api/posts/{post_id}", { params, body: { title: "Late", content } });

    assert.deepEqual(first.data, { ...post, title: "After", updated_at: first.data?.updated_at });
    assert.equal(stale.error?.code, 412);
    assert.equal(stale.error.status, "Precondition Failed");
    assert.equal(stale.response.headers.get("ETag"), first.response.headers.get("ETag"));
  });

  test("a patch changes only the fields that it contains", async () => {
    const { post, etag, path } = await given("Before");
    const params = { path, header: { "If-Match": etag } };
    const mergePatch = { "Content-Type": "application/merge-patch+json" };

    const first = await blog.PATCH("/api/posts/{post_id}", { params, body: { published: false } });
    const second = await blog.PATCH("/api/posts/{post_id}", {
      params: { path },
      body: { title: "After" },
      headers: mergePatch,
    });
    const stale = await blog.PATCH("/api/posts/{post_id}", { params, body: { published: true } });

    assert.deepEqual(first.data, { ...post, published: false, updated_at: first.data?.updated_at });
    assert.deepEqual(second.data, { ...first.data, title: "After", updated_at: second.data?.updated_at });
    assert.equal(stale.error?.code, 412);
  });

  test("invalid fields of a change are reported by name", async () => {
    const { path } = await given("A title");
    const wrong = ["Length must be between 3 and 100."];

    const put = await blog.PUT("/api/posts/{post_id}", { params: { path }, body: { title: "ab", content } });
    const patch = await blog.PATCH("/api/posts/{post_id}", { params: { path }, body: { title: "ab" } });
    const untyped = await blog.PATCH("/api/posts/{post_id}", {
      params: { path },
      body: { title: "A title" },
      headers: { "Content-Type": "text/plain" },
    });

    assert.deepEqual(wrongFields(put.error), { title: wrong });
    assert.deepEqual(wrongFields(patch.error), { title: wrong });
    assert.equal(untyped.error?.code, 415);
    assert.match(untyped.response.headers.get("Accept-Patch") ?? "", /application\/merge-patch\+json/);
  });

  test("a post is deleted only if it is unchanged", async () => {
    const { etag, path } = await given("A title");
    const stale = { path, header: { "If-Match": '"another"' } };

    const refused = await blog.DELETE("/api/posts/{post_id}", { params: stale });
    const deleted = await blog.DELETE("/api/posts/{post_id}", {
      params: { path, header: { "If-Match": etag } },
    });
    const read = await blog.GET("/api/posts/{post_id}", { params: { path } });

    assert.equal(refused.error?.code, 412);
    assert.equal(deleted.response.status, 204);
    assert.deepEqual(read.error, { code: 404, status: "Not Found" });
  });

  test("an unknown post is a 404 for every operation", async () => {
    const answers = [
      await blog.GET("/api/posts/{post_id}", { params: unknown }),
      await blog.PUT("/api/posts/{post_id}", { params: unknown, body: { title: "A title", content } }),
      await blog.PATCH("/api/posts/{post_id}", { params: unknown, body: {} }),
      await blog.DELETE("/api/posts/{post_id}", { params: unknown }),
    ];

    assert.deepEqual(answers.map(({ error }) => error?.code), [404, 404, 404, 404]);
  });
});

describe("keys", () => {
  test("a request without a key is a 401", async () => {
    const read = await blogWithoutKey.GET("/api/posts");
    const write = await blogWithoutKey.POST("/api/posts", { body: { title: "A title", content } });

    for (const { error, response } of [read, write]) {
      assert.equal(error?.code, 401);
      assert.equal(error.status, "Unauthorized");
      assert.equal(response.headers.get("WWW-Authenticate"), "Bearer");
    }
  });

  test("a preview token shows a draft to a client without a key", async () => {
    const { post, path } = await given("A draft", false);
    const get = (preview: string) =>
      blogWithoutKey.GET("/api/posts/{post_id}", { params: { path, query: { preview } } });

    const { data, response } = await blog.POST("/api/posts/{post_id}/preview", {
      params: { path },
      body: { expires_in: 60 },
    });

    assert(data);
    assert.equal(response.status, 201);
    assert(Date.parse(data.expires_at) > Date.parse(post.created_at));
    assert.deepEqual((await get(data.token)).data, post);
    assert.equal((await get("another")).error?.code, 404);
  });

  test("a preview of an unknown post is a 404, and an invalid lifetime is reported by name", async () => {
    const { path } = await given("A draft", false);
    const preview = "/api/posts/{post_id}/preview";

    const missing = await blog.POST(preview, { params: unknown, body: {} });
    const invalid = await blog.POST(preview, { params: { path }, body: { expires_in: 0 } });

    assert.equal(missing.error?.code, 404);
    assert.deepEqual(Object.keys(wrongFields(invalid.error) ?? {}), ["expires_in"]);
  });
});

describe("problem details", () => {
  const problems = blogWithProblemsAt(url, key);

  test("a body's problems have pointers", async () => {
    const body = { title: "ab", content, published: true };

    const { error, response } = await problems.POST("/api/posts", { body });

    assert.match(response.headers.get("Content-Type") ?? "", /^application\/problem\+json/);
    assert(error);
    assert.equal(error.status, 422);
    assert.deepEqual(error.errors, [{ pointer: "/title", detail: "Length must be between 3 and 100." }]);
  });

  test("a parameter's problems have its name", async () => {
    const { error } = await problems.GET("/api/posts", { params: { query: { page: 0 } } });

    assert.deepEqual(error?.errors?.map(({ parameter }) => parameter), ["page"]);
  });

  test("a missing key is a problem, too", async () => {
    const { error } = await blogWithProblemsAt(url).GET("/api/posts");

    assert.deepEqual([error?.status, error?.title], [401, "Unauthorized"]);
  });

  test("a missing post is a problem, too", async () => {
    const { error } = await problems.GET("/api/posts/{post_id}", { params: unknown });

    assert.deepEqual(error, { status: 404, title: "Not Found", type: "about:blank" });
  });
});
