"""Helpers for the tests on stores: stores of every kind, generated posts, and a fast HTTP client.

These tests have some options in common (see `parser_for_stores`). Tests on PostgreSQL need psql, and the
URL of a server on which they may create databases. Needs Linux (`/proc`) and Python 3.9 or newer.
"""

from __future__ import annotations

import argparse
import bisect
import contextlib
import functools
import itertools
import json
import os
import random
import re
import sqlite3
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Optional, Sequence
from urllib.parse import urlsplit, urlunsplit

from cluster import HOST, Server, SetupError, clean_environment, existing_binary

REQUEST_TIMEOUT = 120.0
KINDS = ("memory", "sqlite", "postgres")


# --- Options and stores ---------------------------------------------------------------------------


def parser_for_stores(documentation: Optional[str], kinds: Sequence[str] = KINDS) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=Path("target/release/blog-api"),
                        help="the server (default: %(default)s)")
    parser.add_argument("--postgres", metavar="URL", default=os.environ.get("BLOG_TEST_POSTGRES_URL"),
                        help="a PostgreSQL server on which the test may create databases (default: $BLOG_TEST_POSTGRES_URL)")
    parser.add_argument("--only", choices=kinds, action="append",
                        help="only this kind of store; can be repeated (default: all that are available)")
    parser.set_defaults(kinds=kinds)
    return parser


def kinds_of(options: argparse.Namespace) -> list[str]:
    """The kinds of stores to test on."""
    kinds = options.only or [each for each in options.kinds if each != "postgres" or options.postgres]
    if "postgres" in kinds and not options.postgres:
        raise SetupError("PostgreSQL is needed: set its URL with --postgres")
    if "postgres" not in kinds:
        print("not tested on PostgreSQL", flush=True)
    return kinds


def has_full_text_search() -> bool:
    """Whether the SQLite of Python can read the search index of a store."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        try:
            db.execute("CREATE VIRTUAL TABLE words USING fts5 (content)")
        except sqlite3.OperationalError:
            return False
    return True


def psql(url: str, statement: str) -> str:
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement, url],
                          capture_output=True, text=True, env=clean_environment(), stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SetupError(f"psql: {done.stderr.strip()}")
    return done.stdout.strip()


def database_in(server: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


class Place:
    """Creates the stores and servers of one test. When the test ends, the servers are stopped and the stores are removed."""

    _numbers = itertools.count(1)

    def __init__(self, binary: Path, postgres: Optional[str], stack: contextlib.ExitStack) -> None:
        self.binary = existing_binary(binary)
        self.postgres = postgres
        self.stack = stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="blog-stores-")))

    def new_store(self, kind: str) -> str:
        """Creates an empty store and returns its URL."""
        name = f"blog_{os.getpid()}_{next(self._numbers)}"
        if kind == "memory":
            return "memory:"
        if kind == "sqlite":
            return f"sqlite://{self.folder}/{name}.db"
        server = self.postgres or ""
        psql(server, f"CREATE DATABASE {name}")
        self.stack.callback(psql, server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        return database_in(server, name)

    def serve(self, url: str, prefix: Sequence[str] = ()) -> Server:
        """Starts an instance of the server and waits until it is ready."""
        server = Server(self.binary, url, self.folder / f"server-{next(self._numbers)}.log", prefix)
        self.stack.callback(server.end)
        server.address()
        return server


@contextlib.contextmanager
def place(options: argparse.Namespace) -> Iterator[Place]:
    with contextlib.ExitStack() as stack:
        yield Place(options.binary, options.postgres, stack)


def fill(binary: Path, url: str, posts: Iterator[str]) -> str:
    """Imports lines of posts into an empty store, and returns the last line that the program printed.

    On PostgreSQL the indexes other than the primary key are created after the import. This is
    several times faster and results in the same store.
    """
    if not url.startswith("postgres"):
        return _import(binary, url, posts)
    _import(binary, url, iter(()))
    indexes = psql(url, "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'posts' AND indexname NOT LIKE '%_pkey'")
    definitions = [line.split("|", 1) for line in indexes.splitlines()]
    psql(url, "DROP INDEX " + ", ".join(name for name, _ in definitions))
    summary = _import(binary, url, posts)
    for _, definition in definitions:
        psql(url, f"SET maintenance_work_mem = '512MB'; {definition}")
    psql(url, "VACUUM ANALYZE")
    return summary


def _import(binary: Path, url: str, posts: Iterator[str]) -> str:
    process = subprocess.Popen([str(binary), "import", "--database-url", url], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=clean_environment())
    assert process.stdin is not None and process.stderr is not None
    output: list[str] = []
    reader = threading.Thread(target=lambda: output.extend(process.stderr or ()))
    reader.start()
    with contextlib.suppress(BrokenPipeError), process.stdin as lines:
        for post in posts:
            lines.write(post + "\n")
    reader.join()
    if process.wait() != 0:
        raise SetupError(f"the import failed: {output[-3:]}")
    return output[-1].strip()


# --- Memory ---------------------------------------------------------------------------------------


def memory_kib(process_id: int, what: str) -> int:
    """The resident memory of a process in KiB.

    `what` is `VmRSS` for the current value, or `VmHWM` for the peak since `reset_peak_memory`.
    """
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    found = re.search(rf"{what}:\s+(\d+)", status)
    if not found:
        raise SetupError(f"process {process_id} has ended")
    return int(found.group(1))


def reset_peak_memory(process_id: int) -> None:
    """Resets `VmHWM` of a process to its resident memory."""
    Path(f"/proc/{process_id}/clear_refs").write_text("5")


# --- A client -------------------------------------------------------------------------------------


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]  # The names are in lower case.
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


class Connection:
    """A persistent HTTP connection with little overhead, so that a test measures the server."""

    def __init__(self, address: str, timeout: float = REQUEST_TIMEOUT) -> None:
        self._address = address
        self._timeout = timeout
        self._socket: Optional[socket.socket] = None

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def send(self, method: str, path: str, headers: str = "", body: Optional[bytes] = None) -> None:
        if self._socket is None:
            host, _, port = self._address.rpartition(":")
            self._socket = socket.create_connection((host, int(port)), timeout=self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        length = f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n" if body is not None else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._address}\r\n{length}{headers}\r\n"
        self._socket.sendall(head.encode("ascii") + (body or b""))

    def head(self) -> tuple[int, dict[str, str], bytes]:
        """Receives the status and headers of a response. Also returns the part of the body that came with them."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, rest = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first[9:12]), headers, rest

    def chunks(self, headers: dict[str, str], rest: bytes) -> Iterator[bytes]:
        """Receives the body of a response in pieces."""
        if headers.get("transfer-encoding") != "chunked":
            remaining = int(headers.get("content-length", "0")) - len(rest)
            if rest:
                yield rest
            while remaining > 0:
                piece = self._receive()
                remaining -= len(piece)
                yield piece
            return
        buffer = bytearray(rest)
        while True:
            while (end := buffer.find(b"\r\n")) < 0:
                buffer += self._receive()
            size = int(buffer[:end].split(b";")[0], 16)
            while len(buffer) < end + 2 + size + 2:
                buffer += self._receive()
            piece = bytes(buffer[end + 2:end + 2 + size])
            del buffer[:end + 2 + size + 2]
            if not size:
                return
            yield piece

    def request(self, method: str, path: str, headers: str = "", body: Optional[bytes] = None) -> Answer:
        try:
            self.send(method, path, headers, body)
            status, response_headers, rest = self.head()
            has_body = method != "HEAD" and status not in (204, 304)
            content = b"".join(self.chunks(response_headers, rest)) if has_body else b""
        except OSError:
            self.close()
            raise
        if response_headers.get("connection") == "close":
            self.close()
        return Answer(status, response_headers, content)

    def get(self, path: str) -> Answer:
        answer = self.request("GET", path)
        if answer.status != 200:
            raise SetupError(f"GET {path}: {answer.status} {answer.body[:200]!r}")
        return answer

    def _receive(self) -> bytes:
        assert self._socket is not None
        piece = self._socket.recv(262_144)
        if not piece:
            raise ConnectionResetError("the connection was closed")
        return piece


def next_of(answer: Answer) -> Optional[str]:
    """The target of the `next` link in the `Link` header, or None."""
    found = re.search(r'<([^>]*)>\s*;\s*rel="?next"?', answer.headers.get("link", ""))
    return found.group(1) if found else None


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def run_concurrently(*functions: Callable[[], None]) -> None:
    """Runs each function in its own thread. Raises the first error."""
    errors: list[BaseException] = []

    def run(function: Callable[[], None]) -> None:
        try:
            function()
        except BaseException as error:  # Raised below, in the calling thread.
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class Verdict:
    """Counts the faults that a test finds. Prints each of the first 20 when it is found."""

    def __init__(self, quiet: bool = False) -> None:
        self.faults = 0
        self._quiet = quiet

    def expect(self, condition: bool, fault: str) -> bool:
        if not condition:
            self.faults += 1
            if self.faults <= 20 and not self._quiet:
                print(f"  FAULT: {fault}", flush=True)
        return condition


def test_on_each(test_on: Callable[[str, Place, argparse.Namespace], bool], options: argparse.Namespace) -> bool:
    """Runs a test on every kind of store that the options select, and returns whether it passed on all."""
    with place(options) as where:
        return all([test_on(kind, where, options) for kind in kinds_of(options)])


def conclude(kind: str, servers: Sequence[Server], verdict: Verdict) -> bool:
    """Stops the servers of a test, prints the result, and returns whether it passed."""
    for server in servers:
        for line in server.new_log_lines():
            print(f"  logged: {line}")
        server.end()
    print(f"{kind}: {'FAILED' if verdict.faults else 'passed'}", flush=True)
    return not verdict.faults


# --- Posts ----------------------------------------------------------------------------------------

VOCABULARY = 50_000
FIRST_TIME = 1_577_836_800_000_000  # 2020-01-01, in microseconds.
YEARS = 5 * 365 * 86_400 * 1_000_000

# For each pair of words: a function that computes a number n from the number of all posts. n posts
# have both words, n other posts have only the first word, and n others have only the second word.
RARE, SOME, MANY = ("zyzzarare", "zyzzbrare"), ("zyzzasome", "zyzzbsome"), ("zyzzamany", "zyzzbmany")
PAIRS: dict[tuple[str, str], Callable[[int], int]] = {
    RARE: lambda _: 20,
    SOME: lambda count: count // 1_000,
    MANY: lambda count: count // 10,
}


def word(rank: int) -> str:
    """The word with this frequency rank. More frequent words are shorter, as in a natural language."""
    text = ""
    rank += 1
    while rank:
        rank, digit = divmod(rank, 100)
        text += "bcdfghjklmnprstvwxyz"[digit // 5] + "aeiou"[digit % 5]
    return text


@functools.cache
def frequent_words(size: int = 1 << 20) -> list[str]:
    """A list that repeats each word in proportion to its frequency by Zipf's law, as in a natural language."""
    ends = list(itertools.accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))
    return [word(bisect.bisect(ends, ends[-1] * (n + 0.5) / size)) for n in range(size)]


def time_text(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    days, second = divmod(seconds, 86_400)
    day = _day(days)
    return f"{day}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{fraction:06}Z"


def _day(days: int, known: dict[int, str] = {}) -> str:
    if days not in known:
        from datetime import date, timedelta
        known[days] = (date(1970, 1, 1) + timedelta(days)).isoformat()
    return known[days]


def posts(count: int, seed: int = 1) -> Iterator[str]:
    """Generates posts as lines for `blog-api import`, oldest first. The content of each has about 60 to 120 words. Nine of ten are published."""
    rng = random.Random(seed)
    language = frequent_words()
    extra: dict[int, list[str]] = {}
    for (one, other), how_many in PAIRS.items():
        with_both = how_many(count)
        chosen = rng.sample(range(count), min(3 * with_both, count))
        for n, post in enumerate(chosen):
            words = (one, other) if n < with_both else (one,) if n < 2 * with_both else (other,)
            extra.setdefault(post, []).extend(words)
    step = YEARS // count
    for n in range(count):
        created = FIRST_TIME + n * step + rng.randrange(step)
        updated = created + (rng.randrange(YEARS) if rng.random() < 0.3 else 0)
        words = rng.choices(language, k=rng.randint(60, 120))
        for each in extra.get(n, ()):
            words[rng.randrange(len(words))] = each
        for each in extra.get(n, ()):
            if each not in words:  # Another extra word has replaced it.
                words.append(each)
        title = " ".join(rng.choices(language, k=rng.randint(3, 6)))
        yield (f'{{"content":"{" ".join(words)}.","created_at":"{time_text(created)}","id":"{_id(created, rng)}",'
               f'"published":{"true" if rng.random() < 0.9 else "false"},"title":"{title}",'
               f'"updated_at":"{time_text(updated)}","version":1}}')


def _id(micros: int, rng: random.Random) -> str:
    """A UUID of version 7 with this time."""
    number = micros // 1000 << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
