"""Tests that exactly one of the concurrent writes with the same `If-Match` succeeds.

    python3 tests/scripts/compare_and_set.py --binary target/release/blog-api [--postgres URL] [--only KIND]

On each kind of store, 32 clients increment a counter in the content of one post, 10,000 times in
total. Each edit sends the last `ETag` that the client received. After a 412, half of the clients
read the post again. The other half use the `ETag` of the 412 and compute the counter from its
version. The test checks that

* the final counter, and the final version minus one, equal the number of successful edits;
* exactly one edit created each version after the first, and each edit created the version after
  the one in its `If-Match`;
* the `ETag` of each 412 identifies a version that is later than the one that was sent, and not
  later than the final version;
* each response to a read has the counter that belongs to its version.

The negative control sends 400 edits without `If-Match`. Some of these edits must be lost.

Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import re
import threading
import time
from collections import Counter

from cluster import parse, run_test
from stores import (
    Answer, Connection, Place, SetupError, Verdict, conclude, encoded, parser_for_stores, run_concurrently,
    test_on_each,
)

CLIENTS = 32
EDITS = 10_000
CONTROL_EDITS = 400


def version_of(answer: Answer) -> int:
    found = re.fullmatch(r'"(\d+)"', answer.headers.get("etag", ""))
    if not found:
        raise SetupError(f"{answer.status} with ETag {answer.headers.get('etag')!r}, which is not a version number")
    return int(found.group(1))


def counter_of(answer: Answer) -> int:
    return int(answer.json()["content"].removeprefix("The counter is ").removesuffix("."))


def content(counter: int) -> str:
    return f"The counter is {counter}."


class ConcurrentEdits:
    """Concurrent clients that edit one post until `edits` edits have succeeded."""

    def __init__(self, address: str, edits: int, verdict: Verdict, conditional: bool) -> None:
        self._address = address
        self._edits = edits
        self._verdict = verdict
        self._conditional = conditional
        self._lock = threading.Lock()
        self.created: list[int] = []  # The versions that edits created.
        self.rejected: list[int] = []  # The versions in the ETags of the 412s.
        self.statuses: Counter[str] = Counter()
        creation = Connection(address).request(
            "POST", "/api/posts", body=encoded({"title": "A counter", "content": content(0)}))
        self.path = f"/api/posts/{creation.json()['id']}"
        verdict.expect(version_of(creation) == 1, "the first version is not 1")

    def run(self) -> None:
        run_concurrently(*[lambda number=number: self._edit(number) for number in range(CLIENTS)])

    def _edit(self, number: int) -> None:
        connection = Connection(self._address)
        rereads, replaces = number % 2 == 0, number % 4 < 2
        known = None  # The last known version and its counter.
        while True:
            with self._lock:
                if len(self.created) >= self._edits:
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
                    self.created.append(version)
                if self._conditional:
                    self._verdict.expect(version == sent + 1, f"an edit of version {sent} created version {version}")
                    self._verdict.expect(counter_of(answer) == counter + 1,
                                         "the response to an edit has the wrong counter")
                known = None if not self._conditional else (version, counter + 1)
            elif answer.status == 412:
                version = version_of(answer)
                self._verdict.expect(version > sent, f"412 for version {sent} has the ETag of version {version}")
                with self._lock:
                    self.rejected.append(version)
                known = None if rereads else (version, version - 1)
            elif answer.status == 503:
                # The edit may have succeeded or not, so read the post again.
                self._verdict.expect("retry-after" in answer.headers, "503 without Retry-After")
                known = None
                time.sleep(0.01)
            else:
                self._verdict.expect(False, f"unexpected status {answer.status}: {answer.body[:200]!r}")
                break
        connection.close()

    def final(self) -> tuple[int, int]:
        """The final version and counter."""
        last = Connection(self._address).get(self.path)
        return version_of(last), counter_of(last)


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    server = where.serve(where.new_store(kind))

    edits = ConcurrentEdits(server.address(), options.edits, verdict, conditional=True)
    started = time.monotonic()
    edits.run()
    seconds = time.monotonic() - started
    version, counter = edits.final()
    succeeded = len(edits.created)
    print(f"{kind}: {succeeded} edits in {seconds:.0f} s, final version {version}, final counter {counter}; "
          f"statuses {dict(edits.statuses)}", flush=True)
    verdict.expect(version == succeeded + 1, f"the final version must be {succeeded + 1}")
    verdict.expect(counter == succeeded, f"the final counter must be {succeeded}: {succeeded - counter} edits were lost")
    verdict.expect(sorted(edits.created) == list(range(2, succeeded + 2)), "a version was created twice or not at all")
    verdict.expect(max(edits.rejected, default=0) <= version, "a 412 has the ETag of a version that does not exist")
    verdict.expect(len(edits.rejected) > succeeded // 10, "too few 412s: the edits were not concurrent enough for a result")

    control = ConcurrentEdits(server.address(), CONTROL_EDITS, verdict, conditional=False)
    control.run()
    _, counter = control.final()
    print(f"  negative control: {len(control.created)} edits without If-Match, final counter {counter}", flush=True)
    verdict.expect(counter < len(control.created), "negative control: no edit was lost")

    return conclude(kind, [server], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__)
    parser.add_argument("--edits", type=int, default=EDITS, help="the total number of edits (default: %(default)s)")
    options = parse(parser, edits=300)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
