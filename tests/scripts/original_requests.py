"""The requests that `original.py` sends to both servers, in groups.

In a path, `{post}` is the id of a published post, and `{draft}` is the id of a draft.
"""

from __future__ import annotations

import json
from typing import Iterator, NamedTuple, Optional
from urllib.parse import quote

JSON = ("Content-Type", "application/json")
VALID = b'{"title":"A title","content":"Long enough a content."}'
INVALID = b'{"title":"A","content":7,"published":"maybe","extra":1}'
MISSING = "00000000-0000-4000-8000-000000000000"


class Request(NamedTuple):
    group: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Optional[bytes] = None

    def __str__(self) -> str:
        headers = "".join(f" {name}: {value[:60]};" for name, value in self.headers if (name, value) != JSON)
        body = "" if self.body is None else f" {self.body[:80]!r}" + ("…" if len(self.body) > 80 else "")
        path = self.path if len(self.path) <= 80 else f"{self.path[:80]}… ({len(self.path)})"
        return f"{self.method} {path}{headers}{body}"


def write(group: str, method: str, path: str, body: bytes, *headers: tuple[str, str]) -> Request:
    """A request with a JSON body."""
    return Request(group, method, path, (JSON, *headers), body)


# --- Paths and methods ----------------------------------------------------------------------------

COMMON_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
METHODS = (*COMMON_METHODS, "PATCH", "TRACE", "PROPFIND", "get", "FOO")

PATHS = (
    "/", "/?x=1", "/api", "/api/", "/api/posts", "/api/posts?", "/api/posts?x=1", "/api/posts/",
    "/api/posts/{post}", "/api/posts/{draft}", "/api/posts/{post}/", "/api/posts/{post}?x=1", "/api/posts/{post}/x",
    f"/api/posts/{MISSING}", "/api/posts/x", "/api/posts/1", "/api/posts/null", "/api/posts/%20",
    "/api/posts/{post}%20",
    "/api/docs", "/api/docs/", "/api/docs/openapi.json", "/api/docs/openapi.json/", "/api/docs/swagger",
    "/api/docs/swagger/",
    "/docs", "/openapi.json", "/favicon.ico", "/robots.txt", "/index.html", "/static/x", "/x", "/posts",
)

ODD_PATHS = (
    "//", "///", "//api/posts", "///api/posts", "/api//posts", "/api///posts", "/api/posts//", "//api//posts",
    "/api/posts//{post}", "/api//posts/{post}", "//api/posts/{post}", "//api//posts//{post}", "/api/posts/{post}//",
    "//api/docs/openapi.json", "/api/docs//swagger", "//x", "/api//x", "/api/posts//x", "/api//posts?published=false",
    "/API/posts", "/api/Posts", "/API/POSTS", "/api/posts.json", "/api/posts.", "/api/posts/.", "/api/./posts",
    "/./api/posts", "/api/../api/posts", "/../api/posts", "/api/posts/..", "/api/posts/{post}/..",
    "/%61pi/posts", "/api%2Fposts", "/api%2fposts", "/api/posts%2F", "/api/posts/%2F", "/api/posts%2F{post}",
    "/api/posts/{post}%2F", "/api/posts/{post}%2Fx", "/api/posts/%2e%2e", "/%2F/api/posts", "/%2Fapi/posts",
    "/api/posts%3Fpublished=true", "/api/posts%23", "/api/posts/%00", "/api/posts/{post}%00", "/api/posts/%FF",
    "/api/posts/%C3%A9", "/api/posts/%F0%9F%98%80", "/api/posts/%", "/api/posts/%zz", "/api/posts/%2", "/api/posts/a+b",
    "/api/posts;x=1", "/api/posts/{post};x=1", "/api/posts,", "/api/posts/'", "/api/posts/--", "/api/posts/{post},",
    "/api/posts/{post}.json", "/api/posts/{post:upper}", "/api/posts/{post:simple}", "/api/posts/{post:braced}",
    "/api/posts/{post:urn}", "/api/posts/{post:encoded}", "/api/posts/" + "a" * 300, "/api/posts/" + "a" * 4000,
    "/" + "a" * 4000, "/" + "/a" * 1000, "/" * 1000, "/api/posts?" + "x=1&" * 1000, "/" + "%61" * 1000,
)


def paths() -> Iterator[Request]:
    for group, some, methods in (("method and path", PATHS, METHODS), ("odd path", ODD_PATHS, COMMON_METHODS)):
        for path in some:
            for method in methods:
                if method in ("POST", "PUT", "PATCH"):
                    yield write(group, method, path, VALID)
                else:
                    yield Request(group, method, path)
    for path in ("*", "http://example.test/api/posts", "http://example.test//api/posts", "http://example.test"):
        for method in ("GET", "OPTIONS"):
            yield Request("request target", method, path)


# --- Queries --------------------------------------------------------------------------------------

SPELLINGS = (
    "t T true True TRUE y Y yes Yes YES on On ON 1 f F false False FALSE n N no No NO off Off OFF 0 "
    "tRUE yEs oN fALSE nO oFF 2 -1 00 01 +1 1.0 0.0 1e0 0x1 null None nil undefined NaN "
    "enabled true1 wahr ja oui １ ٱ ｔrue"
).split() + ["", " ", " true", "true ", "true\n", "\ttrue", "true,false", "[true]", "\"true\"", "'true'", "tru",
             "true\0"]


def quoted(text: str) -> str:
    return quote(text, safe="")


def queries() -> Iterator[Request]:
    for text in SPELLINGS:
        yield Request("boolean in the query", "GET", f"/api/posts?published={quoted(text)}")
        yield Request("boolean in the query", "HEAD", f"/api/posts?published={quoted(text)}")
    names = ("PUBLISHED", "Published", "publish", "published[]", "published.x", " published", "%70ublished",
             "published%00", "pub+lished")
    for name in names:
        for value in ("false", "maybe"):
            yield Request("query", "GET", f"/api/posts?{name.replace(' ', '%20')}={value}")
    for query in (
        "published", "published&published", "published=true&published=false", "published=false&published=true",
        "published=false&published=maybe", "published=maybe&published=false", "published=&published=false",
        "published=false;x=1", "x=1;published=false", "published=false&", "&published=false", "&&published=false&&",
        "published==false", "published=false=", "=published", "=", "&", "?published=false", "published=%",
        "published=%zz", "published=%FF", "published=%E2%82", "published=fal%73e", "published=f%00", "published=+false",
        "published=false+",
        "published=false#x", "x", "x=", "x=1&x=2", "x=%FF", "%FF=x", "x=%00", "x[]=1", "x=" + "a" * 5000, "id=1",
        "title=x",
        "content=x", "per_page=1", "offset=1", "search=x", "order=asc", "filter=x", "_=1700000000000", "callback=f",
        "format=json",
        "debug=1", "published=false&x=1&y=2", "__proto__=1", "created_at=x", "utm_source=x", "tag=a", "status=draft",
    ):
        yield Request("query", "GET", f"/api/posts?{query}")
    for query in ("page=1", "page=0", "page=x", "page_size=5", "page_size=0", "page_size=x", "limit=1", "limit=0",
                  "limit=x", "cursor=x",
                  "sort=title", "sort=x", "q=title", "q=", "fields=id", "fields=x", "fields=", "page=1&limit=1"):
        yield Request("new parameter", "GET", f"/api/posts?{query}")
        yield Request("new parameter", "GET", f"/api/posts/{{post}}?{query}")
    for query in ("published=maybe", "published=false", "x=%FF", "published", "&&", "x=1"):
        for path in ("/", "/api/posts/{post}", "/api/posts/{draft}", "/api/docs/openapi.json", f"/api/posts/{MISSING}"):
            yield Request("query elsewhere", "GET", f"{path}?{query}")
        yield write("query elsewhere", "POST", f"/api/posts?{query}", VALID)
        yield write("query elsewhere", "PUT", f"/api/posts/{{post}}?{query}", VALID)
        yield Request("query elsewhere", "DELETE", f"/api/posts/{{post}}?{query}")


# --- Bodies ---------------------------------------------------------------------------------------


def nested(depth: int, brackets: str) -> bytes:
    if brackets == "[]":
        return b"[" * depth + b"]" * depth
    return b'{"a":' * depth + b"1" + b"}" * depth


def with_field(name: str, value: bytes) -> bytes:
    """A valid body in which the field `name` is added, or its value is replaced."""
    fields = {"title": b'"A title"', "content": b'"Long enough a content."', name: value}
    return b"{" + b",".join(json.dumps(key).encode() + b":" + text for key, text in fields.items()) + b"}"


def whole_bodies() -> Iterator[tuple[str, bytes]]:
    """Bodies, each with the name of its group of requests."""
    for text in ("", " ", "\n", "\t \r\n", "null", "true", "false", "0", "1", "-1", "1.5", "1e999", "-1e999", "NaN",
                 "Infinity", "-Infinity", '""', '"text"', "[]", "[1]", "[{}]", "[null]",
                 '[{"title":"A title","content":"Long enough a content."}]', "{}"):
        yield "body that is no object", text.encode()
    for text in ("{", "}", "[", "{]", '{"title"}', '{"title":}', '{"title":"A title",}', '{,}', '{title:"A title"}',
                 "{'title':'A title'}",
                 '{"title":"A title" "content":"x"}', '{"title":"A title"}}', '{} {}', '{}x', 'x{}', '{}\0', '\0{}',
                 '{} // comment', '{/**/}',
                 "title=A+title&content=Long+enough", "<post/>", "undefined", "True", "None", "nul", "tru", "01", "1.",
                 ".5", "+1", "0x1", "1e",
                 "--1", '"', '"a', '"\\x"', '"\\u12"', '"a\nb"', '"a\tb"', "\x0c{}", "\x0b{}", "\u00a0{}", "\u2028{}",
                 ")]}',\n{}"):
        yield "malformed JSON", text.encode()
    for text in (VALID.decode(), VALID.decode() + "\n", " \r\n\t" + VALID.decode() + " \r\n\t"):
        yield "valid body", text.encode()
        for coding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
            yield "body in another encoding", text.encode(coding)
    yield "body in another encoding", '{"title":"Ünïcode","content":"Long enough a content."}'.encode("latin-1")
    for piece in (b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"):
        yield "invalid UTF-8", with_field("title", b'"A title' + piece + b'"')
        yield "invalid UTF-8", with_field("x" , b'"' + piece + b'"')
        yield "invalid UTF-8", VALID + piece
    for text in (
        '{"title":"A title","title":"Another","content":"Long enough a content."}',
        '{"title":"A","title":"Another","content":"Long enough a content."}',
        '{"title":"Another","title":"A","content":"Long enough a content."}',
        '{"title":null,"title":"Another","content":"Long enough a content."}',
        '{"title":"Another","title":null,"content":"Long enough a content."}',
        '{"title":"A title","content":"short","content":"Long enough a content."}',
        '{"title":"A title","content":"Long enough a content.","published":true,"published":false}',
        '{"title":"A title","content":"Long enough a content.","x":1,"x":2}',
        '{"title":"A title","content":"Long enough a content.","\\u0074itle":"Another"}',
    ):
        yield "duplicate keys", text.encode()
    for fields in ({}, {"title": "A title"}, {"content": "Long enough a content."}, {"published": True}, {"x": 1},
                   {"title": None, "content": None, "published": None}, {"title": 1, "content": 1, "published": "x"},
                   {"title": "A", "content": "short"},
                   {"title": "A", "content": "short", "published": 2, "x": 1, "y": 2},
                   {"Title": "A title", "Content": "Long enough a content."},
                   {"title": [], "content": {}, "published": []},
                   {"title": "A title", "content": "Long enough a content.", "published": False},
                   {"title": "A title", "content": "Long enough a content.", "published": True}):
        yield "fields", json.dumps(fields).encode()
    for depth in (50, 125, 126, 127, 128, 500, 900, 1000, 5000, 100_000):
        for brackets in ("[]", "{}"):
            yield f"nesting of {depth}", nested(depth, brackets)
            yield f"nesting of {depth}", with_field("title", nested(depth - 1, brackets))
            yield f"nesting of {depth}", with_field("x", nested(depth - 1, brackets))
    for length in (1_000_000, 1_100_000):
        yield f"body of {length} bytes", with_field("content", b'"' + b"a" * length + b'"')
        yield f"body of {length} bytes", with_field("title", b'"' + b"a" * length + b'"')


VALUES = (
    "null", "true", "false", "0", "1", "-0", "-0.0", "0.0", "1.0", "0e0", "1e0", "10e-1", "0.5", "2", "-1", "1.5",
    "1e308", "1e309", "1e999",
    "-1e999", "1e-999", "NaN", "Infinity", "-Infinity", "9007199254740993", "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809", "1" + "0" * 400, "1" + "0" * 4299, "1" + "0" * 4300, "0." + "1" * 400,
    "1.0000000000000000000000001",
    "[]", "[1]", '["A title"]', "{}", '{"a":1}', '{"title":"A title"}', '""', '" "', '"   "', '"          "',
    '"\\t\\n "', '"ab"', '"abc"', '" ab "',
    '"123456789"', '"1234567890"', '"         x"', '"\\u0000"', '"A\\u0000title long enough"',
    '"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000"',
    '"\\ud800"', '"\\ud800 and a title"', '"\\udc00 and a title"', '"\\ud800\\ud800 a title"',
    '"\\ud83d\\ude00 a title"', '"\\ude00\\ud83d a title"',
    '"\\uFFFF a title"', '"\\ufeff a title"', '"\\u202e a title"', '"\\u0001\\u001f a title"', '"\\u007f a title"',
    '"a/b\\/c\\b\\f\\n\\r\\t a title"',
    '"\U0001f600\U0001f600\U0001f600"', '"\U0001f600\U0001f600"', '"e\u0301e\u0301"', '"<b>A title</b> &amp; more"',
    "\"'; DROP TABLE posts; --\"",
    '"' + "a" * 99 + '"', '"' + "a" * 100 + '"', '"' + "a" * 101 + '"', '"' + "\u00e9" * 100 + '"',
    '"' + "\U0001f600" * 100 + '"',
    '"' + "\U0001f600" * 101 + '"', '"' + "e\u0301" * 51 + '"', '"' + "a" * 100_000 + '"',
)

FIELDS = ("title", "content", "published")
UNKNOWN_FIELDS = ("x", "id", "created_at", "updated_at", "Title", "", " title", "title ", "_schema", "json", "\u00e9",
                  "\U0001f600", "a.b", "__proto__", "version", "\0", "title\0", "0", "a" * 1000)


def bodies() -> Iterator[Request]:
    for group, body in whole_bodies():
        yield write(group, "POST", "/api/posts", body)
        yield write(group, "PUT", "/api/posts/{post}", body)
        if len(body) < 10_000:
            yield write(group, "PUT", f"/api/posts/{MISSING}", body)
            yield write(group, "PUT", "/api/posts/x", body)
    for name in FIELDS:
        values = list(VALUES)
        if name == "published":
            values += [json.dumps(text) for text in SPELLINGS]
        for value in values:
            body = with_field(name, value.encode())
            yield write(f"value of {name}", "POST", "/api/posts", body)
            yield write(f"value of {name}", "PUT", "/api/posts/{draft}", body)
    for name in UNKNOWN_FIELDS:
        for value in ("1", "null", '"x"', "1e999", "NaN"):
            body = with_field(name, value.encode())
            yield write("unknown field", "POST", "/api/posts", body)
            yield write("unknown field", "PUT", "/api/posts/{post}", body)
    for method, path in (("GET", "/api/posts"), ("GET", "/api/posts/{post}"), ("GET", "/"),
                         ("DELETE", "/api/posts/{post}"),
                         ("HEAD", "/api/posts"), ("OPTIONS", "/api/posts"), ("DELETE", "/api/posts/x"),
                         ("DELETE", "/api/posts")):
        for body in (VALID, b"", b"{", b"\xff", b"null"):
            yield write("body where none is expected", method, path, body)
            yield Request("body where none is expected", method, path, (), body)


# --- Headers --------------------------------------------------------------------------------------

CONTENT_TYPES = (
    None, "", "application/json", "Application/JSON", "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
    "application/json; charset=utf-16", "application/json; charset=latin-1", "application/json; charset=nonsense",
    "application/json;",
    "application/json; x=1", " application/json ", "application/json,application/json", "application/problem+json",
    "application/vnd.api+json", "application/ld+json", "application/merge-patch+json",
    "application/x+json; charset=utf-8", "text/json", "text/x+json",
    "application/jsonx", "application/json+x", "application/x-json", "text/plain", "text/plain; charset=utf-8",
    "text/html", "text/xml", "application/xml",
    "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
    "application/octet-stream", "json", "*/*", "/", "nonsense", "application/", "image/svg+xml",
)

FORM = b"title=A+title&content=Long+enough+a+content."
MULTIPART = (b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nA title\r\n--x\r\n'
             b'Content-Disposition: form-data; name="content"\r\n\r\nLong enough a content.\r\n--x--\r\n')

ACCEPTS = (
    "", "*/*", "application/json", "application/*", "text/html",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/plain",
    "application/xml", "image/png", "application/problem+json", "application/problem+json, application/json;q=0.5",
    "application/json, application/problem+json", "application/json;q=0", "*/*;q=0", "nonsense",
    "application/vnd.api+json", "application/json; charset=utf-8", "application/json;indent=2", "a/b;q=x",
)

HEADERS = (
    ("If-None-Match", "*"), ("If-None-Match", '"x"'), ("If-None-Match", 'W/"x"'), ("If-None-Match", "x"),
    ("If-None-Match", ""),
    ("If-Modified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"), ("If-Modified-Since", "Wed, 21 Oct 2065 07:28:00 GMT"),
    ("If-Modified-Since", "x"),
    ("If-Unmodified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"), ("If-Match", "*"), ("If-Match", '"x"'), ("If-Match", "x"),
    ("If-Range", '"x"'),
    ("Range", "bytes=0-9"), ("Range", "bytes=999999-"), ("Range", "items=0-9"), ("Prefer", "return=minimal"),
    ("Prefer", "handling=strict"),
    ("Accept-Encoding", "identity"), ("Accept-Encoding", "nonsense"), ("Accept-Encoding", "identity;q=0"),
    ("Accept-Encoding", "*;q=0"), ("Accept-Encoding", ""),
    ("Accept-Language", "de"), ("Accept-Charset", "iso-8859-1"), ("X-HTTP-Method-Override", "DELETE"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("Cache-Control", "no-cache"), ("Cache-Control", "only-if-cached"), ("Pragma", "no-cache"), ("Cookie", "a=b"),
    ("Cookie", "\u00e9"), ("Authorization", "Bearer x"),
    ("Authorization", "Basic eDp5"), ("Origin", "https://elsewhere.example"), ("Origin", "null"),
    ("Referer", "https://elsewhere.example/"),
    ("Sec-Fetch-Site", "cross-site"), ("Idempotency-Key", "a-key"), ("Idempotency-Key", ""), ("Expect", "100-continue"),
    ("Expect", "x"),
    ("Content-Encoding", "identity"), ("Content-Encoding", "gzip"), ("Content-Encoding", "nonsense"),
    ("Content-Language", "de"), ("Content-MD5", "x"), ("TE", "trailers"),
    ("Upgrade", "h2c"), ("X-Forwarded-Host", "elsewhere.example"), ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Prefix", "/x"), ("Forwarded", "host=x"),
    ("X-Request-Id", "mine"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("User-Agent", ""), ("X-Long", "a" * 4000),
    ("Date", "x"), ("Max-Forwards", "0"), ("Via", "1.1 x"), ("From", "x@example.test"),
)


def headers() -> Iterator[Request]:
    for content_type in CONTENT_TYPES:
        declared = (("Content-Type", content_type),) if content_type is not None else ()
        for method, path in (("POST", "/api/posts"), ("PUT", "/api/posts/{post}"), ("PUT", "/api/posts/x")):
            for body in (VALID, INVALID, b"{", b"", FORM, MULTIPART):
                yield Request("content type", method, path, declared, body)
            yield Request("content type", method, path, declared)
        yield Request("content type", "GET", "/api/posts", declared)
    for accept in ACCEPTS:
        given = ("Accept", accept)
        for path in ("/", "/api/posts", "/api/posts/{post}", "/api/posts/x", "/api/posts?published=maybe",
                     "/api/docs/openapi.json", "/api/docs/swagger", "/x"):
            yield Request("Accept", "GET", path, (given,))
        for body in (VALID, INVALID, b"{"):
            yield write("Accept", "POST", "/api/posts", body, given)
            yield write("Accept", "PUT", "/api/posts/{post}", body, given)
        yield Request("Accept", "DELETE", "/api/posts/{post}", (given,))
        yield Request("Accept", "PROPFIND", "/api/posts", (given,))
    for given in HEADERS:
        for method, path in (("GET", "/"), ("GET", "/api/posts"), ("GET", "/api/posts/{post}"),
                             ("HEAD", "/api/posts/{post}"), ("GET", "/api/docs/openapi.json"),
                             ("DELETE", "/api/posts/{post}"), ("OPTIONS", "/api/posts")):
            yield Request("header", method, path, (given,))
        yield write("header", "POST", "/api/posts", VALID, given)
        yield write("header", "PUT", "/api/posts/{post}", VALID, given)


def preflights() -> Iterator[Request]:
    for path in ("/", "/api/posts", "/api/posts/{post}", "/api/posts/x", "/api/docs/openapi.json", "/x"):
        for method in (None, "GET", "POST", "PUT", "DELETE", "PATCH", "FOO"):
            for wanted in (None, "content-type", "x-requested-with,content-type", "authorization", "x-unknown"):
                given = [("Origin", "https://elsewhere.example")]
                if method:
                    given.append(("Access-Control-Request-Method", method))
                if wanted:
                    given.append(("Access-Control-Request-Headers", wanted))
                yield Request("preflight", "OPTIONS", path, tuple(given))


def all_requests() -> list[Request]:
    return [*paths(), *queries(), *bodies(), *headers(), *preflights()]
