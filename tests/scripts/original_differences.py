"""The intended differences between this server and the original, for `original.py`.

Each rule takes a request, the original's response and the response of this server. It returns the
response that this server must send. A rule that does not apply returns the original's response. The
rules run in order, each on the result of the previous rule. The docstring of a rule is its name in
docs/decisions/0018-differences-from-the-original.md.
"""

from __future__ import annotations

import json
import re
from typing import Callable, NamedTuple, Optional

from original_requests import Request

BODY_LIMIT = 1 << 20


class Answer(NamedTuple):
    """A response, with ids and times masked and with header names in lower case."""

    status: int
    body: object  # JSON with objects as lists of pairs, or text. None if the body is empty.
    headers: dict[str, str]

    def without(self, header: str) -> Answer:
        return self._replace(headers={name: value for name, value in self.headers.items() if name != header})

    def with_header(self, name: str, value: str) -> Answer:
        return self._replace(headers={**self.headers, name: value})


Rule = Callable[[Request, Answer, Answer], Answer]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def name_of(function: Rule) -> str:
    return (function.__doc__ or "").splitlines()[0].rstrip(".")


# --- Helpers of the rules -------------------------------------------------------------------------


def error(status: int, reason: str, errors: object = None) -> Answer:
    pairs: list[tuple[str, object]] = [("code", status), ("errors", errors), ("status", reason)]
    return Answer(status, [pair for pair in pairs if pair[1] is not None], {"content-type": "application/json"})


INVALID_JSON = error(400, "Bad Request", [("json", ["Invalid JSON body."])])
NOT_FOUND = error(404, "Not Found")
NULL_CHARACTERS = "Null characters are not allowed."


def field(answer: Answer, *names: str) -> object:
    """The value at a path of keys in a JSON body."""
    value = answer.body
    for name in names:
        value = dict(value).get(name) if isinstance(value, list) and value and isinstance(value[0], tuple) else None
    return value


def sent(request: Request) -> Optional[dict[str, object]]:
    """The JSON object in the body of a request."""
    try:
        value = json.loads((request.body or b"").decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def header(request: Request, name: str) -> Optional[str]:
    return dict(request.headers).get(name)


def path_of(request: Request) -> str:
    return re.sub("/+", "/", request.path.partition("?")[0])


def is_json(content_type: Optional[str]) -> bool:
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return re.fullmatch(r"application/(.+\+)?json", media_type) is not None


def writes(request: Request) -> bool:
    """Whether a request creates or replaces a post, if it succeeds."""
    target = f"{request.method} {path_of(request)}"
    return re.fullmatch("POST /api/posts|PUT /api/posts/[^/]+", target) is not None


# --- Paths and methods ----------------------------------------------------------------------------


@rule
def static(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """There is no folder `/static`."""
    if not path_of(request).startswith("/static/"):
        return theirs
    return NOT_FOUND._replace(body=None) if request.method == "HEAD" else NOT_FOUND


@rule
def encoded_slash(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """`%2F` does not separate segments of a path."""
    if "%2f" not in path_of(request).lower():
        return theirs
    statuses = (200, 204, 404) if request.method == "OPTIONS" else (404, 405)
    return ours if ours.status in statuses else theirs


@rule
def method_case(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """Methods are case-sensitive."""
    return ours if request.method == "get" and ours.status in (404, 405) else theirs


@rule
def id_case(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """An id may be written in upper case."""
    return ours if "{post:upper}" in request.path and ours.status in (200, 204) else theirs


@rule
def patch(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """`PATCH` changes a post."""
    applies = request.method == "PATCH" and re.fullmatch("/api/posts/[^/]+", path_of(request))
    return ours if applies and theirs.status == 405 and ours.status in (200, 404) else theirs


@rule
def docs(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """`/docs` and `/api/docs` redirect to Swagger UI."""
    if path_of(request).rstrip("/") not in ("/docs", "/api/docs"):
        return theirs
    redirected = 301 <= ours.status <= 308 and ours.headers.get("location", "").endswith("swagger")
    fits = redirected if request.method in ("GET", "HEAD") else ours.status in (200, 204, 405)
    return ours if fits else theirs


@rule
def options(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """The response to `OPTIONS` has no content type, and its `Allow` is sorted and contains `PATCH`."""
    if request.method != "OPTIONS" or theirs.status != 200 or "allow" not in theirs.headers:
        return theirs
    methods = set(theirs.headers["allow"].split(", "))
    methods |= {"PATCH"} if "PUT" in methods else set()
    status = ours.status if ours.status in (200, 204) else theirs.status
    return theirs.without("content-type").with_header("allow", ", ".join(sorted(methods)))._replace(status=status)


@rule
def parameters(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """Lists can be paged, sorted, searched and limited to some fields."""
    names = set(re.findall(r"[?&](page|page_size|limit|cursor|sort|q|fields)=", request.path))
    applies = request.method == "GET" and (names if path_of(request) == "/api/posts" else "fields" in names)
    return ours if applies and theirs.status == 200 and ours.status in (200, 422) else theirs


# --- Bodies ---------------------------------------------------------------------------------------


@rule
def draft(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """`PUT` without `published` leaves it as it is."""
    replaces_draft = request.method == "PUT" and "{draft}" in request.path and theirs.status == 200
    if not replaces_draft or "published" in (sent(request) or {}):
        return theirs
    return theirs._replace(body=[(name, False if name == "published" else value) for name, value in theirs.body])


@rule
def failure(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """A request that made the original fail with 500 is a 400 or a 422."""
    return ours if theirs.status == 500 and ours.status in (400, 422) else theirs


@rule
def surrogate(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """A body that contains an escaped surrogate without its other half is refused."""
    lone = re.search(r"[\ud800-\udfff]", json.dumps(sent(request), ensure_ascii=False))
    return ours if lone and ours.status in (400, 422) else theirs


@rule
def no_number(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """`NaN` and `Infinity` are not JSON."""
    return INVALID_JSON if writes(request) and re.search(rb'(^|[:-])(NaN|Infinity)', request.body or b"") else theirs


@rule
def null_character(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """U+0000 is refused."""
    names = [name for name in ("content", "title") if "\0" in str((sent(request) or {}).get(name))]
    if not names or theirs.status not in (200, 201, 422):
        return theirs
    found = dict(field(theirs, "errors", "json") or [])
    found.update({name: [NULL_CHARACTERS, *found.get(name, [])] for name in names})
    return error(422, "Unprocessable Entity", [("json", sorted(found.items()))])


@rule
def large(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """A body has at most 1 MiB."""
    applies = writes(request) and len(request.body or b"") > BODY_LIMIT
    return error(413, "Payload Too Large") if applies else theirs


@rule
def media_type(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """A body that is not declared as JSON is a 415."""
    applies = writes(request) and not is_json(header(request, "Content-Type"))
    return error(415, "Unsupported Media Type") if applies else theirs


@rule
def content_encoding(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """A body with a content coding is a 415."""
    applies = writes(request) and header(request, "Content-Encoding") not in (None, "identity")
    return error(415, "Unsupported Media Type") if applies else theirs


# --- Headers --------------------------------------------------------------------------------------


@rule
def location(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """201 has a `Location`."""
    return theirs.with_header("location", "/api/posts/<id>") if theirs.status == 201 else theirs


@rule
def no_content(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """204 has no content type."""
    return theirs.without("content-type") if theirs.status == 204 else theirs


@rule
def conditions(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """Conditional requests are answered as RFC 9110 requires."""
    conditional = any(name in ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since") for name,
                      _ in request.headers)
    return ours if conditional and theirs.status in (200, 201, 204) and ours.status in (304, 412) else theirs


@rule
def idempotency(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """`Idempotency-Key` has a meaning."""
    if request.method != "POST" or header(request, "Idempotency-Key") != "":
        return theirs
    return error(422, "Unprocessable Entity",
                 [("headers", [("Idempotency-Key", ["Length must be between 1 and 255."])])])


@rule
def problem(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """`Accept: application/problem+json` changes the form of errors."""
    applies = theirs.status >= 400 and "application/problem+json" in (header(request, "Accept") or "")
    shown = ours.headers.get("content-type") == "application/problem+json" and field(ours, "status") == theirs.status
    return theirs._replace(body=ours.body, headers=ours.headers) if applies and shown else theirs


@rule
def welcome(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """A browser gets a page at `/`."""
    applies = request.method == "GET" and path_of(request) == "/" and (header(request,
                                                                              "Accept") or "").startswith("text/html")
    return Answer(200, "<a page>", {"content-type": "text/html; charset=utf-8"}) if applies else theirs


@rule
def message(request: Request, theirs: Answer, ours: Answer) -> Answer:
    """An error may have a `message`."""
    text = field(ours, "message")
    comparable = theirs.status >= 400 and theirs.status == ours.status and isinstance(theirs.body, list)
    if not comparable or not isinstance(text, str) or field(theirs, "message") is not None:
        return theirs
    return theirs._replace(body=sorted([*theirs.body, ("message", text)], key=lambda pair: pair[0]))
