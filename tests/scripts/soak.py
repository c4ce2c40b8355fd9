"""Runs the server for a long time under a mixed load, and checks that its resources do not grow.

    cargo build --release --package server
    python3 tests/scripts/soak.py --plot

The server runs on one processor, and the load on another. Healthy clients request single posts,
numbered pages, cursor pages, searches and lists of all posts. They also create, change and delete
posts. A delete follows each create, so the number of posts is approximately constant. About one in
ten connections is hostile: it is one of the kinds in `hostile.py`, or sends malformed bytes of
`bytes.py`. A hostile connection ends when the server closes it, and after at most 15 s.

Every few seconds, the script measures the resident memory, the descriptors, the threads and the
write-ahead log of the server. It also measures the rate, the times and the failures of the healthy
requests. The first third of the time is the warm-up. The script compares the medians of the second
third and the last third. It checks that

* memory, descriptors, threads and the write-ahead log grow by less than 10 %, or by less than a
  small absolute bound (4 MiB, 8 descriptors, 4 threads, 1 MiB);
* every healthy request gets a response with a status below 500.

With --plot, the script draws the measurements to docs/plots/soak.svg.

As a negative control, the script also checks generated measurements that grow steadily. The check
must report this growth. With --smoke, the script prints the growth but does not check it, because
the time is too short.

Needs Linux (`/proc`). Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import threading
import time
from collections import Counter, deque
from pathlib import Path
from typing import Callable, NamedTuple, Optional, Sequence

from bytes import mutated
from cluster import Server, parse, run_test
from hostile import KINDS, Kind, attack
from overload import on_processor, threads_of
from plots import Curve, Panel, linear, plot
from stores import (
    MANY, SOME, Connection, Place, Verdict, conclude, encoded, fill, memory_kib, next_of,
    parser_for_stores, posts, test_on_each,
)

MINUTES = 30.0
CLIENTS = 16
HOSTILE = 2  # About one in ten connections.
POSTS = 2_000
# The fields of the list of all posts. Without the contents, a response has about 200 KB.
LIST_FIELDS = "id,title"

# Seconds.
PAUSE = 0.02  # The mean time between a response and the next request of a client.
HOSTILE_LIMIT = 15.0
SAMPLES = 360  # In the whole time.
MIN_SAMPLE = 1.0
REQUEST_TIMEOUT = 10.0

MAX_GROWTH = 0.1
PLOT = Path(__file__).resolve().parents[2] / "docs" / "plots" / "soak.svg"


class Sample(NamedTuple):
    """The measurements of an interval."""

    seconds: float  # Since the start.
    memory: float  # Resident memory, in MiB.
    descriptors: float
    threads: float
    log: float  # The size of the write-ahead log, in MiB.
    rate: float  # Requests per second.
    p99: float  # In milliseconds.
    failures: int


class Measure(NamedTuple):
    """A measured quantity."""

    name: str
    unit: str
    bound: float  # A smaller growth is allowed, even if it is more than `MAX_GROWTH`.


MEASURES = {
    "memory": Measure("resident memory", "MiB", 4.0),
    "descriptors": Measure("descriptors", "", 8.0),
    "threads": Measure("threads", "", 4.0),
    "log": Measure("write-ahead log", "MiB", 1.0),
}
# The script prints these quantities, but does not check their growth.
OTHER_MEASURES = {
    "rate": Measure("requests per second", "", 0.0),
    "p99": Measure("99th percentile", "ms", 0.0),
}


class Growth(NamedTuple):
    """The medians of the second and the last third of a series."""

    before: float
    after: float

    def share(self) -> float:
        return (self.after - self.before) / self.before if self.before else 0.0

    def is_excessive(self, bound: float) -> bool:
        return self.after - self.before >= bound and self.share() >= MAX_GROWTH


def growth(series: Sequence[float]) -> Growth:
    """Returns the medians of the second and the last third. The first third is the warm-up."""
    third = len(series) // 3
    return Growth(statistics.median(series[third:2 * third]), statistics.median(series[2 * third:]))


def series(samples: Sequence[Sample], name: str) -> list[float]:
    return [getattr(sample, name) for sample in samples]


def growth_faults(samples: Sequence[Sample]) -> list[str]:
    found = []
    for name, measure in MEASURES.items():
        change = growth(series(samples, name))
        if change.is_excessive(measure.bound):
            medians = f"{change.before:.1f} to {change.after:.1f} {measure.unit}"
            found.append(f"{measure.name}: {medians}".strip())
    return found


# --- The load -------------------------------------------------------------------------------------


class Requests:
    """The requests of the healthy clients, and their results."""

    def __init__(self, address: str, ids: Sequence[str], count: int) -> None:
        self.address = address
        self.failures: Counter[str] = Counter()
        self._ids = deque(ids)
        self._count = count
        self._times: list[float] = []  # In milliseconds, since the last call of `take_times`.
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, clients: int) -> None:
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def take_times(self) -> list[float]:
        times, self._times = self._times, []
        return times

    def _run(self) -> None:
        connection = Connection(self.address, REQUEST_TIMEOUT)
        actions: list[Callable[[], tuple[str, str, Optional[dict]]]] = [
            self._get, self._page, self._cursor, self._search, self._create_or_delete, self._patch,
            self._list]
        weights = [40, 15, 12, 10, 16, 6, 1]
        next_page: Optional[str] = None
        while not self._stopped.is_set():
            action = random.choices(actions, weights)[0]
            method, path, body = action()
            if action == self._cursor:
                path = next_page or path
            sent = time.monotonic()
            status = self._send(connection, method, path, body, cursor := [])
            self._times.append((time.monotonic() - sent) * 1000)
            if action == self._cursor:
                next_page = cursor[0] if cursor else None
            if status is None:
                connection = Connection(self.address, REQUEST_TIMEOUT)
            self._stopped.wait(random.uniform(0, 2 * PAUSE))
        connection.close()

    def _send(self, connection: Connection, method: str, path: str, body: Optional[dict],
              cursor: list[str]) -> Optional[int]:
        """Sends a request and returns the status. Appends the path of the next page to `cursor`."""
        try:
            answer = connection.request(method, path, body=encoded(body) if body else None)
        except OSError as error:
            self.failures[f"{method}: {error!r}"] += 1
            return None
        if answer.status >= 500:
            self.failures[f"{method} {path.partition('?')[0]}: {answer.status}"] += 1
        elif answer.status == 201:
            self._ids.append(answer.json()["id"])
        following = next_of(answer)
        if following:
            cursor.append(following)
        return answer.status

    def _random_id(self) -> str:
        # The clients delete the first posts of the queue next, so this does not choose them.
        return self._ids[random.randrange(self._count // 4, self._count // 2)]

    def _get(self) -> tuple[str, str, None]:
        return "GET", f"/api/posts/{self._random_id()}", None

    def _page(self) -> tuple[str, str, None]:
        return "GET", f"/api/posts?page={random.randint(1, 20)}&page_size=20", None

    def _cursor(self) -> tuple[str, str, None]:
        return "GET", "/api/posts?limit=20", None

    def _search(self) -> tuple[str, str, None]:
        words = random.choice((MANY, SOME))
        return "GET", f"/api/posts?q={words[0]}+{words[1]}&limit=20", None

    def _list(self) -> tuple[str, str, None]:
        return "GET", f"/api/posts?fields={LIST_FIELDS}", None

    def _patch(self) -> tuple[str, str, dict]:
        title = f"A changed title {random.random()}"
        return "PATCH", f"/api/posts/{self._random_id()}", {"title": title}

    def _create_or_delete(self) -> tuple[str, str, Optional[dict]]:
        if len(self._ids) > self._count:
            return "DELETE", f"/api/posts/{self._ids.popleft()}", None
        # On average, a new post is as long as a deleted post and matches the searches as often.
        post = json.loads(next(posts(1, seed=random.getrandbits(30))))
        for words, share in ((MANY, 0.1), (SOME, 0.01)):
            if random.random() < share:
                post["content"] += " " + " ".join(words)
        return "POST", "/api/posts", {name: post[name] for name in ("title", "content")}


def malformed() -> Kind:
    rng = random.Random()
    data = mutated(rng)
    while data.startswith(b"POST"):  # Such a request may create a post.
        data = mutated(rng)
    return Kind("malformed", data, None, 0, True, HOSTILE_LIMIT)


def run_hostile(address: tuple[str, int], first: int, end: float, counts: Counter[str]) -> None:
    """Opens hostile connections one after another until the time `end`, each of the next kind."""
    number = first
    while (now := time.monotonic()) < end:
        kind = (*KINDS, malformed())[number % (len(KINDS) + 1)]
        attack(address, kind, 1, min(now + HOSTILE_LIMIT, end))
        counts[kind.name] += 1
        number += 1


# --- Measurements ---------------------------------------------------------------------------------


def measured(server: Server, log: Path, requests: Requests, started: float,
             interval: float) -> Sample:
    before = time.monotonic()
    failures = sum(requests.failures.values())
    time.sleep(interval)
    pid = server.process.pid
    times = sorted(requests.take_times()) or [0.0]
    now = time.monotonic()
    return Sample(
        now - started,
        memory_kib(pid, "VmRSS") / 1024,
        len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads_of(server),
        log.stat().st_size / (1 << 20) if log.exists() else 0.0,
        len(times) / (now - before),
        times[len(times) * 99 // 100],
        sum(requests.failures.values()) - failures,
    )


def controls(samples: int = 90) -> tuple[list[Sample], list[Sample]]:
    """Returns measurements that double during the test, and constant measurements, with noise."""
    rng = random.Random(1)
    growing, constant = [], []
    for number in range(samples):
        for series_, factor in ((growing, 1 + number / samples), (constant, 1.0)):
            noise = rng.uniform(0.97, 1.03)
            series_.append(Sample(number, 100 * factor * noise, 60 * factor * noise,
                                  30 * factor * noise, 4 * factor * noise, 500, 5, 0))
    return growing, constant


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    url = where.new_store(kind)
    lines = list(posts(options.posts))
    fill(where.binary, url, iter(lines))
    on_processor(0)
    server = where.serve(url)
    on_processor(1)
    log = Path(url.removeprefix("sqlite://") + "-wal")
    requests = Requests(server.address(), [json.loads(line)["id"] for line in lines], options.posts)
    host, port = server.address().rsplit(":", 1)
    duration = options.minutes * 60
    interval = max(MIN_SAMPLE, duration / SAMPLES)
    started = time.monotonic()
    hostile_counts: Counter[str] = Counter()
    arguments = [((host, int(port)), 4 * number, started + duration, hostile_counts)
                 for number in range(options.hostile)]
    hostile = [threading.Thread(target=run_hostile, args=each) for each in arguments]
    requests.start(options.clients)
    for thread in hostile:
        thread.start()
    samples: list[Sample] = []
    try:
        while time.monotonic() < started + duration:
            samples.append(measured(server, log, requests, started, interval))
            if len(samples) % 12 == 0:
                print(line(samples[-1]), flush=True)
    finally:
        requests.stop()
        for thread in hostile:
            thread.join()

    print(f"{kind}: {duration / 60:.1f} minutes, {len(samples)} samples, hostile connections: "
          + ", ".join(f"{name} {count}" for name, count in sorted(hostile_counts.items())))
    for name, measure in (*MEASURES.items(), *OTHER_MEASURES.items()):
        change = growth(series(samples, name))
        medians = f"median {change.before:.1f}, then {change.after:.1f} {measure.unit}".rstrip()
        print(f"  {measure.name}: {medians} ({change.share():+.1%}), "
              f"maximum {max(series(samples, name)):.1f}")
    print(f"  failures of healthy requests: {dict(requests.failures) or 'none'}", flush=True)
    verdict.expect(not requests.failures, f"healthy requests failed: {dict(requests.failures)}")
    if not options.smoke:
        for fault in growth_faults(samples):
            verdict.expect(False, f"growth: {fault}")
    if options.plot:
        PLOT.parent.mkdir(exist_ok=True)
        PLOT.write_text(draw(samples, server_description(options)), encoding="utf-8")
        print(f"  plot: {PLOT}")

    growing, constant = controls()
    found = growth_faults(growing)
    print(f"  negative control: {found}", flush=True)
    verdict.expect(len(found) == len(MEASURES), "negative control: growth was not found")
    verdict.expect(not growth_faults(constant), "negative control: noise was reported as growth")
    return conclude(kind, [server], verdict)


def line(sample: Sample) -> str:
    return (f"  {sample.seconds:6.0f} s: {sample.memory:6.1f} MiB, "
            f"{sample.descriptors:3.0f} descriptors, {sample.threads:3.0f} threads, "
            f"log {sample.log:4.1f} MiB, {sample.rate:5.0f} requests/s, p99 {sample.p99:5.1f} ms, "
            f"{sample.failures} failures")


def server_description(options: argparse.Namespace) -> str:
    return (f"SQLite, {options.posts} posts, {options.clients} healthy and {options.hostile} "
            "hostile connections at a time")


# --- The plot -------------------------------------------------------------------------------------


def draw(samples: Sequence[Sample], description: str) -> str:
    """Draws four panels, whose horizontal axes show the time in minutes."""
    axis = linear("minutes", [sample.seconds / 60 for sample in samples])
    panels = (
        Panel("Resident memory", "MiB", [Curve("memory", series(samples, "memory"))], axis),
        Panel("Descriptors and threads", "number", [
            Curve("descriptors", series(samples, "descriptors")),
            Curve("threads", series(samples, "threads"))], axis),
        Panel("Write-ahead log", "MiB", [Curve("log", series(samples, "log"))], axis),
        Panel("99th percentile of healthy requests", "milliseconds",
              [Curve("p99", series(samples, "p99"))], axis),
    )
    rate = statistics.median(series(samples, "rate"))
    failures = sum(sample.failures for sample in samples)
    subtitle = (f"{description}; {rate:.0f} requests/s; {failures} failed. "
                "The first third (grey) is the warm-up.")
    minutes = samples[-1].seconds / 60
    return plot(f"Soak test of {minutes:.0f} minutes", subtitle, panels, shaded=1 / 3)


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite",))
    parser.add_argument("--minutes", type=float, default=MINUTES,
                        help="the duration (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=CLIENTS,
                        help="the number of healthy connections (default: %(default)s)")
    parser.add_argument("--hostile", type=int, default=HOSTILE,
                        help="the number of hostile connections at a time (default: %(default)s)")
    parser.add_argument("--posts", type=int, default=POSTS,
                        help="the number of posts (default: %(default)s)")
    parser.add_argument("--plot", action="store_true", help="draw docs/plots/soak.svg")
    options = parse(parser, minutes=0.25, posts=300)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
