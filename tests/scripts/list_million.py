"""Shows that a list of a million posts is whole, and takes the server no memory to speak of.

    python3 tests/scripts/list_million.py --binary target/release/blog-api [--postgres URL] [--only KIND] [--keep FOLDER]

On each kind of store, `GET /api/posts` of a million posts, read by a client that reads as fast as it can; by one that asks
for gzip; and by one that stops reading for some seconds and goes on slowly, while others ask for single posts. Then

* all million posts have arrived, in order, and the array is well-formed to its end;
* the server's resident memory has grown by less than 32 MB at any time (`VmHWM`, against `VmRSS` before);
* while the slow client holds up its answer, others get theirs, each within a second.

The negative control is part of it: the same checks on a stream with a post left out and with two exchanged, and the same
measure on a process that takes 64 MB, have to find fault.

Exit code: 0 when all is as it should be, 1 when not, 2 when the test could not be carried out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path
from typing import Iterable, Iterator, Optional

from benchmark import LARGE, filled
from cluster import Server, parse, run_test
from stores import (
    Connection, Place, Verdict, conclude, forget_most_memory, memory_kib, parser_for_stores, test_on_each, together,
)

GROWTH_LIMIT_KIB = 32_000_000 // 1024
SAMPLE_EVERY = 0.05
STOPS_FOR = 8.0
SLOW_FOR = 10.0
OTHERS_WITHIN = 1.0
OTHERS_PER_SECOND = 5  # At least: it is many more unless they have to wait.

# No string has this in it: there the second quote would have a backslash before it, or end the string.
BETWEEN = b'},{"content":'


def posts_of(pieces: Iterable[bytes]) -> Iterator[dict]:
    """The posts of an array that comes in pieces, one at a time."""
    buffer = b""
    started = False
    for piece in pieces:
        buffer += piece
        if not started:
            if not buffer.startswith(b"["[:len(buffer)]):
                raise ValueError(f"no array: {buffer[:80]!r}")
            if len(buffer) < 1:
                continue
            buffer, started = buffer[1:], True
        *whole, last = buffer.split(BETWEEN)
        for number, text in enumerate(whole):
            text += b"}"
            yield json.loads(text if number == 0 else b'{"content":' + text)
        buffer = b'{"content":' + last if whole else last
    if not buffer.endswith(b"]"):
        raise ValueError(f"the array has no end: {buffer[-80:]!r}")
    if buffer != b"]":
        yield json.loads(buffer[:-1])


def unzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    stream = zlib.decompressobj(wbits=31)
    for piece in pieces:
        yield stream.decompress(piece)
    yield stream.flush()
    if not stream.eof:
        raise ValueError("the gzip stream has no end")


def wanting(posts: Iterable[dict], count: int) -> Optional[str]:
    """What is wrong with a list, newest first. In strict order none is there twice, so their number tells that none is missing."""
    seen, before, unordered = 0, ("~", ""), 0
    try:
        for post in posts:
            at = (post["created_at"], post["id"])
            unordered += at >= before
            before = at
            seen += 1
    except (ValueError, KeyError, OSError) as error:
        return f"after {seen} posts: {error!r}"
    if seen != count or unordered:
        return f"{seen} posts of {count}, {unordered} not in order"
    return None


class Memory:
    """What the memory of a process is before and meanwhile, sampled."""

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        forget_most_memory(process_id)
        self.before = memory_kib(process_id, "VmRSS")
        self.most_sampled = self.before
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stopped.wait(SAMPLE_EVERY):
            self.most_sampled = max(self.most_sampled, memory_kib(self._process_id, "VmRSS"))

    def growth(self) -> int:
        """By how much it grew at most, in KiB."""
        self._stopped.set()
        self._thread.join()
        return max(self.most_sampled, memory_kib(self._process_id, "VmHWM")) - self.before


def slowly(pieces: Iterator[bytes], stops_for: float, slow_for: float) -> Iterator[bytes]:
    """Stops after the first megabyte for some seconds, and then takes its time for some more."""
    taken, stopped, slow_until = 0, False, 0.0
    for piece in pieces:
        taken += len(piece)
        if taken > 1_000_000 and not stopped:
            time.sleep(stops_for)
            stopped, slow_until = True, time.monotonic() + slow_for
        elif time.monotonic() < slow_until:
            time.sleep(0.02)
        yield piece


def read_list(server: Server, options: argparse.Namespace, way: str, what: str, verdict: Verdict) -> None:
    connection = Connection(server.address())
    memory = Memory(server.process.pid)
    started = time.monotonic()
    connection.send("GET", "/api/posts", "Accept-Encoding: gzip\r\n" if way == "gzip" else "")
    status, headers, rest = connection.head()
    verdict.expect(status == 200, f"{what}: {status}")
    size = [0]

    def counted(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            size[0] += len(piece)
            yield piece

    pieces: Iterator[bytes] = counted(connection.chunks(headers, rest))
    if way == "slow":
        pieces = slowly(pieces, options.stops_for, options.slow_for)
    if way == "gzip":
        verdict.expect(headers.get("content-encoding") == "gzip", f"{what}: not compressed")
        pieces = unzipped(pieces)
    fault = wanting(posts_of(pieces), options.posts)
    verdict.expect(fault is None, f"{what}: {fault}")
    seconds, growth = time.monotonic() - started, memory.growth()
    verdict.expect(growth < GROWTH_LIMIT_KIB, f"{what}: the server's memory grew by {growth} KiB")
    print(f"  {what}: {size[0] / 1e6:.0f} MB in {seconds:.0f} s; memory {memory.before / 1024:.1f} MiB before, "
          f"grew by {growth / 1024:.1f} MiB at most", flush=True)
    connection.close()


def read_slowly_while_others_ask(server: Server, options: argparse.Namespace, what: str, verdict: Verdict) -> None:
    done = threading.Event()
    took: list[float] = []

    def others() -> None:
        connection = Connection(server.address(), timeout=30)
        ids = [post["id"] for post in connection.get("/api/posts?limit=100&fields=id").json()]
        while not done.is_set():
            for path in (f"/api/posts/{ids[len(took) % len(ids)]}", "/api/posts?limit=10"):
                started = time.monotonic()
                connection.get(path)
                took.append(time.monotonic() - started)
            time.sleep(0.01)

    def reader() -> None:
        try:
            read_list(server, options, "slow", what, verdict)
        finally:
            done.set()

    together(reader, others)
    print(f"    meanwhile {len(took)} other requests, the slowest took {max(took, default=0) * 1000:.0f} ms", flush=True)
    enough = OTHERS_PER_SECOND * (options.stops_for + options.slow_for)
    verdict.expect(len(took) > enough and max(took) < OTHERS_WITHIN, f"{what}: others had to wait")


def negative_control(verdict: Verdict) -> None:
    posts = [{"content": "},{", "created_at": f"2025-01-01T00:00:{59 - n:02}", "id": str(n)} for n in range(60)]

    def stream(posts: list[dict]) -> Iterator[bytes]:
        text = json.dumps(posts, separators=(",", ":")).encode()
        return (text[n:n + 7] for n in range(0, len(text), 7))

    exchanged = posts[:30] + [posts[31], posts[30]] + posts[32:]
    verdict.expect(wanting(posts_of(stream(posts)), 60) is None, "control: fault was found where none is")
    verdict.expect(wanting(posts_of(stream(posts[:9] + posts[10:])), 60) is not None, "control: a gap was not found")
    verdict.expect(wanting(posts_of(stream(exchanged)), 60) is not None, "control: an exchange was not found")
    verdict.expect(wanting(posts_of(list(stream(posts))[:-1]), 60) is not None, "control: a cut was not found")
    takes = "input(); taken = b'x' * 64_000_000; del taken; print(flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", takes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    time.sleep(0.5)
    memory = Memory(process.pid)
    process.stdin.write("\n")
    process.stdin.flush()
    process.stdout.readline()
    growth = memory.growth()
    process.communicate("\n")
    verdict.expect(growth > GROWTH_LIMIT_KIB, f"control: 64 MB taken were measured as {growth} KiB")
    print(f"negative control: gaps, exchanges and cuts are found; 64 MB taken for a moment measure as {growth / 1024:.0f} MiB",
          flush=True)


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    server = where.serve(filled(kind, options.posts, where, options.keep))
    # What is read for the first time makes caches, once.
    Connection(server.address()).get("/api/posts?limit=100")
    print(f"{kind}: {options.posts} posts", flush=True)
    read_list(server, options, "fast", "as fast as can be", verdict)
    read_list(server, options, "gzip", "compressed", verdict)
    read_slowly_while_others_ask(server, options, "stopping, then slowly", verdict)
    return conclude(kind, [server], verdict)


def test(options: argparse.Namespace) -> bool:
    verdict = Verdict()
    negative_control(verdict)
    return test_on_each(test_on, options) and not verdict.faults


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite", "postgres"))
    parser.add_argument("--posts", type=int, default=LARGE, help="how many (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="stores that benchmark.py has kept, or is to find")
    parser.add_argument("--stops-for", type=float, default=STOPS_FOR, metavar="SECONDS",
                        help="how long the slow client does not read at all (default: %(default)s)")
    parser.add_argument("--slow-for", type=float, default=SLOW_FOR, metavar="SECONDS",
                        help="how long it reads slowly after that (default: %(default)s)")
    options = parse(parser, posts=4_000, stops_for=1.0, slow_for=1.0)
    run_test(lambda: test(options))


if __name__ == "__main__":
    main()
