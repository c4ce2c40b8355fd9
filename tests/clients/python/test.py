"""Tests every operation of the blog API with the client generated from docs/openapi.json."""
import json
import os
import re
import unittest
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
from blog_api_client import AuthenticatedClient
from blog_api_client.api.posts import (
    create_post,
    create_preview,
    delete_post,
    get_post,
    list_posts,
    patch_post,
    replace_post,
)
from blog_api_client.models import (
    CreatePost,
    CreatePreview,
    ErrorBody,
    FieldErrors,
    ListPostsSort,
    PatchPost,
    Post,
    Preview,
    ReplacePost,
)
from blog_api_client.types import UNSET, Response, Unset

T = TypeVar("T")
A = TypeVar("A")

URL = os.environ["BLOG_URL"]
KEY = os.environ["BLOG_KEY"]
CONTENT = "Some content"
UNKNOWN = UUID(int=0)
BY_TITLE = ListPostsSort("title")

client = AuthenticatedClient(base_url=URL, token=KEY, raise_on_unexpected_status=True)

# Each generated function requires an `AuthenticatedClient`. This one sends no key, because its httpx client is replaced.
client_without_key = AuthenticatedClient(base_url=URL, token="", raise_on_unexpected_status=True)
client_without_key.set_httpx_client(httpx.Client(base_url=URL))


def setUpModule() -> None:
    unittest.enterModuleContext(client)
    unittest.enterModuleContext(client_without_key)


def answer(response: Response[A], kind: type[T], status: int) -> T:
    """The parsed body of a response. Fails unless the status and the type are as expected."""
    assert response.status_code == status, (response.status_code, response.content)
    assert isinstance(response.parsed, kind), response.parsed
    return response.parsed


def known(value: T | Unset) -> T:
    """Returns the value. Fails if it is not set."""
    assert not isinstance(value, Unset)
    return value


def wrong_fields(error: ErrorBody) -> FieldErrors:
    """The messages for the fields of a JSON body."""
    json_errors = known(known(error.errors).json)
    assert isinstance(json_errors, FieldErrors)
    return json_errors


def linked(response: Response[A], parameter: str) -> str | None:
    """The value of a query parameter in the URL of the next page. None on the last page."""
    link = re.search(r'<([^>]*)>; *rel="next"', response.headers.get("Link", ""))
    return parse_qs(urlsplit(link[1]).query)[parameter][0] if link else None


def new_word() -> str:
    """A word that no other post contains. A search for it finds only the posts of one test."""
    return f"w{uuid4().hex}"


def given(title: str, published: bool = True) -> tuple[Post, str]:
    """A new post, and its `ETag`."""
    body = CreatePost(title=title, content=CONTENT, published=published)
    response = create_post.sync_detailed(client=client, body=body)
    return answer(response, Post, 201), response.headers["ETag"]


def given_five() -> tuple[str, list[str]]:
    """Creates three drafts and two published posts. Returns a word that only they contain, and
    their titles.
    """
    word = new_word()
    titles = [f"{number} {word}" for number in range(1, 6)]
    for title in titles:
        given(title, published=title > "4")
    return word, titles


class Listing(unittest.TestCase):
    def test_without_parameters_a_list_has_every_post_newest_first(self) -> None:
        older, _ = given("The older")
        newer, _ = given("The newer", published=False)

        listed = answer(list_posts.sync_detailed(client=client), list, 200)

        ours = [post.to_dict() for post in listed if post.id in (older.id, newer.id)]
        self.assertEqual(ours, [newer.to_dict(), older.to_dict()])

    def test_numbered_pages_have_totals_and_a_link_to_the_next_page(self) -> None:
        word, titles = given_five()
        received: list[str] = []
        page: int | None = 1

        while page:
            response = list_posts.sync_detailed(client=client, q=word, sort=BY_TITLE, page=page, page_size=2)
            received += [post.title for post in answer(response, list, 200)]
            pagination = json.loads(response.headers["X-Pagination"])
            self.assertEqual((pagination["total"], pagination["page"]), (5, page))
            self.assertEqual(response.headers["X-Total-Count"], "5")
            following = linked(response, "page")
            page = int(following) if following else None

        self.assertEqual(received, titles)

    def test_cursors_lead_to_every_post(self) -> None:
        word, titles = given_five()
        received: list[str] = []
        cursor: str | Unset | None = UNSET

        while cursor is not None:
            response = list_posts.sync_detailed(client=client, q=word, sort=BY_TITLE, limit=2, cursor=cursor)
            received += [post.title for post in answer(response, list, 200)]
            cursor = linked(response, "cursor")

        self.assertEqual(received, titles)

    def test_every_order_is_the_reverse_of_its_opposite(self) -> None:
        word, titles = given_five()

        for order in ListPostsSort:
            listed = answer(list_posts.sync_detailed(client=client, q=word, sort=order), list, 200)
            expected = titles[::-1] if order.value.startswith("-") else titles
            self.assertEqual([post.title for post in listed], expected, order)

    def test_published_selects_published_posts_or_drafts(self) -> None:
        word, titles = given_five()

        for published, expected in ((True, titles[3:]), (False, titles[:3])):
            response = list_posts.sync_detailed(client=client, q=word, sort=BY_TITLE, published=published)
            self.assertEqual([post.title for post in answer(response, list, 200)], expected)

    def test_a_list_has_only_the_requested_fields(self) -> None:
        word, titles = given_five()

        # The generated function decodes only complete posts.
        query = {"q": word, "sort": "title", "fields": "id,title"}
        listed = client.get_httpx_client().get("/api/posts", params=query).json()

        self.assertEqual([set(post) for post in listed], [{"id", "title"}] * 5)
        self.assertEqual([post["title"] for post in listed], titles)

    def test_an_unchanged_page_is_a_304(self) -> None:
        word, _ = given_five()
        etag = list_posts.sync_detailed(client=client, q=word, page=1).headers["ETag"]

        again = list_posts.sync_detailed(client=client, q=word, page=1, if_none_match=etag)

        self.assertEqual((again.status_code, again.parsed), (HTTPStatus.NOT_MODIFIED, None))

    def test_invalid_parameters_are_reported_by_name(self) -> None:
        response = list_posts.sync_detailed(client=client, page=0, limit=101)

        invalid = answer(response, ErrorBody, 422)
        self.assertEqual(set(known(known(invalid.errors).query).additional_keys), {"page", "limit"})

    def test_an_unknown_parameter_is_an_error_only_with_strict_handling(self) -> None:
        with AuthenticatedClient(base_url=URL, token=KEY, httpx_args={"params": {"colour": "red"}}) as newer:
            answer(list_posts.sync_detailed(client=newer), list, 200)
            invalid = answer(list_posts.sync_detailed(client=newer, prefer="handling=strict"), ErrorBody, 422)

        self.assertEqual(known(known(invalid.errors).query)["colour"], ["Unknown field."])


class Creating(unittest.TestCase):
    def test_the_response_is_the_post_and_its_location(self) -> None:
        body = CreatePost(title="A title", content=CONTENT)

        response = create_post.sync_detailed(client=client, body=body)

        post = answer(response, Post, 201)
        self.assertEqual((post.title, post.content, post.published), ("A title", CONTENT, True))
        self.assertEqual(post.created_at, post.updated_at)
        self.assertIsNotNone(post.created_at.tzinfo)
        self.assertEqual(response.headers["Location"], f"/api/posts/{post.id}")

    def test_a_repeated_key_creates_no_second_post(self) -> None:
        word, key = new_word(), str(uuid4())
        body = CreatePost(title=word, content=CONTENT)

        first = create_post.sync_detailed(client=client, body=body, idempotency_key=key)
        repeat = create_post.sync_detailed(client=client, body=body, idempotency_key=key)
        other = create_post.sync_detailed(
            client=client, body=CreatePost(title="Another", content=CONTENT), idempotency_key=key
        )

        self.assertEqual(answer(repeat, Post, 201), answer(first, Post, 201))
        self.assertNotIn("Idempotent-Replayed", first.headers)
        self.assertEqual(repeat.headers["Idempotent-Replayed"], "true")
        self.assertEqual(len(answer(list_posts.sync_detailed(client=client, q=word), list, 200)), 1)
        wrong = known(known(answer(other, ErrorBody, 422).errors).headers)
        self.assertEqual(wrong.additional_keys, ["Idempotency-Key"])

    def test_invalid_fields_of_a_body_are_reported_by_name(self) -> None:
        response = create_post.sync_detailed(client=client, body=CreatePost(title="ab", content="short"))

        wrong = wrong_fields(answer(response, ErrorBody, 422))
        self.assertEqual(wrong["title"], ["Length must be between 3 and 100."])
        self.assertEqual(wrong["content"], ["Shorter than minimum length 10."])

    def test_a_body_that_is_too_long_is_an_error_of_type_errorbody(self) -> None:
        body = CreatePost(title="A title", content="a" * 2**20)

        error = answer(create_post.sync_detailed(client=client, body=body), ErrorBody, 413)

        self.assertEqual((error.code, error.status), (413, "Payload Too Large"))


class OnePost(unittest.TestCase):
    def test_a_post_is_read_by_its_id_and_is_a_304_while_it_is_unchanged(self) -> None:
        post, etag = given("A title")

        read = get_post.sync_detailed(post.id, client=client)
        again = get_post.sync_detailed(post.id, client=client, if_none_match=etag)

        self.assertEqual(answer(read, Post, 200), post)
        self.assertEqual(read.headers["ETag"], etag)
        self.assertEqual((again.status_code, again.parsed), (HTTPStatus.NOT_MODIFIED, None))

    def test_a_post_is_replaced_only_if_it_is_unchanged(self) -> None:
        post, etag = given("Before", published=False)
        body = ReplacePost(title="After", content=CONTENT)

        first = replace_post.sync_detailed(post.id, client=client, body=body, if_match=etag)
        stale = replace_post.sync_detailed(post.id, client=client, body=body, if_match=etag)

        replaced = answer(first, Post, 200)
        self.assertEqual((replaced.title, replaced.published), ("After", False))
        self.assertGreaterEqual(replaced.updated_at, post.updated_at)
        self.assertEqual(answer(stale, ErrorBody, 412).status, "Precondition Failed")
        self.assertEqual(stale.headers["ETag"], first.headers["ETag"])

    def test_a_patch_changes_only_the_fields_that_it_contains(self) -> None:
        post, etag = given("Before")
        body = PatchPost(published=False)

        first = patch_post.sync_detailed(post.id, client=client, body=body, if_match=etag)
        second = patch_post.sync_detailed(post.id, client=client, body=PatchPost(title="After"))
        stale = patch_post.sync_detailed(post.id, client=client, body=body, if_match=etag)

        patched = answer(first, Post, 200)
        self.assertEqual((patched.title, patched.content, patched.published), ("Before", CONTENT, False))
        patched = answer(second, Post, 200)
        self.assertEqual((patched.title, patched.content, patched.published), ("After", CONTENT, False))
        answer(stale, ErrorBody, 412)

    def test_invalid_fields_of_a_change_are_reported_by_name(self) -> None:
        post, _ = given("A title")

        replaced = replace_post.sync_detailed(
            post.id, client=client, body=ReplacePost(title="ab", content=CONTENT)
        )
        patched = patch_post.sync_detailed(post.id, client=client, body=PatchPost(title="ab"))

        for invalid in (answer(replaced, ErrorBody, 422), answer(patched, ErrorBody, 422)):
            self.assertEqual(wrong_fields(invalid)["title"], ["Length must be between 3 and 100."])

    def test_a_post_is_deleted_only_if_it_is_unchanged(self) -> None:
        post, etag = given("A title")

        refused = delete_post.sync_detailed(post.id, client=client, if_match='"another"')
        deleted = delete_post.sync_detailed(post.id, client=client, if_match=etag)
        read = get_post.sync_detailed(post.id, client=client)

        answer(refused, ErrorBody, 412)
        self.assertEqual(deleted.status_code, HTTPStatus.NO_CONTENT)
        self.assertEqual(answer(read, ErrorBody, 404), ErrorBody(code=404, status="Not Found"))

    def test_an_unknown_post_is_a_404_for_every_operation(self) -> None:
        body = ReplacePost(title="A title", content=CONTENT)

        answer(get_post.sync_detailed(UNKNOWN, client=client), ErrorBody, 404)
        answer(replace_post.sync_detailed(UNKNOWN, client=client, body=body), ErrorBody, 404)
        answer(patch_post.sync_detailed(UNKNOWN, client=client, body=PatchPost()), ErrorBody, 404)
        answer(delete_post.sync_detailed(UNKNOWN, client=client), ErrorBody, 404)


class Keys(unittest.TestCase):
    def test_a_request_without_a_key_is_a_401(self) -> None:
        read = list_posts.sync_detailed(client=client_without_key)
        write = create_post.sync_detailed(
            client=client_without_key, body=CreatePost(title="A title", content=CONTENT)
        )

        self.assertEqual(answer(read, ErrorBody, 401).status, "Unauthorized")
        self.assertEqual(answer(write, ErrorBody, 401).status, "Unauthorized")
        self.assertEqual(read.headers["WWW-Authenticate"], "Bearer")

    def test_a_preview_token_shows_a_draft_to_a_client_without_a_key(self) -> None:
        post, _ = given("A draft", published=False)

        response = create_preview.sync_detailed(post.id, client=client, body=CreatePreview(expires_in=60))

        preview = answer(response, Preview, 201)
        self.assertGreater(preview.expires_at, post.created_at)
        shown = get_post.sync_detailed(post.id, client=client_without_key, preview=preview.token)
        self.assertEqual(answer(shown, Post, 200), post)
        other = get_post.sync_detailed(post.id, client=client_without_key, preview="another")
        answer(other, ErrorBody, 404)

    def test_an_invalid_preview_is_an_error_of_type_errorbody(self) -> None:
        post, _ = given("A draft", published=False)

        missing = create_preview.sync_detailed(UNKNOWN, client=client, body=CreatePreview())
        invalid = create_preview.sync_detailed(post.id, client=client, body=CreatePreview(expires_in=0))

        answer(missing, ErrorBody, 404)
        self.assertEqual(wrong_fields(answer(invalid, ErrorBody, 422)).additional_keys, ["expires_in"])


class WithoutWaiting(unittest.IsolatedAsyncioTestCase):
    async def test_the_operations_work_asynchronously(self) -> None:
        post, _ = given("A title")

        async with AuthenticatedClient(base_url=URL, token=KEY) as asynchronous:
            read = await get_post.asyncio_detailed(post.id, client=asynchronous)

        self.assertEqual(answer(read, Post, 200), post)


if __name__ == "__main__":
    unittest.main()
