"""Shows that of writers who state what they have read (`If-Match`) exactly one wins, each time.

    python3 tests/scripts/compare_and_set.py --binary target/release/blog-api [--postgres URL] [--only KIND]

On each kind of store 32 clients raise a counter in the content of one post, 10,000 times in all, each with the `ETag` of
what it has read. Whoever gets a 412 goes on with the `ETag` in that answer: half of the clients read the post again, half
reckon from the version what the counter must be. Then

* the counter and the version, less one, are the number of edits that succeeded;
* each version was made by one edit, and each edit made the version behind the one it named;
* the `ETag` of each 412 is a version later than the one that was sent, and no later than the last;
* whatever was read with a version had the counter of that version.

The negative control is part of it: the same without `If-Match` has to lose edits.

Exit code: 0 when all is as it should be, 1 when not, 2 when the test could not be carried out.
"""

from __future__ import annotations

import argparse
import re
import threading
import time
from collections import Counter

from cluster import parse, run_test
from stores import (
    Answer, Connection, Place, SetupError, Verdict, conclude, encoded, parser_for_stores, test_on_each, together,
)

CLIENTS = 32
EDITS = 10_000
CONTROL_EDITS = 400


def version_of(answer: Answer) -> int:
    found = re.fullmatch(r'"(\d+)"', answer.headers.get("etag", ""))
    if not found:
        raise SetupError(f"{answer.status} with ETag {answer.headers.get('etag')!r}, which is not a version")
    return int(found.group(1))


def counter_of(answer: Answer) -> int:
    return int(answer.json()["content"].removeprefix("The counter is ").removesuffix("."))


def content(counter: int) -> str:
    return f"The counter is {counter}."


class Contest:
    """Clients who edit one post, until it was edited so often."""

    def __init__(self, address: str, edits: int, verdict: Verdict, conditional: bool) -> None:
        self._address = address
        self._edits = edits
        self._verdict = verdict
        self._conditional = conditional
        self._lock = threading.Lock()
        self.made: list[int] = []  # The versions that edits made.
        self.refused: list[int] = []  # The versions that refusals named.
        self.statuses: Counter[str] = Counter()
        creation = Connection(address).request(
            "POST", "/api/posts", body=encoded({"title": "A counter", "content": content(0)}))
        self.path = f"/api/posts/{creation.json()['id']}"
        verdict.expect(version_of(creation) == 1, "the first version is not 1")

    def hold(self) -> None:
        together(*[lambda number=number: self._edit(number) for number in range(CLIENTS)])

    def _edit(self, number: int) -> None:
        connection = Connection(self._address)
        rereads, replaces = number % 2 == 0, number % 4 < 2
        known = None  # A version and its counter.
        while True:
            with self._lock:
                if len(self.made) >= self._edits:
                    break
            if known is None:
                read = connection.get(self.path)
                known = version_of(read), counter_of(read)
                if self._conditional:
                    self._verdict.expect(known[1] == known[0] - 1, f"version {known[0]} has counter {known[1]}")
            sent, counter = known
            condition = f'If-Match: "{sent}"\r\n' if self._conditional else ""
            changes = {"content": content(counter + 1)} | ({"title": "A counter"} if replaces else {})
            answer = connection.request("PUT" if replaces else "PATCH", self.path, condition, encoded(changes))
            with self._lock:
                self.statuses[str(answer.status)] += 1
            if answer.status == 200:
                version = version_of(answer)
                with self._lock:
                    self.made.append(version)
                if self._conditional:
                    self._verdict.expect(version == sent + 1, f"an edit of version {sent} made version {version}")
                    self._verdict.expect(counter_of(answer) == counter + 1, "an edit was answered with another content")
                known = None if not self._conditional else (version, counter + 1)
            elif answer.status == 412:
                version = version_of(answer)
                self._verdict.expect(version > sent, f"412 for version {sent} names version {version}")
                with self._lock:
                    self.refused.append(version)
                known = None if rereads else (version, version - 1)
            elif answer.status == 503:
                # It may have happened or not: then somebody else's edit tells.
                self._verdict.expect("retry-after" in answer.headers, "503 without Retry-After")
                known = None
                time.sleep(0.01)
            else:
                self._verdict.expect(False, f"answered with {answer.status}: {answer.body[:200]!r}")
                break
        connection.close()

    def final(self) -> tuple[int, int]:
        """Version and counter."""
        last = Connection(self._address).get(self.path)
        return version_of(last), counter_of(last)


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    server = where.serve(where.new_store(kind))

    contest = Contest(server.address(), options.edits, verdict, conditional=True)
    started = time.monotonic()
    contest.hold()
    seconds = time.monotonic() - started
    version, counter = contest.final()
    made = len(contest.made)
    print(f"{kind}: {made} edits in {seconds:.0f} s, final version {version}, final counter {counter}; "
          f"answers {dict(contest.statuses)}", flush=True)
    verdict.expect(version == made + 1, f"the version should be {made + 1}")
    verdict.expect(counter == made, f"the counter should be {made}: {made - counter} edits were lost")
    verdict.expect(sorted(contest.made) == list(range(2, made + 2)), "a version was made twice, or by nobody")
    verdict.expect(max(contest.refused, default=0) <= version, "a 412 named a version that never was")
    verdict.expect(len(contest.refused) > made // 10, "there was no contest: nothing was shown")

    control = Contest(server.address(), CONTROL_EDITS, verdict, conditional=False)
    control.hold()
    _, counter = control.final()
    print(f"  negative control: {len(control.made)} edits without If-Match, final counter {counter}", flush=True)
    verdict.expect(counter < len(control.made), "negative control: nothing was lost")

    return conclude(kind, [server], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__)
    parser.add_argument("--edits", type=int, default=EDITS, help="how many in all (default: %(default)s)")
    options = parse(parser, edits=300)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
