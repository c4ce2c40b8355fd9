"""Sends the same requests to this server and to the API that it replaces, and compares their responses.

    python3 -m venv tests/scripts/original/.venv
    tests/scripts/original/.venv/bin/pip install --requirement tests/scripts/original/requirements.txt
    python3 tests/scripts/original.py [--python PYTHON] [--binary PROGRAM] [--postgres URL] [--smoke]

`original/app.py` is the original, and `original_requests.py` has the requests. The test compares
the status, the body, each header that the original sends, and the operations of the OpenAPI
document. Bodies are compared as JSON, including the order of keys. Ids and times are masked.
Additional headers of this server are not differences, but their names must have the conventional
case.

`original_differences.py` has the intended differences. The output calls them "decided".
docs/decisions/0018-differences-from-the-original.md explains each of them under the same name. A
run with all requests must find each of them.

Exit code: 0 if there are no other differences, 1 if there are, 2 if the comparison cannot run.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import re
import socket
import subprocess
from collections import Counter, defaultdict
from pathlib import Path
from typing import Iterator, Optional
from urllib.parse import urlsplit

from cluster import HOST, SetupError, clean_environment, run_test
from original_differences import RULES, Answer, name_of
from original_requests import MISSING, Request, all_requests
from stores import Place, Verdict, conclude, parser_for_stores, test_on_each

APP = Path(__file__).parent / "original" / "app.py"
PYTHON = APP.parent / ".venv" / "bin" / "python"
DECISION = Path(__file__).parents[2] / "docs" / "decisions" / "0018-differences-from-the-original.md"
DOCUMENT = "/api/docs/openapi.json"
TIMEOUT = 20.0
SMOKE = 25  # With --smoke, the test sends only every 25th request.

REDIRECT = "Repeated slashes count as one, without a redirect"
WITHOUT_TIME_ZONE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?"
UTC = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"

# Headers of the connection or the program, not of the API.
IGNORED = {"server", "date", "connection", "content-length", "transfer-encoding"}
CONVENTIONAL = {"Etag": "ETag", "Www-Authenticate": "WWW-Authenticate"}


# --- The two servers ------------------------------------------------------------------------------


class Side:
    """One of the two servers, with a published post and a draft."""

    def __init__(self, address: str, time: str) -> None:
        self._address = address
        self._time = re.compile(f'"{time}"')
        self._post = self._draft = ""
        self.header_names: set[str] = set()
        self.reset()

    def reset(self) -> None:
        """Deletes all posts, and creates the published post and the draft."""
        for post in json.loads(self._exchange("GET", "/api/posts")[2]):
            self._exchange("DELETE", f"/api/posts/{post['id']}")
        self._post = self._create("A post", True)
        self._draft = self._create("A draft", False)

    def _create(self, title: str, published: bool) -> str:
        body = json.dumps({"title": title, "content": "Long enough a content.", "published": published}).encode()
        status, _, answer = self._exchange("POST", "/api/posts", (("Content-Type", "application/json"),), body)
        if status != 201:
            raise SetupError(f"{self._address} does not create a post: {answer!r}")
        return json.loads(answer)["id"]

    def document(self) -> dict:
        return json.loads(self._exchange("GET", DOCUMENT)[2])

    def send(self, request: Request) -> Answer:
        status, raw_headers, raw_body = self._exchange(request.method, self._path(request.path), request.headers,
                                                       request.body)
        self.header_names.update(raw_headers)
        headers = {name.lower(): value for name, value in raw_headers.items()}
        if "location" in headers:
            headers["location"] = self._masked(headers["location"])
        return Answer(status, self._body(request, status, headers, raw_body), headers)

    def _body(self, request: Request, status: int, headers: dict[str, str], raw: bytes) -> object:
        if not raw:
            return None
        if headers.get("content-type", "").startswith("text/html"):
            return "<a page>"
        if status == 200 and request.path.partition("?")[0].endswith(DOCUMENT):
            return "<the document>"
        text = raw.decode("utf-8", "replace")
        try:
            return json.loads(self._masked(json.dumps(json.loads(text, object_pairs_hook=dict))),
                              object_pairs_hook=list)
        except ValueError:
            return text

    def _masked(self, text: str) -> str:
        text = self._time.sub('"<time>"', text).replace(self._post, "<post>").replace(self._draft, "<draft>")
        return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                      lambda found: found[0] if found[0] == MISSING else "<id>", text)

    def _path(self, path: str) -> str:
        forms = {"{post}": self._post, "{draft}": self._draft, "{post:upper}": self._post.upper(),
                 "{post:simple}": self._post.replace("-", ""),
                 "{post:braced}": f"{{{self._post}}}", "{post:urn}": f"urn:uuid:{self._post}",
                 "{post:encoded}": "".join(f"%{ord(character):02x}" for character in self._post)}
        for name, form in forms.items():
            path = path.replace(name, form)
        return path

    def _exchange(self, method: str, path: str, headers: tuple[tuple[str, str], ...] = (),
                  body: Optional[bytes] = None) -> tuple[int, dict[str, str], bytes]:
        """Sends a request exactly as given. Returns the status, headers and body of the response.

        The status is 0 if there is no valid response.
        """
        length = [] if body is None else [("Content-Length", str(len(body)))]
        lines = [f"{name}: {value}" for name, value in (("Host", self._address), ("Connection", "close"), *length,
                                                        *headers)]
        with socket.create_connection((HOST, int(self._address.rpartition(":")[2])), timeout=TIMEOUT) as connection:
            with contextlib.suppress(BrokenPipeError,
                                     ConnectionResetError):  # The server may respond before it has read the whole body.
                connection.sendall("\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + (body or b""))
            response = http.client.HTTPResponse(connection, method=method)
            try:
                response.begin()
                return response.status, dict(response.getheaders()), response.read()
            except (OSError, http.client.HTTPException) as error:
                return 0, {}, repr(error).encode()


@contextlib.contextmanager
def original(python: str) -> Iterator[str]:
    """Runs the original, and yields its address."""
    process = subprocess.Popen([python, str(APP)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True,
                               env=clean_environment())
    try:
        assert process.stdout is not None
        address = urlsplit(process.stdout.readline().strip()).netloc
        if not address:
            requirements = APP.with_name("requirements.txt")
            raise SetupError("cannot start the original: set --python to a Python interpreter with "
                             f"the packages in {requirements}")
        yield address
    finally:
        process.terminate()
        process.wait(10)


# --- The comparison -------------------------------------------------------------------------------


class Comparison:
    """The results of the requests."""

    def __init__(self, theirs: Side, ours: Side) -> None:
        self._theirs = theirs
        self._ours = ours
        self.groups: dict[str, Counter[str]] = defaultdict(Counter)
        self.decided: Counter[str] = Counter()
        self.others: dict[tuple[str, str, str], list[Request]] = defaultdict(list)

    def send(self, request: Request) -> None:
        theirs, ours = self._theirs.send(request), self._ours.send(request)
        expected, names = self._expected(request, theirs, ours)
        result = "other" if differ(expected, ours) else "decided" if names else "equal"
        self.groups[request.group][result] += 1
        if result == "other":
            self.others[request.group, shown(theirs), shown(ours)].append(request)
        else:
            self.decided.update(names)
        if request.method not in ("GET", "HEAD", "OPTIONS") and (theirs.status < 400 or ours.status < 300):
            self._theirs.reset()
            self._ours.reset()

    def _expected(self, request: Request, theirs: Answer, ours: Answer) -> tuple[Answer, list[str]]:
        """The response that this server must send, and the names of the decided differences in it."""
        names = []
        if theirs.status == 308:
            names.append(REDIRECT)
            path = re.sub("^http://[^/]*", "", request.path) or "/"
            theirs = self._theirs.send(request._replace(path=re.sub("/+", "/", path)))
        for rule in RULES:
            expected = rule(request, theirs, ours)
            if differ(theirs, expected):
                names.append(name_of(rule))
            theirs = expected
        return theirs, names


def differ(expected: Answer, ours: Answer) -> bool:
    compared = (set(expected.headers) | {"location"}) - IGNORED
    return expected[:2] != ours[:2] or any(expected.headers.get(name) != ours.headers.get(name) for name in compared)


def plain(value: object) -> str:
    """The text of JSON whose objects were read as lists of pairs."""
    if isinstance(value, list) and value and all(isinstance(each, tuple) for each in value):
        return "{" + ",".join(f"{json.dumps(key)}:{plain(each)}" for key, each in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(plain, value)) + "]"
    return json.dumps(value)


def shown(answer: Answer) -> str:
    body = "" if answer.body is None else answer.body if isinstance(answer.body, str) else plain(answer.body)
    headers = [f"{name}: {answer.headers[name]}" for name in ("content-type", "allow",
                                                              "location") if name in answer.headers]
    return f"{answer.status} {body[:160]} ({'; '.join(headers)})"


def document_differences(theirs: dict, ours: dict) -> list[str]:
    """The parts of the OpenAPI document of the original that are missing in ours."""
    missing = [name for name in ("openapi", "info") if any_missing(theirs[name], ours.get(name))]
    for path, operations in theirs["paths"].items():
        shared = operations.get("parameters", [])
        for method, operation in operations.items():
            if method == "parameters":
                continue
            our_operations = ours["paths"].get(path, {})
            counterpart = our_operations.get(method, {})
            our_parameters = [*our_operations.get("parameters", []), *counterpart.get("parameters", [])]
            successes = {status for status in operation["responses"] if status.startswith("2")}
            their_parameters = [*shared, *operation.get("parameters", [])]
            missing += [f"{what} of {method} {path}" for what, there in (
                ("tags", operation.get("tags") == counterpart.get("tags")),
                ("statuses", successes <= set(counterpart.get("responses", {}))),
                ("parameters", names_of(theirs, their_parameters) <= names_of(ours, our_parameters)),
                ("body", ("requestBody" in operation) == ("requestBody" in counterpart)),
            ) if not there]
    return missing


def names_of(document: dict, parameters: list[dict]) -> set[str]:
    """The names of parameters, some of which may be references."""
    shared = document.get("components", {}).get("parameters", {})
    return {shared[each["$ref"].rpartition("/")[2]]["name"] if "$ref" in each else each["name"] for each in parameters}


def any_missing(theirs: object, ours: object) -> bool:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return any(any_missing(value, ours.get(name)) for name, value in theirs.items())
    return theirs != ours


def conventional(name: str) -> str:
    title = "-".join(part.capitalize() for part in name.split("-"))
    return CONVENTIONAL.get(title, title)


# --- The test -------------------------------------------------------------------------------------


def compare_on(kind: str, place: Place, options: argparse.Namespace) -> bool:
    # Some requests name another host.
    server = place.serve(place.new_store(kind), ("env", "BLOG_ALLOW_UNAUTHENTICATED_REMOTE=true"))
    verdict = Verdict()
    requests = [request for request in all_requests() if re.search(options.group, request.group)]
    if options.smoke:
        requests = requests[::SMOKE]
    with original(options.python) as address:
        theirs, ours = Side(address, WITHOUT_TIME_ZONE), Side(server.address(), UTC)
        comparison = Comparison(theirs, ours)
        for request in requests:
            comparison.send(request)
        report(comparison)
        for (group, original_answer, answer), some in comparison.others.items():
            answers = f"    original: {original_answer}\n    ours:     {answer}"
            verdict.expect(False, f"{group}: {len(some)} x {some[0]}\n{answers}")
        for missing in document_differences(theirs.document(), ours.document()):
            verdict.expect(False, f"only the original's OpenAPI document has: {missing}")
    odd = sorted(name for name in ours.header_names if name != conventional(name))
    verdict.expect(not odd, f"header names that are not in conventional case: {', '.join(odd)}")
    if not options.smoke and not options.group:
        unseen = [name for name in names_of_decisions() if name not in comparison.decided]
        verdict.expect(not unseen, f"decided differences that no request found: {'; '.join(unseen)}")
    return conclude(kind, [server], verdict)


def names_of_decisions() -> list[str]:
    return [REDIRECT, *map(name_of, RULES)]


def report(comparison: Comparison) -> None:
    columns = ("equal", "decided", "other")
    total: Counter[str] = sum(comparison.groups.values(), Counter())
    width = max(map(len, comparison.groups), default=5)
    print(f"{'group':{width}} {'sent':>6}" + "".join(f"{column:>9}" for column in columns))
    for group, counts in [*comparison.groups.items(), ("all", total)]:
        print(f"{group:{width}} {sum(counts.values()):6}" + "".join(f"{counts[column]:9}" for column in columns))
    print("\ndecided differences:")
    for name, count in comparison.decided.most_common():
        print(f"{count:6} x {name}")
    print(flush=True)


def test() -> bool:
    parser = parser_for_stores(__doc__)
    parser.add_argument("--python", default=str(PYTHON),
                        help="a Python interpreter with the packages of the original "
                             "(default: %(default)s)")
    parser.add_argument("--group", default="", metavar="PATTERN",
                        help="send only the groups of requests whose names match this regular expression")
    parser.add_argument("--smoke", action="store_true", help=f"send only every {SMOKE}th request")
    options = parser.parse_args()
    decision = DECISION.read_text(encoding="utf-8")
    unexplained = [name for name in names_of_decisions() if name not in decision]
    if unexplained:
        raise SetupError(f"{DECISION.name} does not explain: {'; '.join(unexplained)}")
    return test_on_each(compare_on, options)


if __name__ == "__main__":
    run_test(test)
