"""Tests what readers see while two servers write to one SQLite file, each with a cache of responses.

    cargo build --release --package server
    python3 tests/scripts/staleness.py

Clients change posts through both servers and read them through both, as single posts and in lists. Each title has a number,
which ascends with each change of the post. A read must see

* every change that the same server acknowledged before the read was sent;
* every change that the other server acknowledged more than 100 ms before the read was sent.

As a negative control, the script also counts the reads that missed a younger change of the other server. There must be some:
otherwise the responses did not come from a cache, or the script cannot find old responses. Exit code: 0 if the test passes, 1
if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import bisect
import random
import threading
import time

from cluster import SetupError, parse, run_test
from stores import Connection, Place, Verdict, conclude, encoded, parser_for_stores, run_concurrently, test_on_each

MAX_STALENESS = 0.1
POSTS = 24
LISTS = ("/api/posts?limit=100", "/api/posts?page=1&page_size=50", "/api/posts?limit=100&sort=title&fields=id,title")


class History:
    """The acknowledged changes of one post."""

    def __init__(self) -> None:
        self.times: list[float] = [0.0]
        self.numbers: list[int] = [0]
        self.by_server = [0, 0]

    def add(self, server: int, number: int) -> None:
        self.times.append(time.perf_counter())
        self.numbers.append(number)
        self.by_server[server] = number

    def at(self, moment: float) -> int:
        """The number of the last change that was acknowledged before a moment."""
        return self.numbers[bisect.bisect(self.times, moment) - 1]


class Model:
    """What has been acknowledged, and what the reads have missed."""

    def __init__(self, posts: list[str]) -> None:
        self.lock = threading.Lock()
        self.posts = posts
        self.histories = {post: History() for post in posts}
        self.reads = self.writes = self.young = 0
        self.oldest = 0.0
        self.faults: list[str] = []

    def floors(self, server: int) -> dict[str, tuple[int, int]]:
        """For each post, the least number that a read sent now must see, and the last acknowledged number."""
        now = time.perf_counter()
        with self.lock:
            return {post: (max(each.by_server[server], each.at(now - MAX_STALENESS)), each.numbers[-1])
                    for post, each in self.histories.items()}

    def check(self, what: str, sent: float, floors: dict[str, tuple[int, int]], found: dict[str, int]) -> None:
        with self.lock:
            self.reads += 1
            for post, number in found.items():
                least, last = floors[post]
                if number < last:
                    self.young += 1
                    history = self.histories[post]
                    self.oldest = max(self.oldest, sent - history.times[bisect.bisect(history.numbers, number)])
                if number < least:
                    self.faults.append(f"{what}: post {post} has number {number}, at least {least} expected")


def number_of(post: object) -> int:
    return int(post["title"].rpartition(" ")[2])  # type: ignore[index]


def work(addresses: list[str], model: Model, worker: int, workers: int, operations: int) -> None:
    """Changes the posts of this worker and reads all posts."""
    rng = random.Random(worker)
    connections = [Connection(address) for address in addresses]
    own = [post for place, post in enumerate(model.posts) if place % workers == worker]
    numbers = dict.fromkeys(own, 0)
    for _ in range(operations // workers):
        server = rng.randrange(2)
        if rng.random() < 0.1:
            post = rng.choice(own)
            numbers[post] += 1
            body = encoded({"title": f"Title {numbers[post]}"})
            status = connections[server].request("PATCH", f"/api/posts/{post}", body=body).status
            if status != 200:
                raise SetupError(f"PATCH: {status}")
            with model.lock:
                model.histories[post].add(server, numbers[post])
                model.writes += 1
        else:
            floors, sent = model.floors(server), time.perf_counter()
            if rng.random() < 0.7:
                post = rng.choice(model.posts)
                found = {post: number_of(connections[server].get(f"/api/posts/{post}").json())}
                model.check("a post", sent, floors, found)
            else:
                listed = connections[server].get(rng.choice(LISTS)).json()
                model.check("a list", sent, floors, {post["id"]: number_of(post) for post in listed})  # type: ignore[index, union-attr]


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    url = where.new_store(kind)
    servers = [where.serve(url), where.serve(url)]
    addresses = [server.address() for server in servers]
    connection = Connection(addresses[0])
    body = encoded({"title": "Title 0", "content": "Some content"})
    posts = [connection.request("POST", "/api/posts", body=body).json()["id"] for _ in range(POSTS)]  # type: ignore[index]
    model = Model(posts)
    run_concurrently(*[lambda worker=worker: work(addresses, model, worker, options.workers, options.operations)  # type: ignore[misc]
                       for worker in range(options.workers)])
    print(f"{kind}: {model.reads} reads and {model.writes} writes by {options.workers} clients; {model.young} posts in responses were "
          f"older than the other server's last change, by at most {model.oldest * 1e3:.1f} ms", flush=True)
    for fault in model.faults:
        verdict.expect(False, fault)
    verdict.expect(model.young > 0, "negative control: no read missed a young change of the other server")
    return conclude(kind, servers, verdict)


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite",))
    parser.add_argument("--operations", type=int, default=100_000, help="the number of operations (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=4, help="the number of clients (default: %(default)s)")
    options = parse(parser, operations=4_000)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
