"""How much slower the API is at a million posts than at a thousand.

    python3 tests/scripts/benchmark.py --binary target/release/blog-api [--postgres URL] [--only KIND]
                                       [--keep FOLDER] [--table FILE]

On each kind of store, two servers run side by side: one has a thousand posts, one has a million, of the same making. Each
request goes to both in turns, over one connection each, all in one run. Prints a table of medians and of their ratios,
those that fall short first, and fails when a first page, the deepest page of a walk or a single post takes more than 1.5
times as long, or when an answer is not what it has to be. The negative control is part of it: a request for five pages at
once, as work that does grow, has to be measured as slower than one for one.

To fill the stores takes some minutes. With --keep they stay, in FOLDER and on the server of URL as `blog_benchmark_…`, and
the next run takes them as they are.

Exit code: 0 when all is as it should be, 1 when not, 2 when the test could not be carried out.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from cluster import Server, SetupError, parse, run_test
from stores import (
    MANY, PAIRS, RARE, SOME, Answer, Connection, Place, Verdict, database_in, fill, kinds_of, next_of, parser_for_stores,
    place, posts, psql, word,
)

SMALL, LARGE = 1_000, 1_000_000
ROUNDS = 300
WARM_UP = 10
LEAST_ROUNDS = 30
MOST_ROUNDS = 800  # Each asks for a post that was not read lately, and there are no more than 1,000.
SECONDS_PER_REQUEST = 15.0  # Of what is slow there are fewer rounds.
LIMIT = 1.5
PAGE = 20
KNOWN = 100  # Posts that have been read before.


class Case(NamedTuple):
    name: str
    path: Callable[[Subject], str]
    expected: Callable[[int], tuple[int, Optional[int]]]  # Of so many posts: how many are on the page, and the total.
    limit: Optional[float] = None


class Subject:
    """A server on a store of one size."""

    def __init__(self, server: Server, size: int) -> None:
        self.server = server
        self.size = size
        self.connection = Connection(server.address())
        self.deep_by_age, ids, self.published = self._deepest("-created_at", size)
        self.deep_by_title, _, _ = self._deepest("-title", size)
        chosen = random.Random().sample(ids, min(1_000, len(ids)))
        self.known, self.unread = chosen[:KNOWN], chosen[KNOWN:]
        for each in self.known:
            self.connection.get(f"/api/posts/{each}")

    def _deepest(self, order: str, size: int) -> tuple[str, list[str], int]:
        """The last but one step of a walk, with a page as long as the others; all ids; how many are published."""
        path: Optional[str] = f"/api/posts?limit=100&sort={order}&fields=id,published"
        last, ids, published = path, [], 0
        while path:
            answer = self.connection.get(path)
            last, path = path, next_of(answer)
            page = answer.json()
            ids += [post["id"] for post in page]
            published += sum(post["published"] for post in page)
        if len(set(ids)) != size or len(ids) != size:
            raise SetupError(f"a walk by {order} saw {len(ids)} posts and not {size}")
        cursor = last.split("cursor=")[1].split("&")[0]
        return f"/api/posts?limit={PAGE}&sort={order}&cursor={cursor}", ids, published

    def ask(self, case: Case) -> tuple[float, Answer]:
        path = case.path(self)
        started = time.perf_counter()
        answer = self.connection.request("GET", path)
        return time.perf_counter() - started, answer


def search(words: tuple[str, ...], page: str) -> Callable[[Subject], str]:
    return lambda _: f"/api/posts?q={'+'.join(words)}&{page}"


def cases() -> list[Case]:
    first, total = f"limit={PAGE}", f"page=1&page_size={PAGE}"

    def full(size: int) -> tuple[int, Optional[int]]:
        return PAGE, None

    def of(pair: tuple[str, str], counted: bool) -> Callable[[int], tuple[int, Optional[int]]]:
        return lambda size: (min(PAGE, PAIRS[pair](size)), PAIRS[pair](size) if counted else None)

    return [
        Case("first page", lambda _: f"/api/posts?{first}", full, LIMIT),
        Case("first page, by title", lambda _: f"/api/posts?{first}&sort=title", full, LIMIT),
        Case("first page, published", lambda _: f"/api/posts?{first}&published=true", full, LIMIT),
        Case("deepest page of a walk", lambda subject: subject.deep_by_age, full, LIMIT),
        Case("deepest page of a walk, by title", lambda subject: subject.deep_by_title, full, LIMIT),
        Case("one post", lambda subject: f"/api/posts/{random.choice(subject.known)}", lambda _: (1, None), LIMIT),
        Case("one post, not read lately", lambda subject: f"/api/posts/{subject.unread.pop()}", lambda _: (1, None)),
        Case("search, 20 posts found", search(RARE, first), of(RARE, False)),
        Case("search, 0.1 % found", search(SOME, first), of(SOME, False)),
        Case("search, 10 % found", search(MANY, first), of(MANY, False)),
        # How many have the one as well is the language's affair: about as many as have the other.
        Case("search, a frequent word and a rare one", search((word(1), RARE[0]), first), lambda _: (PAGE, None)),
        Case("search, frequent words and one that is nowhere", search((word(1), word(2), "zyzznowhere"), first),
             lambda _: (0, None)),
        Case("numbered page with total", lambda _: f"/api/posts?{total}", lambda size: (PAGE, size), LIMIT),
        Case("numbered page with total, published", lambda _: f"/api/posts?{total}&published=true",
             lambda size: (PAGE, -1)),
        Case("search with total, 20 posts found", search(RARE, total), of(RARE, True)),
        Case("search with total, 0.1 % found", search(SOME, total), of(SOME, True)),
        Case("search with total, 10 % found", search(MANY, total), of(MANY, True)),
    ]


CONTROL = Case("(control) five pages at once", lambda _: "/api/posts?limit=100", lambda _: (100, None))


def check(case: Case, subject: Subject, answer: Answer, verdict: Verdict) -> None:
    if not verdict.expect(answer.status == 200, f"{case.name}, {subject.size} posts: {answer.status} {answer.body[:200]!r}"):
        return
    page, total = case.expected(subject.size)
    total = subject.published if total == -1 else total
    body = answer.json()
    found = len(body) if isinstance(body, list) else 1
    verdict.expect(found == page, f"{case.name}, {subject.size} posts: {found} on the page and not {page}")
    told = answer.headers.get("x-total-count")
    verdict.expect(told == (None if total is None else str(total)),
                   f"{case.name}, {subject.size} posts: the total is {told} and not {total}")


class Result(NamedTuple):
    case: Case
    rounds: int
    small: float
    large: float

    @property
    def ratio(self) -> float:
        return self.large / self.small

    def falls_short(self) -> bool:
        return self.case.limit is not None and self.ratio > self.case.limit

    def row(self, kind: str) -> str:
        limit = "" if self.case.limit is None else f"{self.case.limit:.1f}"
        return (f"| {kind} | {self.case.name} | {self.ratio:.2f} | {limit} | {self.small * 1000:.2f} | "
                f"{self.large * 1000:.2f} | {self.rounds} |")


def measure(subjects: list[Subject], rounds: int, verdict: Verdict) -> list[Result]:
    everything = [*cases(), CONTROL]
    planned = {}
    for case in everything:
        slowest = 0.0
        for subject in subjects:
            took = []
            for _ in range(WARM_UP):
                seconds, answer = subject.ask(case)
                check(case, subject, answer, verdict)
                took.append(seconds)
                if sum(took) > 5:
                    break
            slowest = max(slowest, statistics.median(took))
        planned[case] = max(min(rounds, LEAST_ROUNDS), min(rounds, int(SECONDS_PER_REQUEST / slowest)))
    took: dict[tuple[Case, int], list[float]] = {(case, subject.size): [] for case in everything for subject in subjects}
    for number in range(rounds):
        for case in everything:
            if (number + 1) * planned[case] // rounds == number * planned[case] // rounds:
                continue
            # Now the one first, now the other.
            for subject in subjects if number % 2 else reversed(subjects):
                seconds, answer = subject.ask(case)
                verdict.expect(answer.status == 200, f"{case.name}, {subject.size} posts: {answer.status}")
                took[case, subject.size].append(seconds)
    return [Result(case, planned[case], *[statistics.median(took[case, subject.size]) for subject in subjects])
            for case in everything]


def filled(kind: str, size: int, where: Place, keep: Optional[Path]) -> str:
    """The URL of a store of so many posts: one that was kept, or a new one."""
    if keep is None:
        url = where.new_store(kind)
    elif kind == "sqlite":
        file = keep.resolve() / f"{size}.db"
        url = f"sqlite://{file}"
        if file.exists():
            return url
    else:
        name = f"blog_benchmark_{size}"
        url = database_in(where.postgres or "", name)
        if psql(where.postgres or "", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            return url
        psql(where.postgres or "", f"CREATE DATABASE {name}")
    started = time.monotonic()
    said = fill(where.binary, url, posts(size))
    print(f"{kind}: {size} posts in {time.monotonic() - started:.0f} s: {said}", flush=True)
    return url


def test(options: argparse.Namespace) -> bool:
    verdict = Verdict()
    results: list[tuple[str, Result]] = []
    for kind in kinds_of(options):
        with place(options) as where:
            urls = [filled(kind, size, where, options.keep) for size in (SMALL, options.posts)]
            sizes = (SMALL, options.posts)
            subjects = [Subject(where.serve(url), size) for url, size in zip(urls, sizes)]
            measured = measure(subjects, options.rounds, verdict)
            control = measured.pop()
            first = measured[0]
            verdict.expect(options.smoke or control.large > 1.5 * first.large, "negative control: five pages are not slower than one")
            print(f"{kind}: negative control: five pages at once take {control.large / first.large:.1f} times as long as one",
                  flush=True)
            results += [(kind, result) for result in measured]
            for subject in subjects:
                for line in subject.server.new_log_lines():
                    print(f"  logged: {line}")
                subject.server.end()
    results.sort(key=lambda each: (not each[1].falls_short(), -each[1].ratio))
    lines = ["| store | request | ratio | wanted | ms at 1,000 | ms at 1,000,000 | rounds |".replace(
        "1,000,000", f"{options.posts:,}"), "|---|---|--:|--:|--:|--:|--:|"]
    lines += [result.row(kind) for kind, result in results]
    print("\n".join(lines), flush=True)
    if options.table:
        options.table.write_text("\n".join(lines) + "\n")
    for kind, result in results:
        verdict.expect(options.smoke or not result.falls_short(), f"{kind}: {result.case.name}: {result.ratio:.2f}, wanted {result.case.limit}")
    return not verdict.faults


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite", "postgres"))
    parser.add_argument("--posts", type=int, default=LARGE, help="in the larger store (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help="of each request (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the stores that were filled, and use them again")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the table to a file too")
    options = parse(parser, posts=2_000, rounds=5)
    if not 1 <= options.rounds <= MOST_ROUNDS:
        parser.error(f"from 1 to {MOST_ROUNDS} rounds")
    run_test(lambda: test(options))


if __name__ == "__main__":
    main()
