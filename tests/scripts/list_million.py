"""Tests that a list of a million posts is complete, and that the server streams it in bounded memory.

    python3 tests/scripts/list_million.py --binary target/release/blog-api [--postgres URL] [--only KIND] [--keep FOLDER]

On each kind of store, three clients read `GET /api/posts` with a million posts, one after the
other. The first client reads as fast as it can. The second client requests gzip. The third client
pauses for some seconds and then reads slowly, while another client requests other resources. The
test checks that

* all million posts arrive in order, and the JSON array is complete;
* the peak resident memory of the server (`VmHWM`) is less than 32 MB above its memory before the request (`VmRSS`);
* the other client gets each response within a second while the slow client reads.

The negative control runs the same checks on incomplete and unordered streams, and on a process that
allocates 64 MB. These checks must fail.

Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
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
    Connection, Place, Verdict, conclude, memory_kib, parser_for_stores, reset_peak_memory, run_concurrently,
    test_on_each,
)

GROWTH_LIMIT_KIB = 32_000_000 // 1024
SAMPLE_EVERY = 0.05
PAUSE = 8.0
SLOW_FOR = 10.0
OTHERS_WITHIN = 1.0
OTHERS_PER_SECOND = 5  # The required minimum. If no request is delayed, there are many more.

# No JSON string contains this text, because a quote in a string has a backslash before it.
SEPARATOR = b'},{"content":'


def posts_of(pieces: Iterable[bytes]) -> Iterator[dict]:
    """Parses the posts of a JSON array that arrives in pieces, one post at a time."""
    buffer = b""
    started = False
    for piece in pieces:
        buffer += piece
        if not started:
            if not buffer.startswith(b"["[:len(buffer)]):
                raise ValueError(f"not an array: {buffer[:80]!r}")
            if len(buffer) < 1:
                continue
            buffer, started = buffer[1:], True
        *whole, last = buffer.split(SEPARATOR)
        for number, text in enumerate(whole):
            text += b"}"
            yield json.loads(text if number == 0 else b'{"content":' + text)
        buffer = b'{"content":' + last if whole else last
    if not buffer.endswith(b"]"):
        raise ValueError(f"the array is incomplete: {buffer[-80:]!r}")
    if buffer != b"]":
        yield json.loads(buffer[:-1])


def decompressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    stream = zlib.decompressobj(wbits=31)
    for piece in pieces:
        yield stream.decompress(piece)
    yield stream.flush()
    if not stream.eof:
        raise ValueError("the gzip stream is incomplete")


def list_fault(posts: Iterable[dict], count: int) -> Optional[str]:
    """What is wrong with a list, or None. The list must have `count` posts, the newest first.

    A strictly ordered list has no duplicates, so the right count means that no post is missing.
    """
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
        return f"{seen} of {count} posts, {unordered} of them out of order"
    return None


class Memory:
    """Samples the resident memory of a process, starting now."""

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        reset_peak_memory(process_id)
        self.before = memory_kib(process_id, "VmRSS")
        self.peak_sampled = self.before
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stopped.wait(SAMPLE_EVERY):
            self.peak_sampled = max(self.peak_sampled, memory_kib(self._process_id, "VmRSS"))

    def growth(self) -> int:
        """Stops sampling and returns the growth up to the peak, in KiB."""
        self._stopped.set()
        self._thread.join()
        return max(self.peak_sampled, memory_kib(self._process_id, "VmHWM")) - self.before


def slowly(pieces: Iterator[bytes], pause: float, slow_for: float) -> Iterator[bytes]:
    """Pauses once after the first megabyte, and then reads slowly for `slow_for` seconds."""
    received, paused, slow_until = 0, False, 0.0
    for piece in pieces:
        received += len(piece)
        if received > 1_000_000 and not paused:
            time.sleep(pause)
            paused, slow_until = True, time.monotonic() + slow_for
        elif time.monotonic() < slow_until:
            time.sleep(0.02)
        yield piece


def read_list(server: Server, options: argparse.Namespace, mode: str, what: str, verdict: Verdict) -> None:
    connection = Connection(server.address())
    memory = Memory(server.process.pid)
    started = time.monotonic()
    connection.send("GET", "/api/posts", "Accept-Encoding: gzip\r\n" if mode == "gzip" else "")
    status, headers, rest = connection.head()
    verdict.expect(status == 200, f"{what}: {status}")
    size = [0]

    def counted(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            size[0] += len(piece)
            yield piece

    pieces: Iterator[bytes] = counted(connection.chunks(headers, rest))
    if mode == "slow":
        pieces = slowly(pieces, options.stops_for, options.slow_for)
    if mode == "gzip":
        verdict.expect(headers.get("content-encoding") == "gzip", f"{what}: the response is not compressed")
        pieces = decompressed(pieces)
    fault = list_fault(posts_of(pieces), options.posts)
    verdict.expect(fault is None, f"{what}: {fault}")
    seconds, growth = time.monotonic() - started, memory.growth()
    verdict.expect(growth < GROWTH_LIMIT_KIB, f"{what}: the server's memory grew by {growth} KiB")
    print(f"  {what}: {size[0] / 1e6:.0f} MB in {seconds:.0f} s; memory {memory.before / 1024:.1f} MiB before, "
          f"at most {growth / 1024:.1f} MiB more during the request", flush=True)
    connection.close()


def read_slowly_during_other_requests(server: Server, options: argparse.Namespace, what: str, verdict: Verdict) -> None:
    done = threading.Event()
    times: list[float] = []

    def others() -> None:
        connection = Connection(server.address(), timeout=30)
        ids = [post["id"] for post in connection.get("/api/posts?limit=100&fields=id").json()]
        while not done.is_set():
            for path in (f"/api/posts/{ids[len(times) % len(ids)]}", "/api/posts?limit=10"):
                started = time.monotonic()
                connection.get(path)
                times.append(time.monotonic() - started)
            time.sleep(0.01)

    def reader() -> None:
        try:
            read_list(server, options, "slow", what, verdict)
        finally:
            done.set()

    run_concurrently(reader, others)
    print(f"    meanwhile {len(times)} other requests, the slowest took {max(times, default=0) * 1000:.0f} ms", flush=True)
    enough = OTHERS_PER_SECOND * (options.stops_for + options.slow_for)
    verdict.expect(len(times) > enough and max(times) < OTHERS_WITHIN, f"{what}: other requests were delayed")


def negative_control(verdict: Verdict) -> None:
    posts = [{"content": "},{", "created_at": f"2025-01-01T00:00:{59 - n:02}", "id": str(n)} for n in range(60)]

    def stream(posts: list[dict]) -> Iterator[bytes]:
        text = json.dumps(posts, separators=(",", ":")).encode()
        return (text[n:n + 7] for n in range(0, len(text), 7))

    swapped = posts[:30] + [posts[31], posts[30]] + posts[32:]
    verdict.expect(list_fault(posts_of(stream(posts)), 60) is None, "negative control: a complete list has a fault")
    verdict.expect(list_fault(posts_of(stream(posts[:9] + posts[10:])), 60) is not None,
                   "negative control: a missing post was not detected")
    verdict.expect(list_fault(posts_of(stream(swapped)), 60) is not None,
                   "negative control: two swapped posts were not detected")
    verdict.expect(list_fault(posts_of(list(stream(posts))[:-1]), 60) is not None,
                   "negative control: an incomplete list was not detected")
    program = "input(); block = b'x' * 64_000_000; del block; print(flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    time.sleep(0.5)
    memory = Memory(process.pid)
    process.stdin.write("\n")
    process.stdin.flush()
    process.stdout.readline()
    growth = memory.growth()
    process.communicate("\n")
    verdict.expect(growth > GROWTH_LIMIT_KIB, f"negative control: 64 MB were measured as {growth} KiB")
    print(f"negative control: incomplete and unordered lists are detected; 64 MB are measured as {growth / 1024:.0f} MiB",
          flush=True)


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    server = where.serve(filled(kind, options.posts, where, options.keep))
    # The first request fills caches, which must not count as growth.
    Connection(server.address()).get("/api/posts?limit=100")
    print(f"{kind}: {options.posts} posts", flush=True)
    read_list(server, options, "fast", "at full speed", verdict)
    read_list(server, options, "gzip", "compressed", verdict)
    read_slowly_during_other_requests(server, options, "with a pause, then slowly", verdict)
    return conclude(kind, [server], verdict)


def test(options: argparse.Namespace) -> bool:
    verdict = Verdict()
    negative_control(verdict)
    return test_on_each(test_on, options) and not verdict.faults


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite", "postgres"))
    parser.add_argument("--posts", type=int, default=LARGE, help="the number of posts (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER",
                        help="keep the stores in this folder and use them again, also in benchmark.py")
    parser.add_argument("--stops-for", type=float, default=PAUSE, metavar="SECONDS",
                        help="how long the slow client pauses (default: %(default)s)")
    parser.add_argument("--slow-for", type=float, default=SLOW_FOR, metavar="SECONDS",
                        help="how long it then reads slowly (default: %(default)s)")
    options = parse(parser, posts=4_000, stops_for=1.0, slow_for=1.0)
    run_test(lambda: test(options))


if __name__ == "__main__":
    main()
