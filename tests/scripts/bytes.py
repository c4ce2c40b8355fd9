"""Sends random and mutated bytes to the server, and checks that it closes each connection in time.

    cargo build --release --package server
    python3 tests/scripts/bytes.py

Each string is sent on a connection of its own, and then the client closes its side. A string has random
bytes, or it is a valid request in which some bytes are changed, removed, repeated or inserted. Some of these
requests are followed by a part of another request. The script checks that

* the server closes each connection within 30 seconds;
* what the server sends begins with a status line, or is empty;
* a valid request gets the right response after every thousand strings, and at the end;
* the server runs to the end, and logs no panic.

As a negative control, a string is sent to a port that accepts connections, but never answers or closes
them. The check must find a fault. Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import random
import selectors
import socket
import time

from cluster import HOST, parse, run_test
from stores import Connection, Place, Verdict, conclude, encoded, parser_for_stores, test_on_each

STRINGS = 200_000
AT_ONCE = 100
PATIENCE = 30.0

BODY = b'{"title":"A title","content":"Some content","published":true}'
REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HEAD /api/posts?limit=5 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br;q=0.5\r\n\r\n",
    b"GET /api/posts?q=some+words&sort=-title&fields=id,title&page=1 HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"1\", W/\"2\"\r\n\r\n",
    b"GET /api/posts/3257de2a-ddae-4070-90d4-1b04a367bb07 HTTP/1.1\r\nHost: x\r\nAccept: application/problem+json\r\n\r\n",
    b"OPTIONS /api/posts HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n\r\n",
    b"POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
    b"POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    b"PUT /api/posts/3257de2a-ddae-4070-90d4-1b04a367bb07 HTTP/1.1\r\nHost: x\r\nIf-Match: *\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
    b"PATCH /api/posts/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/merge-patch+json\r\nContent-Length: 2\r\n\r\n{}",
    b"GET /api/docs/openapi.json HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
]
PIECES = [b"\r\n", b"\r", b"\n", b"\0", b":", b" ", b"\xff", b"%00", b"%", b"//", b"..", b"HTTP/1.1", b"chunked", b"Content-Length: 5\r\n",
          b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n", b"-1", b"99999999999999999999", b"{", b"\xe2\x80\xa8", b"A" * 5000]


def mutated(rng: random.Random) -> bytes:
    kind = rng.random()
    if kind < 0.05:
        return rng.randbytes(rng.randint(0, 300))
    data = bytearray(rng.choice(REQUESTS))
    if kind < 0.2:
        data += rng.choice(REQUESTS)[: rng.randint(0, 200)]
    for _ in range(rng.randint(0, 6)):
        position = rng.randint(0, len(data))
        action = rng.random()
        if action < 0.3 and data:
            data[min(position, len(data) - 1)] = rng.randrange(256)
        elif action < 0.5:
            del data[position: position + rng.randint(1, 10)]
        elif action < 0.7:
            data[position:position] = data[position: position + rng.randint(1, 30)]
        else:
            data[position:position] = rng.choice(PIECES)
    return bytes(data)


class Exchange:
    """One string on one connection."""

    def __init__(self, address: tuple[str, int], data: bytes) -> None:
        self.data = data
        self.received = b""
        self.started = time.monotonic()
        self.socket = socket.create_connection(address)
        self.socket.setblocking(False)
        self.rest = data
        self.is_sent = False

    def step(self, now: float) -> bool:
        """Sends and receives. Returns whether the exchange is over."""
        try:
            while self.rest:
                self.rest = self.rest[self.socket.send(self.rest):]
            if not self.is_sent:
                self.is_sent = True
                self.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            pass
        except OSError:
            self.rest, self.is_sent = b"", True
        try:
            while True:
                part = self.socket.recv(1 << 16)
                if not part:
                    return True
                self.received = (self.received + part)[:64]
        except BlockingIOError:
            return False
        except OSError:
            return True


def exchange_all(address: tuple[str, int], strings: list[bytes], verdict: Verdict, patience: float) -> None:
    selector = selectors.DefaultSelector()
    waiting = list(strings)
    running = 0
    while waiting or running:
        while waiting and running < AT_ONCE:
            each = Exchange(address, waiting.pop())
            selector.register(each.socket, selectors.EVENT_READ, each)
            each.step(time.monotonic())
            running += 1
        ready = {key.data for key, _ in selector.select(timeout=0.2)}
        now = time.monotonic()
        for key in list(selector.get_map().values()):
            each = key.data
            is_over = each in ready and each.step(now)
            is_late = now - each.started > patience
            if is_over or is_late:
                verdict.expect(is_over, f"the connection is open after {patience:.0f} s: {each.data!r}")
                verdict.expect(not each.received or each.received.startswith(b"HTTP/1."), f"{each.data!r}: {each.received!r}")
                selector.unregister(each.socket)
                each.socket.close()
                running -= 1


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    server = where.serve(where.new_store(kind))
    host, port = server.address().rsplit(":", 1)
    address = (host, int(port))
    rng = random.Random(options.seed)
    post = Connection(server.address()).request("POST", "/api/posts", body=encoded({"title": "The first", "content": "Some content"})).json()
    slowest = 0.0
    for _ in range(0, options.strings, 1000):
        started = time.monotonic()
        exchange_all(address, [mutated(rng) for _ in range(min(1000, options.strings))], verdict, PATIENCE)
        slowest = max(slowest, time.monotonic() - started)
        answer = Connection(server.address()).get(f"/api/posts/{post['id']}")
        verdict.expect(answer.json() == post, "a valid request got another response")
        if not verdict.expect(server.is_running(), "the server has ended"):
            break
    verdict.expect("panicked" not in server.log.read_text(errors="replace"), "a panic was logged")
    print(f"{kind}: {options.strings} strings with the seed {options.seed}; a thousand strings took at most {slowest:.1f} s", flush=True)

    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        control = Verdict(quiet=True)
        exchange_all(silent.getsockname(), [REQUESTS[0]], control, 0.5)
    verdict.expect(control.faults == 1, "negative control: the open connection was not detected")
    return conclude(kind, [server], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("memory",))
    parser.add_argument("--strings", type=int, default=STRINGS, help="the number of strings (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the generator (default: %(default)s)")
    options = parse(parser, strings=1000)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
