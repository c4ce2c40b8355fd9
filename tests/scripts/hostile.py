"""Measures how slow and hostile clients affect the other clients of a server.

    cargo build --release --package server
    python3 tests/scripts/hostile.py

For each kind of hostile client, the script opens many connections at once. Meanwhile a healthy client
reads a post again and again. The script checks that

* the server closes every hostile connection at most 4 seconds after its deadline;
* the 99th percentile of the healthy client's times at most doubles, or stays under 20 ms;
* no request of the healthy client fails;
* the server's resident memory grows by less than 64 MiB.

The kinds of hostile clients, and what each client sends:

    slow-head    one byte of the first head each second
    second-head  a complete request, and then one byte of the next head each second
    body         a head that announces a body, and a part of the body
    endless      an endless chunked body after a head that the server refuses
    list         a request for the list of all posts (the client does not receive the response)
    pages        a request for a numbered page of long posts (it does not receive the response)
    half-open    nothing

As a negative control, the healthy client also runs while the process of the server is stopped for a
second. Then its slowest request must take more than 20 ms.

Needs Linux, and a hard limit of open files (`ulimit -Hn`) of at least 100 more than twice the number of
connections. Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import json
import resource
import selectors
import signal
import socket
import threading
import time
from typing import Callable, NamedTuple, Optional

from cluster import Server, SetupError, parse, run_test
from stores import Connection, Place, Verdict, conclude, encoded, memory_kib, parser_for_stores, reset_peak_memory, test_on_each

CONNECTIONS = 1_000
LONG_POSTS = 40
LONG_POST_BYTES = 900_000
MAX_GROWTH_MIB = 64
MAX_MILLISECONDS = 20.0
BASELINE_SECONDS = 3.0
TCP_CLOSE, TCP_CLOSE_WAIT = 7, 8  # From the kernel's tcp_states.h.
SPARE_SECONDS = 4.0  # The server checks deadlines each second.


class Kind(NamedTuple):
    """A kind of hostile client."""

    name: str
    first: bytes  # What the client sends at once.
    drip: Optional[bytes]  # What the client then sends again and again.
    every: float  # The seconds between two drips.
    receives: bool
    deadline: float  # The seconds after which the server must have closed the connection.


def head(method: str, path: str, *fields: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *fields, "", ""]).encode()


JSON = "Content-Type: application/json"
KINDS = (
    Kind("slow-head", b"GET / HTTP/1.1\r\nX: ", b"x", 1.0, True, 10.0),
    Kind("second-head", head("GET", "/") + b"", b"G", 1.0, True, 12.0),
    Kind("body", head("POST", "/api/posts", JSON, "Content-Length: 100") + b"{", None, 0, True, 32.0),
    Kind("endless", head("POST", "/api/posts", "Content-Type: text/plain", "Transfer-Encoding: chunked"),
         b"4000\r\n" + b"x" * 0x4000 + b"\r\n", 0.0, True, 3.0),
    # The server refuses most of these requests. Such a connection may be idle for 75 s.
    Kind("list", head("GET", "/api/posts"), None, 0, False, 78.0),
    Kind("pages", head("GET", "/api/posts?page=1&page_size=20"), None, 0, False, 78.0),
    Kind("half-open", b"", None, 0, True, 10.0),
)


class Client:
    """One hostile connection."""

    def __init__(self, address: tuple[str, int], kind: Kind) -> None:
        self.kind = kind
        self.socket = socket.socket()
        if not kind.receives:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setblocking(False)
        self.opened = time.monotonic()
        self.closed: Optional[float] = None
        self.pending = kind.first
        self.next_drip = self.opened + kind.every
        try:
            self.socket.connect(address)
        except BlockingIOError:
            pass

    def step(self, now: float, readable: bool) -> None:
        try:
            if readable and self.kind.receives and not self.socket.recv(1 << 16):
                self.closed = now
                return
            if not self.pending and self.kind.drip and now >= self.next_drip:
                self.pending = self.kind.drip
                self.next_drip = now + self.kind.every
            if self.pending:
                self.pending = self.pending[self.socket.send(self.pending):]
        except BlockingIOError:
            pass
        except OSError:
            self.closed = now

    def check(self, now: float) -> None:
        """Detects that the server has closed a connection from which the client does not read."""
        # TCP_INFO begins with the state of the connection.
        state = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        if state in (TCP_CLOSE, TCP_CLOSE_WAIT):
            self.closed = now


def attack(address: tuple[str, int], kind: Kind, count: int, until: float) -> list[Client]:
    """Opens the connections. Uses them until all are closed, but not after the time `until`."""
    selector = selectors.DefaultSelector()
    clients = []
    for _ in range(count):
        client = Client(address, kind)
        events = selectors.EVENT_READ if kind.receives else selectors.EVENT_WRITE
        selector.register(client.socket, events, client)
        clients.append(client)
    open_clients = set(clients)
    while open_clients and time.monotonic() < until:
        ready = {key.data for key, _ in selector.select(timeout=0.05)}
        now = time.monotonic()
        for client in list(open_clients):
            client.step(now, client in ready)
            if client.closed is None and not kind.receives:
                client.check(now)
            if client.closed is not None:
                selector.unregister(client.socket)
                client.socket.close()
                open_clients.discard(client)
        if not kind.receives or (kind.drip and kind.every == 0):
            time.sleep(0.05)
    for client in open_clients:
        client.socket.close()
    return clients


class Healthy:
    """A client that reads a post again and again."""

    def __init__(self, address: str, path: str) -> None:
        self.address, self.path = address, path
        self.times: list[float] = []
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        connection = Connection(self.address)
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                answer = connection.request("GET", self.path)
                if answer.status != 200:
                    self.failures.append(str(answer.status))
            except OSError as error:
                self.failures.append(str(error))
                connection = Connection(self.address)
            self.times.append((time.monotonic() - started) * 1000)
            time.sleep(0.005)

    def stop(self) -> float:
        """Stops the client. Returns the 99th percentile of its times, in milliseconds."""
        self._stop.set()
        self._thread.join()
        times = sorted(self.times)
        return times[len(times) * 99 // 100]


def measured(server: Server, path: str, during: Callable[[], None]) -> tuple[float, list[str]]:
    healthy = Healthy(server.address(), path)
    during()
    return healthy.stop(), healthy.failures


def test_on(store: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * options.connections + 100:
        raise SetupError(f"the hard limit of open files is {hard}: raise it, or set fewer --connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 1 << 16), hard))
    server = where.serve(where.new_store(store))
    connection = Connection(server.address())
    for _ in range(options.long_posts):
        connection.request("POST", "/api/posts", body=encoded({"title": "A long post", "content": "x" * LONG_POST_BYTES}))
    short = connection.request("POST", "/api/posts", body=encoded({"title": "A short post", "content": "Some content"}))
    path = f"/api/posts/{short.json()['id']}"
    host, port = server.address().rsplit(":", 1)
    usual, _ = measured(server, path, lambda: time.sleep(BASELINE_SECONDS))
    print(f"{store}: {options.connections} connections of each kind; a healthy client alone: p99 {usual:.1f} ms", flush=True)

    for kind in KINDS:
        if options.kind and kind.name not in options.kind:
            continue
        before = memory_kib(server.process.pid, "VmRSS")
        reset_peak_memory(server.process.pid)
        clients: list[Client] = []
        until = time.monotonic() + (options.seconds or kind.deadline + SPARE_SECONDS)
        p99, failures = measured(server, path, lambda: clients.extend(attack((host, int(port)), kind, options.connections, until)))
        grown = (memory_kib(server.process.pid, "VmHWM") - before) / 1024
        open_clients = sum(client.closed is None for client in clients)
        last = max((client.closed - client.opened for client in clients if client.closed), default=0.0)
        print(f"  {kind.name:11} {len(clients) - open_clients:4} closed, the last after {last:4.1f} s, {open_clients} open; "
              f"healthy client: p99 {p99:6.1f} ms, {len(failures)} failures; memory {grown:+.1f} MiB", flush=True)
        if not options.smoke:
            verdict.expect(open_clients == 0, f"{kind.name}: {open_clients} connections are still open")
            verdict.expect(p99 <= max(2 * usual, MAX_MILLISECONDS), f"{kind.name}: the healthy client's p99 is {p99:.1f} ms")
            verdict.expect(grown < MAX_GROWTH_MIB, f"{kind.name}: memory grew by {grown:.1f} MiB")
        verdict.expect(not failures, f"{kind.name}: the healthy client failed: {failures[:3]}")

    def pause() -> None:
        time.sleep(0.5)
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        server.process.send_signal(signal.SIGCONT)

    healthy = Healthy(server.address(), path)
    pause()
    healthy.stop()
    print(f"  negative control: the slowest request took {max(healthy.times):.0f} ms while the server was stopped", flush=True)
    verdict.expect(max(healthy.times) > MAX_MILLISECONDS, "negative control: no request took long while the server was stopped")
    return conclude(store, [server], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite",))
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="the number of hostile connections (default: %(default)s)")
    parser.add_argument("--long-posts", type=int, default=LONG_POSTS, help="the number of long posts (default: %(default)s)")
    parser.add_argument("--kind", action="append", choices=[kind.name for kind in KINDS], help="only this kind; can be repeated (default: all)")
    parser.add_argument("--seconds", type=float, help="the maximum seconds of each attack (default: the deadline of its kind, and 4)")
    options = parse(parser, connections=20, long_posts=3, seconds=1.0)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
