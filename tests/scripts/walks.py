"""Shows that a walk by cursor skips nothing and repeats nothing while others write.

    python3 tests/scripts/walks.py --binary target/release/blog-api [--postgres URL] [--only KIND]

On each kind of store: 10,000 posts that stay, 2,000 among them that do not, and four writers who delete these, create
posts of their own and delete them, and give new contents to posts that stay (which moves none of them in the orders that
are walked). Meanwhile 100 walks, in several orders, follow `Link` from page to page, to the end. Then

* each walk has seen every post that stayed exactly once, and everything in its order;
* at rest, the numbered pages, the walk by cursor and the list that is not parted are equal, post for post, in every order.

The negative control is part of it: walks by numbered pages, while the same writers write, have to be found wanting.

Exit code: 0 when all is as it should be, 1 when not, 2 when the test could not be carried out.
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
    Connection, Place, SetupError, Verdict, conclude, encoded, next_of, parser_for_stores, test_on_each, together,
)

POSTS = 10_000
WALKS = 100
WALKERS = 3
WRITERS = 4
PAGE = 100
CONTROL_WALKS = 20
MOVING_ORDERS = ("-created_at",) * 7 + ("created_at", "title", "-title")
ORDERS = ("-created_at", "created_at", "-updated_at", "updated_at", "title", "-title")

Post = dict


def title_of(number: int) -> str:
    """A title that some others have too: `id` has to tell them apart."""
    return f"Title {number * 7919 % 1_000:03}"


class Writers:
    """Write until they are stopped."""

    def __init__(self, address: str, stable: list[str], doomed: list[str]) -> None:
        self.written: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._stable = stable
        self._doomed = doomed  # In no order.
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
                body = encoded({"title": title_of(rng.randrange(1_000)), "content": "A post that does not stay."})
                answer = connection.request("POST", "/api/posts", body=body)
                if self._count("created", answer.status, 201):
                    own.append(answer.json()["id"])
            elif draw < 0.85:
                # Now the newest of them, now the oldest: so that places ahead of a walk and behind it change.
                post = own.pop() if rng.random() < 0.5 else own.popleft()
                self._count("deleted", connection.request("DELETE", f"/api/posts/{post}").status, 204)
            elif draw < 0.9 and self._doomed:
                self._count("deleted", connection.request("DELETE", f"/api/posts/{self._doomed.pop()}").status, 204)
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
    """The ids of posts that are made by several clients at once."""
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
                raise SetupError(f"a post was not made: {answer.status}")
            ids.append(answer.json()["id"])

    together(*[create] * 4)
    return ids


def walk(connection: Connection, order: str) -> list[Post]:
    """Everything, by cursor."""
    seen: list[Post] = []
    path: Optional[str] = f"/api/posts?limit={PAGE}&sort={order}"
    while path:
        answer = connection.get(path)
        seen += answer.json()
        path = next_of(answer)
    return seen


def numbered(connection: Connection, order: str) -> list[Post]:
    """Everything, by numbered pages."""
    seen: list[Post] = []
    for number in itertools.count(1):
        page = connection.get(f"/api/posts?page={number}&page_size={PAGE}&sort={order}").json()
        if not page:
            return seen
        seen += page


def wanting(seen: list[Post], stable: set[str], order: str) -> Iterator[str]:
    """What is wrong with a walk."""
    times = Counter(post["id"] for post in seen)
    missing = sum(1 for post in stable if times[post] == 0)
    repeated = sum(1 for count in times.values() if count > 1)
    if missing:
        yield f"{missing} posts were skipped"
    if repeated:
        yield f"{repeated} posts were repeated"
    key = order.lstrip("-")
    places = [(post[key], post["id"]) for post in seen]
    if places != sorted(places, reverse=order.startswith("-")):
        yield "not in order"


def walk_while_written(address: str, ids: list[str], doomed: list[str], walks: int, verdict: Verdict) -> None:
    stable = set(ids)
    orders = iter([MOVING_ORDERS[n % len(MOVING_ORDERS)] for n in range(walks)])
    lock = threading.Lock()
    done = Counter[str]()
    others = [0]

    def work() -> None:
        connection = Connection(address)
        while True:
            with lock:
                order = next(orders, None)
            if order is None:
                return connection.close()
            seen = walk(connection, order)
            for fault in wanting(seen, stable, order):
                verdict.expect(False, f"walk by {order}: {fault}")
            with lock:
                done[order] += 1
                others[0] += len(seen) - len(stable)

    started = time.monotonic()
    writers = Writers(address, ids, doomed)
    try:
        together(*[work] * WALKERS)
    finally:
        writers.stop()
    seconds = time.monotonic() - started
    print(f"  {sum(done.values())} walks in {seconds:.0f} s ({dict(done)}), meanwhile {dict(writers.written)}; "
          f"each walk saw {others[0] / max(1, sum(done.values())):.0f} of the writers' posts", flush=True)
    verdict.expect(sum(done.values()) == walks, "not all walks were done")
    for fault, count in writers.faults.items():
        verdict.expect(False, f"a writer was answered otherwise: {fault}, {count} times")
    verdict.expect(min(writers.written[what] for what in ("created", "deleted")) > walks,
                   "too little was written meanwhile: nothing was shown")


def negative_control(address: str, ids: list[str], verdict: Verdict) -> None:
    writers = Writers(address, ids, [])
    try:
        for number in range(1, CONTROL_WALKS + 1):
            faults = list(wanting(numbered(Connection(address), "-created_at"), set(ids), "-created_at"))
            if faults:
                print(f"  negative control: numbered walk {number} while others write: {faults}", flush=True)
                return
    finally:
        writers.stop()
    verdict.expect(False, f"negative control: {CONTROL_WALKS} numbered walks, and nothing was found wanting")


def compare_at_rest(address: str, verdict: Verdict) -> None:
    connection = Connection(address)
    for order in ORDERS:
        whole = connection.get(f"/api/posts?sort={order}").json()
        by_cursor = walk(connection, order)
        by_number = numbered(connection, order)
        key = order.lstrip("-")
        verdict.expect(whole == sorted(whole, key=lambda post: (post[key], post["id"]), reverse=order[0] == "-"),
                       f"at rest, by {order}: not in order")
        verdict.expect(whole == by_cursor, f"at rest, by {order}: the walk by cursor differs from the whole list")
        verdict.expect(whole == by_number, f"at rest, by {order}: the numbered pages differ from the whole list")
    print(f"  at rest: {len(whole)} posts, compared in {len(ORDERS)} orders", flush=True)


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    server = where.serve(where.new_store(kind))
    address = server.address()
    made = create_posts(address, options.posts + options.posts // 5)
    random.shuffle(made)
    ids, doomed = made[:options.posts], made[options.posts:]
    print(f"{kind}: {len(ids)} posts that stay, {len(doomed)} that do not", flush=True)
    walk_while_written(address, ids, doomed, options.walks, verdict)
    negative_control(address, ids, verdict)
    compare_at_rest(address, verdict)
    return conclude(kind, [server], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__)
    parser.add_argument("--posts", type=int, default=POSTS, help="how many stay (default: %(default)s)")
    parser.add_argument("--walks", type=int, default=WALKS, help="how often to walk (default: %(default)s)")
    options = parse(parser, posts=1_000, walks=10)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
