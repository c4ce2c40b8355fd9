"""Measures what the server does with more requests than it can answer.

    cargo build --release --package server
    cargo build --release --package acceptance --example load
    python3 tests/scripts/overload.py --postgres postgres://postgres@127.0.0.1/postgres

The server runs on one processor, without its cache, and the load on another. For each kind of request, the script measures
the rate of accepted requests with increasing numbers of connections, and finds the greatest rate. Then it
checks that with the last number of connections

* the server accepts requests at 0.8 of the greatest rate or more;
* the 99th percentile of the time of a refusal (503) is at most 50 ms;
* the 99th percentile of the time of `GET /`, which another client sends meanwhile, is at most 50 ms;
* every response is a success or a 503, and no connection fails;
* the server has at most 32 threads more than with the first number of connections.

As a negative control, the script repeats the last measurement, and stops the process of the server for a
part of it. Then the checks must find a fault. With --smoke, no limit is checked.

Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple, Sequence

from cluster import Server, SetupError, existing_binary, parse, run_test
from stores import MANY, SOME, Connection, Place, Verdict, conclude, fill, memory_kib, parser_for_stores, posts, test_on_each

POSTS = 10_000
CONNECTIONS = (1, 4, 16, 64, 256, 1024)
SECONDS = 5
IDS = 200

MIN_RATE = 0.8  # Of the greatest rate.
MAX_MILLISECONDS = 50.0


class Result(NamedTuple):
    """The result of one measurement. Times are 99th percentiles in milliseconds."""

    accepted: int
    accepted_time: float
    refused: int
    refused_time: float
    failed: int
    root_time: float

    def line(self, connections: int) -> str:
        return (f"  {connections:5} connections: {self.accepted:6}/s accepted (p99 {self.accepted_time:7.1f} ms), "
                f"{self.refused:6}/s refused (p99 {self.refused_time:6.1f} ms), {self.failed} failed, "
                f"GET / p99 {self.root_time:5.1f} ms")


def request(method: str, path: str, body: object = None) -> dict[str, object]:
    return {"method": method, "path": path, "body": body}


def requests_of(kind: str, ids: Sequence[str]) -> list[dict[str, object]]:
    words = " ".join(MANY).replace(" ", "+"), " ".join(SOME).replace(" ", "+")
    create = request("POST", "/api/posts", {"title": "A title", "content": "Some content of a post. " * 20})
    if kind == "post":
        return [request("GET", f"/api/posts/{each}") for each in ids]
    if kind == "page":
        return [request("GET", "/api/posts?limit=20")]
    if kind == "search":
        return [request("GET", f"/api/posts?q={words[0]}&page=1&page_size=20"), request("GET", f"/api/posts?q={words[1]}&limit=20")]
    if kind == "create":
        return [create]
    reads = [request("GET", f"/api/posts/{each}") for each in ids[:14]]
    return [*reads, *requests_of("page", ids) * 3, *requests_of("search", ids), create]


class Load:
    """Sends requests with the program `load`."""

    def __init__(self, program: Path, server: Server, file: Path, seconds: int) -> None:
        self.program = program
        self.server = server
        self.file = file
        self.seconds = seconds

    def run(self, connections: int) -> Result:
        done = subprocess.run([str(self.program), self.server.address(), str(connections), str(self.seconds), str(self.file)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SetupError(f"the load failed: {done.stderr[-500:]}")
        output = json.loads(done.stdout)
        by_status = output["load"]
        accepted = [each for status, each in by_status.items() if status in ("200", "201")]
        refused = by_status.get("503", {"count": 0, "p99": 0.0})
        failed = sum(each["count"] for status, each in by_status.items() if status not in ("200", "201", "503"))
        return Result(sum(each["count"] for each in accepted) // self.seconds,
                      max((each["p99"] for each in accepted), default=0.0),
                      refused["count"] // self.seconds, refused["p99"], failed,
                      max((each["p99"] for each in output["root"].values()), default=float("inf")))


def faults(result: Result, greatest: int) -> list[str]:
    found = []
    if result.accepted < MIN_RATE * greatest:
        found.append(f"{result.accepted}/s accepted, {result.accepted / max(greatest, 1):.2f} of {greatest}/s")
    if result.refused_time > MAX_MILLISECONDS:
        found.append(f"refusals take {result.refused_time} ms")
    if result.root_time > MAX_MILLISECONDS:
        found.append(f"GET / takes {result.root_time} ms")
    if result.failed:
        found.append(f"{result.failed} connections or requests failed")
    return found


def threads_of(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))


def on_processor(number: int) -> None:
    """Lets this process, and the processes that it starts from now on, run on one processor only."""
    os.sched_setaffinity(0, {sorted(ALL_PROCESSORS)[number % len(ALL_PROCESSORS)]})


ALL_PROCESSORS = os.sched_getaffinity(0)


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    program = existing_binary(options.load)
    url = where.new_store(kind)
    os.sched_setaffinity(0, ALL_PROCESSORS)
    if kind != "memory":
        fill(where.binary, url, posts(options.posts))
    on_processor(0)
    # With a cache, the store would get few of the reads.
    server = where.serve(url, ["env", "BLOG_CACHE_BYTES=0"])
    on_processor(1)
    ids = [each["id"] for page in (1, 2) for each in Connection(server.address()).get(f"/api/posts?page={page}&page_size=100").json()]

    for name in options.request:
        file = where.folder / f"{name}.json"
        file.write_text(json.dumps(requests_of(name, ids)))
        load = Load(program, server, file, options.seconds)
        print(f"{kind}: {name}", flush=True)
        load.run(4)  # The first requests prepare statements and open connections.
        greatest, last, threads, memory = 0, None, 0, 0
        for connections in options.connections:
            last = load.run(connections)
            print(last.line(connections), flush=True)
            greatest = max(greatest, last.accepted)
            if connections == options.connections[0]:
                threads, memory = threads_of(server), memory_kib(server.process.pid, "VmRSS")
        assert last is not None
        grown = memory_kib(server.process.pid, "VmRSS") - memory
        print(f"  {last.accepted / max(greatest, 1):.2f} of the greatest rate; {threads_of(server)} threads ({threads} with "
              f"{options.connections[0]} connections), {grown / 1024:+.1f} MiB", flush=True)
        if not options.smoke:
            for fault in faults(last, greatest):
                verdict.expect(False, f"{name}: {fault}")
            verdict.expect(threads_of(server) <= threads + 32, f"{name}: {threads_of(server)} threads, but {threads} with few connections")

    if not options.smoke:
        pause = threading.Timer(1, server.process.send_signal, [signal.SIGSTOP])
        resume = threading.Timer(options.seconds * 0.8, server.process.send_signal, [signal.SIGCONT])
        pause.start()
        resume.start()
        control = faults(load.run(options.connections[-1]), greatest)
        print(f"  negative control: {control}", flush=True)
        verdict.expect(bool(control), "negative control: no fault was found while the server was stopped")
    return conclude(kind, [server], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite", "postgres"))
    parser.add_argument("--load", type=Path, default=Path("target/release/examples/load"), help="the program that sends requests (default: %(default)s)")
    parser.add_argument("--request", action="append", choices=("post", "page", "search", "create", "mix"), help="only this kind of request; can be repeated (default: all)")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS, help="the numbers of connections, with one measurement for each (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="the seconds of one measurement (default: %(default)s)")
    parser.add_argument("--posts", type=int, default=POSTS, help="the number of posts (default: %(default)s)")
    options = parse(parser, connections=(1, 32), seconds=1, posts=1_000, load=Path("target/debug/examples/load"))
    options.request = options.request or ["post", "page", "search", "create", "mix"]
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
