"""Tests that cursor iteration neither skips nor repeats a post during concurrent writes.

    python3 tests/scripts/cursor_iteration.py --binary target/release/blog-api [--postgres URL] [--only KIND]

Each kind of store has 10,000 stable posts, which are never deleted, and 2,000 temporary posts. Four
writers delete the temporary posts, and create and delete posts of their own. They also edit the
content of stable posts, which does not change the position of these posts in the tested orders.
Meanwhile, 100 cursor iterations in several orders follow the `next` link to the last page. The test
checks that

* each iteration yields every stable post exactly once, and all posts in order;
* after the writers stop, numbered pages, cursor iteration and the complete list have the same
  posts, in every order.

The negative control reads numbered pages during similar writes, and must skip or repeat a post.

Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import itertools
import random
import threading
import time
from collections import Counter, deque
from typing import Iterator, Optional

from cluster import parse, run_test
from stores import (
    Connection, Place, SetupError, Verdict, conclude, encoded, next_of, parser_for_stores, run_concurrently,
    test_on_each,
)

POSTS = 10_000
ITERATIONS = 100
READERS = 3
WRITERS = 4
PAGE = 100
CONTROL_ITERATIONS = 20
ORDERS_DURING_WRITES = ("-created_at",) * 7 + ("created_at", "title", "-title")
ORDERS = ("-created_at", "created_at", "-updated_at", "updated_at", "title", "-title")

Post = dict


def title_of(number: int) -> str:
    """A title that several posts have, so that their order also depends on the id."""
    return f"Title {number * 7919 % 1_000:03}"


class Writers:
    """Threads that create, edit and delete posts until they are stopped."""

    def __init__(self, address: str, stable: list[str], temporary: list[str]) -> None:
        self.written: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._stable = stable
        self._temporary = temporary  # In random order.
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(Connection(address), random.Random(n)))
                         for n in range(WRITERS)]
        for thread in self._threads:
            thread.start()

    def _write(self, connection: Connection, rng: random.Random) -> None:
        own: deque[str] = deque()
        while not self._stopped.is_set():
            draw = rng.random()
            if draw < 0.5 or not own:
                body = encoded({"title": title_of(rng.randrange(1_000)), "content": "A temporary post."})
                answer = connection.request("POST", "/api/posts", body=body)
                if self._count("created", answer.status, 201):
                    own.append(answer.json()["id"])
            elif draw < 0.85:
                # Deletes the newest or the oldest post that this writer created, so that posts
                # before and after the cursors are deleted.
                post = own.pop() if rng.random() < 0.5 else own.popleft()
                self._count("deleted", connection.request("DELETE", f"/api/posts/{post}").status, 204)
            elif draw < 0.9 and self._temporary:
                self._count("deleted", connection.request("DELETE", f"/api/posts/{self._temporary.pop()}").status, 204)
            else:
                body = encoded({"content": f"Other content: {rng.random()}"})
                path = f"/api/posts/{rng.choice(self._stable)}"
                self._count("edited", connection.request("PATCH", path, body=body).status, 200)
        connection.close()

    def _count(self, what: str, status: int, expected: int) -> bool:
        if status == expected:
            self.written[what] += 1
        else:
            self.faults[f"{what}: {status}"] += 1
        return status == expected

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()


def create_posts(address: str, count: int) -> list[str]:
    """Creates posts with several concurrent clients, and returns their ids."""
    numbers = iter(range(count))
    lock = threading.Lock()
    ids: list[str] = []

    def create() -> None:
        connection = Connection(address)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return connection.close()
            body = encoded({"title": title_of(number), "content": f"The content of post {number}."})
            answer = connection.request("POST", "/api/posts", body=body)
            if answer.status != 201:
                raise SetupError(f"cannot create a post: {answer.status}")
            ids.append(answer.json()["id"])

    run_concurrently(*[create] * 4)
    return ids


def iterate_by_cursor(connection: Connection, order: str) -> list[Post]:
    """Every post of the list, read by cursor."""
    seen: list[Post] = []
    path: Optional[str] = f"/api/posts?limit={PAGE}&sort={order}"
    while path:
        answer = connection.get(path)
        seen += answer.json()
        path = next_of(answer)
    return seen


def iterate_by_number(connection: Connection, order: str) -> list[Post]:
    """Every post of the list, read by numbered pages."""
    seen: list[Post] = []
    for number in itertools.count(1):
        page = connection.get(f"/api/posts?page={number}&page_size={PAGE}&sort={order}").json()
        if not page:
            return seen
        seen += page


def faults_of(seen: list[Post], stable: set[str], order: str) -> Iterator[str]:
    """What is wrong with the posts of one iteration."""
    occurrences = Counter(post["id"] for post in seen)
    missing = sum(1 for post in stable if occurrences[post] == 0)
    repeated = sum(1 for count in occurrences.values() if count > 1)
    if missing:
        yield f"{missing} posts were skipped"
    if repeated:
        yield f"{repeated} posts were repeated"
    key = order.lstrip("-")
    keys = [(post[key], post["id"]) for post in seen]
    if keys != sorted(keys, reverse=order.startswith("-")):
        yield "the posts are not in order"


def iterate_during_writes(address: str, ids: list[str], temporary: list[str], iterations: int, verdict: Verdict) -> None:
    stable = set(ids)
    orders = iter([ORDERS_DURING_WRITES[n % len(ORDERS_DURING_WRITES)] for n in range(iterations)])
    lock = threading.Lock()
    done = Counter[str]()
    others = [0]

    def read() -> None:
        connection = Connection(address)
        while True:
            with lock:
                order = next(orders, None)
            if order is None:
                return connection.close()
            seen = iterate_by_cursor(connection, order)
            for fault in faults_of(seen, stable, order):
                verdict.expect(False, f"iteration by {order}: {fault}")
            with lock:
                done[order] += 1
                others[0] += len(seen) - len(stable)

    started = time.monotonic()
    writers = Writers(address, ids, temporary)
    try:
        run_concurrently(*[read] * READERS)
    finally:
        writers.stop()
    seconds = time.monotonic() - started
    print(f"  {sum(done.values())} iterations in {seconds:.0f} s ({dict(done)}), writes meanwhile: {dict(writers.written)}; "
          f"each iteration yielded {others[0] / max(1, sum(done.values())):.0f} posts that are not stable", flush=True)
    verdict.expect(sum(done.values()) == iterations, "some iterations did not finish")
    for fault, count in writers.faults.items():
        verdict.expect(False, f"unexpected status of a write: {fault}, {count} times")
    verdict.expect(min(writers.written[what] for what in ("created", "deleted")) > iterations,
                   "too few concurrent writes for a result")


def negative_control(address: str, ids: list[str], verdict: Verdict) -> None:
    writers = Writers(address, ids, [])
    try:
        for number in range(1, CONTROL_ITERATIONS + 1):
            faults = list(faults_of(iterate_by_number(Connection(address), "-created_at"), set(ids), "-created_at"))
            if faults:
                print(f"  negative control: iteration {number} by numbered pages during writes: {faults}", flush=True)
                return
    finally:
        writers.stop()
    verdict.expect(False, f"negative control: {CONTROL_ITERATIONS} iterations by numbered pages have no fault")


def compare_without_writes(address: str, verdict: Verdict) -> None:
    connection = Connection(address)
    for order in ORDERS:
        whole = connection.get(f"/api/posts?sort={order}").json()
        by_cursor = iterate_by_cursor(connection, order)
        by_number = iterate_by_number(connection, order)
        key = order.lstrip("-")
        verdict.expect(whole == sorted(whole, key=lambda post: (post[key], post["id"]), reverse=order[0] == "-"),
                       f"without writes, by {order}: the posts are not in order")
        verdict.expect(whole == by_cursor, f"without writes, by {order}: cursor iteration differs from the complete list")
        verdict.expect(whole == by_number, f"without writes, by {order}: the numbered pages differ from the complete list")
    print(f"  without writes: {len(whole)} posts, compared in {len(ORDERS)} orders", flush=True)


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    server = where.serve(where.new_store(kind))
    address = server.address()
    created = create_posts(address, options.posts + options.posts // 5)
    random.shuffle(created)
    ids, temporary = created[:options.posts], created[options.posts:]
    print(f"{kind}: {len(ids)} stable posts, {len(temporary)} temporary posts", flush=True)
    iterate_during_writes(address, ids, temporary, options.walks, verdict)
    negative_control(address, ids, verdict)
    compare_without_writes(address, verdict)
    return conclude(kind, [server], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__)
    parser.add_argument("--posts", type=int, default=POSTS, help="the number of stable posts (default: %(default)s)")
    parser.add_argument("--walks", type=int, default=ITERATIONS,
                        help="the number of cursor iterations (default: %(default)s)")
    options = parse(parser, posts=1_000, walks=10)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
