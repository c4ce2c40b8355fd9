"""Measures how much a million posts slow down the API, or compares the speed of two builds.

    python3 tests/scripts/benchmark.py --binary target/release/blog-api [--postgres URL] [--only KIND]
                                       [--keep FOLDER] [--table FILE]
    python3 tests/scripts/benchmark.py --binary target/release/blog-api --compare EARLIER_BINARY [--postgres URL]

For each kind of store, two servers run at the same time. One has a thousand posts and the other
has a million, generated in the same way. The script has one connection to each server. It sends
each request to one server and then to the other, in many rounds. For each request, it prints the
median time on each server and the ratio of the two medians. The requests that exceed a limit come
first. The script fails when a request with a limit takes more than 1.5 times as long with a million
posts, or when a response is wrong. The negative control is part of the run: a page of 100 posts
must take more than 1.5 times as long as a page of 20.

Filling the stores takes some minutes. With --keep, the stores are not removed, and the next run
uses them again. SQLite files are in FOLDER. PostgreSQL databases are on the server of URL, with
names that begin with `blog_benchmark_`.

With --compare, the two servers are two builds. Each build has a store of 10,000 posts, which it
imported itself. Each round sends each request to both builds in turn. The ratio of a round is the
time of --binary divided by the time of the earlier build. For each request, the script prints the
median and the spread of this ratio. The requests that became slower come first.

Exit code: 0 if the test passes, 1 if a limit is exceeded, a response is wrong or the negative
control fails, 2 if the test cannot run. With --smoke, the limits and the negative control cannot
fail.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import statistics
import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from cluster import Server, SetupError, parse, run_test
from stores import (
    MANY, PAIRS, RARE, SOME, Answer, Connection, Place, Verdict, database_in, encoded, fill, kinds_of, next_of,
    parser_for_stores, place, posts, psql, word,
)

SMALL, LARGE = 1_000, 1_000_000
ROUNDS = 300
WARM_UP = 10
LEAST_ROUNDS = 30
# `Subject.unread` has 900 posts at the start. Each round and each request of the warm-up can take one
# of them.
MOST_ROUNDS = 800
SECONDS_PER_REQUEST = 15.0  # For all rounds of one request. A slow request has fewer rounds.
LIMIT = 1.5
PAGE = 20
KNOWN = 100  # The number of posts that are read before the measurement.

COMPARED_POSTS = 10_000
COMPARED_ROUNDS = 9
REQUESTS_PER_ROUND = 60


class Case(NamedTuple):
    name: str
    path: Callable[[Subject], str]
    # Maps the number of posts in the store to the number on the page and to the total. A total of
    # -1 stands for the number of published posts. None stands for a response without a total.
    expected: Callable[[int], tuple[int, Optional[int]]]
    limit: Optional[float] = None


class Subject:
    """A server on a store with `size` posts."""

    def __init__(self, server: Server, size: int) -> None:
        self.server = server
        self.size = size
        self.connection = Connection(server.address())
        self.deep_by_age, ids, self.published = self._deepest("-created_at", size)
        self.deep_by_title, _, _ = self._deepest("-title", size)
        self.created: list[str] = []
        chosen = random.Random().sample(ids, min(1_000, len(ids)))
        self.known, self.unread = chosen[:KNOWN], chosen[KNOWN:]
        for each in self.known:
            self.connection.get(f"/api/posts/{each}")

    def _deepest(self, order: str, size: int) -> tuple[str, list[str], int]:
        """Reads the whole list in cursor pages.

        Returns the path of a page of 20 at the last cursor of this iteration, all ids, and the
        number of published posts.
        """
        path: Optional[str] = f"/api/posts?limit=100&sort={order}&fields=id,published"
        last, ids, published = path, [], 0
        while path:
            answer = self.connection.get(path)
            last, path = path, next_of(answer)
            page = answer.json()
            ids += [post["id"] for post in page]
            published += sum(post["published"] for post in page)
        if len(set(ids)) != size or len(ids) != size:
            raise SetupError(f"the cursor pages by {order} have {len(ids)} posts instead of {size}")
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
        Case("deepest cursor page", lambda subject: subject.deep_by_age, full, LIMIT),
        Case("deepest cursor page, by title", lambda subject: subject.deep_by_title, full, LIMIT),
        Case("one post", lambda subject: f"/api/posts/{random.choice(subject.known)}", lambda _: (1, None), LIMIT),
        Case("one post, not read before", lambda subject: f"/api/posts/{subject.unread.pop()}", lambda _: (1, None)),
        Case("search, 20 posts match", search(RARE, first), of(RARE, False)),
        Case("search, 0.1 % match", search(SOME, first), of(SOME, False)),
        Case("search, 10 % match", search(MANY, first), of(MANY, False)),
        # Nearly every post has the frequent word, so nearly every post with the rare word matches.
        Case("search, a frequent word and a rare one", search((word(1), RARE[0]), first), lambda _: (PAGE, None)),
        Case("search, frequent words and one that no post has", search((word(1), word(2), "zyzznowhere"), first),
             lambda _: (0, None)),
        Case("numbered page with total", lambda _: f"/api/posts?{total}", lambda size: (PAGE, size), LIMIT),
        Case("numbered page with total, published", lambda _: f"/api/posts?{total}&published=true",
             lambda size: (PAGE, -1)),
        Case("search with total, 20 posts match", search(RARE, total), of(RARE, True)),
        Case("search with total, 0.1 % match", search(SOME, total), of(SOME, True)),
        Case("search with total, 10 % match", search(MANY, total), of(MANY, True)),
    ]


CONTROL = Case("(control) 100 posts", lambda _: "/api/posts?limit=100", lambda _: (100, None))


def check(case: Case, subject: Subject, answer: Answer, verdict: Verdict) -> None:
    if not verdict.expect(answer.status == 200, f"{case.name}, {subject.size} posts: {answer.status} {answer.body[:200]!r}"):
        return
    page, total = case.expected(subject.size)
    total = subject.published if total == -1 else total
    body = answer.json()
    found = len(body) if isinstance(body, list) else 1
    verdict.expect(found == page, f"{case.name}, {subject.size} posts: {found} on the page instead of {page}")
    told = answer.headers.get("x-total-count")
    verdict.expect(told == (None if total is None else str(total)),
                   f"{case.name}, {subject.size} posts: the total is {told} instead of {total}")


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
            # In every second round, the other server gets the request first.
            for subject in subjects if number % 2 else reversed(subjects):
                seconds, answer = subject.ask(case)
                verdict.expect(answer.status == 200, f"{case.name}, {subject.size} posts: {answer.status}")
                took[case, subject.size].append(seconds)
    return [Result(case, planned[case], *[statistics.median(took[case, subject.size]) for subject in subjects])
            for case in everything]


def filled(kind: str, size: int, where: Place, keep: Optional[Path]) -> str:
    """The URL of a store with `size` posts: one that an earlier run kept, or a new one."""
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


# --- Two builds -----------------------------------------------------------------------------------


Request = tuple[str, str, Optional[bytes]]


class Step(NamedTuple):
    name: str
    request: Callable[[Subject], Request]
    status: int = 200


def steps(texts: random.Random, size: int) -> list[Step]:
    """The requests to compare. Each delete removes a post that the same round created."""

    def read(path: Callable[[Subject], str]) -> Callable[[Subject], Request]:
        return lambda subject: ("GET", path(subject), None)

    def text() -> dict[str, object]:
        words = [word(int(texts.paretovariate(0.4)) % 50_000) for _ in range(90)]
        return {"title": " ".join(words[:5]), "content": " ".join(words)}

    def some(subject: Subject) -> str:
        return f"/api/posts/{random.choice(subject.known)}"

    first, deep = f"page=1&page_size={PAGE}", f"page={size // PAGE}&page_size={PAGE}"
    return [
        Step("one post", read(some)),
        Step("first page of 20", read(lambda _: f"/api/posts?limit={PAGE}")),
        Step("page of 20 at the deepest cursor", read(lambda subject: subject.deep_by_age)),
        Step("numbered page 1", read(lambda _: f"/api/posts?{first}")),
        Step(f"numbered page {size // PAGE}", read(lambda _: f"/api/posts?{deep}")),
        Step("search for two words, 10 % match", read(search(MANY, f"limit={PAGE}"))),
        Step("search for two words, 10 % match, with total", read(search(MANY, first))),
        Step("search for two words, 20 posts match", read(search(RARE, f"limit={PAGE}"))),
        Step("create", lambda _: ("POST", "/api/posts", encoded(text())), 201),
        Step("PATCH of title and content", lambda subject: ("PATCH", some(subject), encoded(text()))),
        Step("PATCH of published", lambda subject: ("PATCH", some(subject), encoded({"published": texts.random() < 0.5}))),
        Step("delete", lambda subject: ("DELETE", f"/api/posts/{subject.created.pop()}", None), 204),
    ]


def seconds_of(step: Step, subject: Subject, verdict: Verdict) -> float:
    method, path, body = step.request(subject)
    started = time.perf_counter()
    answer = subject.connection.request(method, path, body=body)
    took = time.perf_counter() - started
    verdict.expect(answer.status == step.status, f"{step.name}: {answer.status} {answer.body[:200]!r}")
    if method == "POST" and answer.status == 201:
        subject.created.append(answer.json()["id"])
    return took


def compare(options: argparse.Namespace) -> bool:
    verdict = Verdict()
    lines: list[tuple[float, str]] = []
    for kind in kinds_of(options):
        with contextlib.ExitStack() as stack:
            subjects = []
            for binary in (options.compare, options.binary):
                where = Place(binary, options.postgres, stack)
                url = where.new_store(kind)
                fill(where.binary, url, posts(options.posts))
                subjects.append(Subject(where.serve(url), options.posts))
            ratios: dict[str, list[float]] = {}
            medians: dict[str, list[list[float]]] = {}
            # The first round is a warm-up and does not count.
            for number in range(options.rounds + 1):
                for step in steps(random.Random(number), options.posts):
                    took: list[list[float]] = [[], []]
                    for turn in range(REQUESTS_PER_ROUND):
                        for which in (0, 1) if turn % 2 else (1, 0):
                            took[which].append(seconds_of(step, subjects[which], verdict))
                    # The lower quartile, because other processes only add time.
                    before, after = (statistics.quantiles(each, n=4)[0] for each in took)
                    if number:
                        ratios.setdefault(step.name, []).append(after / before)
                        medians.setdefault(step.name, []).append([before, after])
            for name, values in ratios.items():
                ratio = statistics.median(values)
                before, after = (statistics.median(each) * 1000 for each in zip(*medians[name]))
                lines.append((ratio, f"| {kind} | {name} | {ratio:.2f} | {min(values):.2f} to {max(values):.2f} | {before:.2f} "
                                     f"| {after:.2f} |"))
    lines.sort(reverse=True)
    report(["| store | request | ratio | spread | ms before | ms after |", "|---|---|--:|--:|--:|--:|",
            *(line for _, line in lines)], options)
    return not verdict.faults


def report(lines: list[str], options: argparse.Namespace) -> None:
    print("\n".join(lines), flush=True)
    if options.table:
        options.table.write_text("\n".join(lines) + "\n")


# --- Two sizes ------------------------------------------------------------------------------------


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
            verdict.expect(options.smoke or control.large > 1.5 * first.large,
                           "negative control: a page of 100 posts is not slower than a page of 20")
            print(f"{kind}: negative control: a page of 100 posts takes "
                  f"{control.large / first.large:.1f} times as long as a page of 20", flush=True)
            results += [(kind, result) for result in measured]
            for subject in subjects:
                for line in subject.server.new_log_lines():
                    print(f"  logged: {line}")
                subject.server.end()
    results.sort(key=lambda each: (not each[1].falls_short(), -each[1].ratio))
    lines = ["| store | request | ratio | limit | ms at 1,000 | ms at 1,000,000 | rounds |".replace(
        "1,000,000", f"{options.posts:,}"), "|---|---|--:|--:|--:|--:|--:|"]
    lines += [result.row(kind) for kind, result in results]
    report(lines, options)
    for kind, result in results:
        verdict.expect(options.smoke or not result.falls_short(), f"{kind}: {result.case.name}: {result.ratio:.2f}, the limit is {result.case.limit}")
    return not verdict.faults


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite", "postgres"))
    parser.add_argument("--posts", type=int, metavar="N",
                        help=f"the number of posts in the larger store (default: {LARGE:,}), or "
                             f"with --compare in each store (default: {COMPARED_POSTS:,})")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help=f"the maximum number of rounds (default: {ROUNDS}; with --compare "
                             f"{COMPARED_ROUNDS})")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the stores, and use them again in the next run")
    parser.add_argument("--table", type=Path, metavar="FILE",
                        help="also write the table to this file")
    parser.add_argument("--compare", type=Path, metavar="BINARY",
                        help="compare --binary with this earlier build, on stores of the same size")
    options = parse(parser, posts=2_000, rounds=5)
    options.posts = options.posts or (COMPARED_POSTS if options.compare else LARGE)
    options.rounds = options.rounds or (COMPARED_ROUNDS if options.compare else ROUNDS)
    if not 1 <= options.rounds <= MOST_ROUNDS:
        parser.error(f"--rounds must be from 1 to {MOST_ROUNDS}")
    if options.compare and options.keep:
        parser.error("--keep cannot be used with --compare, which changes the stores")
    run_test(lambda: compare(options) if options.compare else test(options))


if __name__ == "__main__":
    main()
