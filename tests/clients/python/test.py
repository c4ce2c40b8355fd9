"""Every operation of the blog API, through the functions that were generated from docs/openapi.json."""
import json
import os
import re
import unittest
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from blog_api_client import Client
from blog_api_client.api.posts import create_post, delete_post, get_post, list_posts, patch_post, replace_post
from blog_api_client.models import (
    CreatePost,
    ErrorBody,
    FieldErrors,
    ListPostsSort,
    PatchPost,
    Post,
    ReplacePost,
)
from blog_api_client.types import UNSET, Response, Unset

T = TypeVar("T")
A = TypeVar("A")

URL = os.environ["BLOG_URL"]
CONTENT = "Some content"
UNKNOWN = UUID(int=0)
BY_TITLE = ListPostsSort("title")

client = Client(base_url=URL, raise_on_unexpected_status=True)


def setUpModule() -> None:
    unittest.enterModuleContext(client)


def answer(response: Response[A], kind: type[T], status: int) -> T:
    """The answer, which has to be of that kind."""
    assert response.status_code == status, (response.status_code, response.content)
    assert isinstance(response.parsed, kind), response.parsed
    return response.parsed


def known(value: T | Unset) -> T:
    """A value that has to be there."""
    assert not isinstance(value, Unset)
    return value


def wrong_fields(error: ErrorBody) -> FieldErrors:
    """The messages for the fields of a JSON body."""
    json_errors = known(known(error.errors).json)
    assert isinstance(json_errors, FieldErrors)
    return json_errors


def linked(response: Response[A], parameter: str) -> str | None:
    """A parameter of the URL that `Link` has for the next page."""
    link = re.search(r'<([^>]*)>; *rel="next"', response.headers.get("Link", ""))
    return parse_qs(urlsplit(link[1]).query)[parameter][0] if link else None


def new_word() -> str:
    """A word that no other post has, to find a test's own posts by, whatever else the server holds."""
    return f"w{uuid4().hex}"


def given(title: str, published: bool = True) -> tuple[Post, str]:
    """A new post, and its `ETag`."""
    body = CreatePost(title=title, content=CONTENT, published=published)
    response = create_post.sync_detailed(client=client, body=body)
    return answer(response, Post, 201), response.headers["ETag"]


def given_five() -> tuple[str, list[str]]:
    """A word, and the titles of three drafts and two published posts that have it."""
    word = new_word()
    titles = [f"{number} {word}" for number in range(1, 6)]
    for title in titles:
        given(title, published=title > "4")
    return word, titles


class Listing(unittest.TestCase):
    def test_without_parameters_it_has_every_post_newest_first(self) -> None:
        older, _ = given("The older")
        newer, _ = given("The newer", published=False)

        listed = answer(list_posts.sync_detailed(client=client), list, 200)

        ours = [post.to_dict() for post in listed if post.id in (older.id, newer.id)]
        self.assertEqual(ours, [newer.to_dict(), older.to_dict()])

    def test_numbered_pages_say_how_many_there_are_and_which_is_next(self) -> None:
        word, titles = given_five()
        walked: list[str] = []
        page: int | None = 1

        while page:
            response = list_posts.sync_detailed(client=client, q=word, sort=BY_TITLE, page=page, page_size=2)
            walked += [post.title for post in answer(response, list, 200)]
            pagination = json.loads(response.headers["X-Pagination"])
            self.assertEqual((pagination["total"], pagination["page"]), (5, page))
            self.assertEqual(response.headers["X-Total-Count"], "5")
            following = linked(response, "page")
            page = int(following) if following else None

        self.assertEqual(walked, titles)

    def test_a_cursor_leads_from_part_to_part(self) -> None:
        word, titles = given_five()
        walked: list[str] = []
        cursor: str | Unset | None = UNSET

        while cursor is not None:
            response = list_posts.sync_detailed(client=client, q=word, sort=BY_TITLE, limit=2, cursor=cursor)
            walked += [post.title for post in answer(response, list, 200)]
            cursor = linked(response, "cursor")

        self.assertEqual(walked, titles)

    def test_every_order_is_the_reverse_of_its_opposite(self) -> None:
        word, titles = given_five()

        for order in ListPostsSort:
            listed = answer(list_posts.sync_detailed(client=client, q=word, sort=order), list, 200)
            expected = titles[::-1] if order.value.startswith("-") else titles
            self.assertEqual([post.title for post in listed], expected, order)

    def test_drafts_can_be_left_out_and_so_can_all_else(self) -> None:
        word, titles = given_five()

        for published, expected in ((True, titles[3:]), (False, titles[:3])):
            response = list_posts.sync_detailed(client=client, q=word, sort=BY_TITLE, published=published)
            self.assertEqual([post.title for post in answer(response, list, 200)], expected)

    def test_it_has_only_the_fields_that_were_asked_for(self) -> None:
        word, titles = given_five()

        # The generated function reads complete posts only.
        query = {"q": word, "sort": "title", "fields": "id,title"}
        listed = client.get_httpx_client().get("/api/posts", params=query).json()

        self.assertEqual([set(post) for post in listed], [{"id", "title"}] * 5)
        self.assertEqual([post["title"] for post in listed], titles)

    def test_an_unchanged_page_is_not_sent_again(self) -> None:
        word, _ = given_five()
        etag = list_posts.sync_detailed(client=client, q=word, page=1).headers["ETag"]

        again = list_posts.sync_detailed(client=client, q=word, page=1, if_none_match=etag)

        self.assertEqual((again.status_code, again.parsed), (HTTPStatus.NOT_MODIFIED, None))

    def test_what_is_wrong_with_parameters_is_told_by_their_names(self) -> None:
        response = list_posts.sync_detailed(client=client, page=0, limit=101)

        invalid = answer(response, ErrorBody, 422)
        self.assertEqual(set(known(known(invalid.errors).query).additional_keys), {"page", "limit"})

    def test_a_parameter_that_is_not_known_is_wrong_only_in_strict_handling(self) -> None:
        with Client(base_url=URL, httpx_args={"params": {"colour": "red"}}) as newer:
            answer(list_posts.sync_detailed(client=newer), list, 200)
            invalid = answer(list_posts.sync_detailed(client=newer, prefer="handling=strict"), ErrorBody, 422)

        self.assertEqual(known(known(invalid.errors).query)["colour"], ["Unknown field."])


class Creating(unittest.TestCase):
    def test_the_answer_is_the_post_and_says_where_it_is(self) -> None:
        body = CreatePost(title="A title", content=CONTENT)

        response = create_post.sync_detailed(client=client, body=body)

        post = answer(response, Post, 201)
        self.assertEqual((post.title, post.content, post.published), ("A title", CONTENT, True))
        self.assertEqual(post.created_at, post.updated_at)
        self.assertIsNotNone(post.created_at.tzinfo)
        self.assertEqual(response.headers["Location"], f"/api/posts/{post.id}")

    def test_a_repeat_of_the_same_key_makes_no_second_post(self) -> None:
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

    def test_what_is_wrong_with_a_body_is_told_by_its_fields(self) -> None:
        response = create_post.sync_detailed(client=client, body=CreatePost(title="ab", content="short"))

        wrong = wrong_fields(answer(response, ErrorBody, 422))
        self.assertEqual(wrong["title"], ["Length must be between 3 and 100."])
        self.assertEqual(wrong["content"], ["Shorter than minimum length 10."])

    def test_a_body_that_is_too_long_is_an_error_of_the_apis_shape(self) -> None:
        body = CreatePost(title="A title", content="a" * 2**20)

        error = answer(create_post.sync_detailed(client=client, body=body), ErrorBody, 413)

        self.assertEqual((error.code, error.status), (413, "Payload Too Large"))


class OnePost(unittest.TestCase):
    def test_it_is_read_by_its_id_and_not_sent_again_while_it_is_the_same(self) -> None:
        post, etag = given("A title")

        read = get_post.sync_detailed(post.id, client=client)
        again = get_post.sync_detailed(post.id, client=client, if_none_match=etag)

        self.assertEqual(answer(read, Post, 200), post)
        self.assertEqual(read.headers["ETag"], etag)
        self.assertEqual((again.status_code, again.parsed), (HTTPStatus.NOT_MODIFIED, None))

    def test_it_is_replaced_only_by_who_knows_its_present_state(self) -> None:
        post, etag = given("Before", published=False)
        body = ReplacePost(title="After", content=CONTENT)

        first = replace_post.sync_detailed(post.id, client=client, body=body, if_match=etag)
        stale = replace_post.sync_detailed(post.id, client=client, body=body, if_match=etag)

        replaced = answer(first, Post, 200)
        self.assertEqual((replaced.title, replaced.published), ("After", False))
        self.assertGreaterEqual(replaced.updated_at, post.updated_at)
        self.assertEqual(answer(stale, ErrorBody, 412).status, "Precondition Failed")
        self.assertEqual(stale.headers["ETag"], first.headers["ETag"])

    def test_a_patch_changes_what_it_has_and_nothing_else(self) -> None:
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

    def test_what_is_wrong_with_a_change_is_told_by_its_fields(self) -> None:
        post, _ = given("A title")

        replaced = replace_post.sync_detailed(
            post.id, client=client, body=ReplacePost(title="ab", content=CONTENT)
        )
        patched = patch_post.sync_detailed(post.id, client=client, body=PatchPost(title="ab"))

        for invalid in (answer(replaced, ErrorBody, 422), answer(patched, ErrorBody, 422)):
            self.assertEqual(wrong_fields(invalid)["title"], ["Length must be between 3 and 100."])

    def test_it_is_deleted_only_by_who_knows_its_present_state_and_then_is_gone(self) -> None:
        post, etag = given("A title")

        refused = delete_post.sync_detailed(post.id, client=client, if_match='"another"')
        deleted = delete_post.sync_detailed(post.id, client=client, if_match=etag)
        read = get_post.sync_detailed(post.id, client=client)

        answer(refused, ErrorBody, 412)
        self.assertEqual(deleted.status_code, HTTPStatus.NO_CONTENT)
        self.assertEqual(answer(read, ErrorBody, 404), ErrorBody(code=404, status="Not Found"))

    def test_an_unknown_one_is_not_found_whatever_is_to_be_done_with_it(self) -> None:
        body = ReplacePost(title="A title", content=CONTENT)

        answer(get_post.sync_detailed(UNKNOWN, client=client), ErrorBody, 404)
        answer(replace_post.sync_detailed(UNKNOWN, client=client, body=body), ErrorBody, 404)
        answer(patch_post.sync_detailed(UNKNOWN, client=client, body=PatchPost()), ErrorBody, 404)
        answer(delete_post.sync_detailed(UNKNOWN, client=client), ErrorBody, 404)


class WithoutWaiting(unittest.IsolatedAsyncioTestCase):
    async def test_the_same_can_be_done_asynchronously(self) -> None:
        post, _ = given("A title")

        async with Client(base_url=URL) as asynchronous:
            read = await get_post.asyncio_detailed(post.id, client=asynchronous)

        self.assertEqual(answer(read, Post, 200), post)


if __name__ == "__main__":
    unittest.main()
