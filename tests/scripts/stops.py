"""Tests that no acknowledged write is lost when the server is killed or stopped under load.

    cargo build --release --package server
    python3 tests/scripts/stops.py

Writers create posts, each with a title of its own. After some writes, the script stops the server, starts
it again on the same SQLite file, and checks that

* the file has every acknowledged post, and has no post twice;
* SQLite's integrity check finds no fault.

In the first rounds the server gets SIGKILL. In the other rounds it gets SIGTERM, while some clients do not
receive a long list, and others have sent a part of a request. After a SIGTERM, the server must exit with
code 0, within the time of --drain and a second. The file is checked after each SIGKILL, after every tenth
SIGTERM, and in the last round.

As a negative control, the script deletes an acknowledged post. Then the check must find a fault. Exit code:
0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import random
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

from cluster import HOST, Server, parse, run_test
from stores import Place, Verdict, conclude, parser_for_stores, test_on_each

KILLS = 200
STOPS = 50
WRITERS = 16
STALLED = 20
DRAIN_SECONDS = 10.0
LONG_POSTS = 8


class Writers:
    """Clients that create posts until the server stops."""

    def __init__(self, address: str, prefix: str) -> None:
        self.acknowledged: dict[str, str] = {}  # The ids of the posts, by title.
        self._address = address
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._write, args=(f"{prefix}.{number}",)) for number in range(WRITERS)]
        for thread in self._threads:
            thread.start()

    def _write(self, prefix: str) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=20)
        with contextlib.suppress(OSError, http.client.HTTPException):
            for number in range(1_000_000):
                title = f"post {prefix}.{number}"
                body = json.dumps({"title": title, "content": "Some content"})
                connection.request("POST", "/api/posts", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
                if answer.status == 201:
                    with self._lock:
                        self.acknowledged[title] = json.loads(text)["id"]
                if answer.getheader("Connection") == "close":
                    return

    def wait_for(self, count: int) -> None:
        end = time.monotonic() + 20
        while len(self.acknowledged) < count and time.monotonic() < end:
            time.sleep(0.001)

    def join(self) -> dict[str, str]:
        for thread in self._threads:
            thread.join()
        return self.acknowledged


def stalled_clients(address: str) -> list[socket.socket]:
    host, port = address.rsplit(":", 1)
    clients = []
    for number in range(STALLED):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((host, int(port)))
        if number % 4 == 0:
            client.sendall(b"GET /api/posts HTTP/1.1\r\nHost: x\r\n\r\n")
        elif number % 4 == 1:
            client.sendall(b"GET / HTTP/1.1\r\nHo")
        elif number % 4 == 2:
            client.sendall(b"POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
        clients.append(client)
    return clients


def faults(file: Path, acknowledged: dict[str, str]) -> list[str]:
    """Compares the posts in a file with the acknowledged ones."""
    with contextlib.closing(sqlite3.connect(file)) as database:
        titles = Counter(title for (title,) in database.execute("SELECT title FROM posts WHERE title LIKE 'post %'"))
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
    found = []
    lost = [title for title in acknowledged if title not in titles]
    if lost:
        found.append(f"{len(lost)} acknowledged posts are lost: {lost[:3]}")
    doubled = [title for title, count in titles.items() if count > 1]
    if doubled:
        found.append(f"{len(doubled)} posts are in the file twice: {doubled[:3]}")
    if integrity != "ok":
        found.append(f"integrity check: {integrity}")
    return found


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    url = where.new_store(kind)
    file = Path(url.removeprefix("sqlite://"))
    acknowledged: dict[str, str] = {}
    slowest = 0.0
    server = where.serve(url)
    for number in range(LONG_POSTS):
        connection = http.client.HTTPConnection(server.address())
        body = json.dumps({"title": f"A long post {number}", "content": "x" * 900_000})
        connection.request("POST", "/api/posts", body, {"Content-Type": "application/json"})
        connection.getresponse().read()

    for number in range(options.kills + options.stops):
        kills = number < options.kills
        clients = [] if kills else stalled_clients(server.address())
        writers = Writers(server.address(), str(number))
        writers.wait_for(random.randint(1, 300))
        started = time.monotonic()
        server.process.send_signal(signal.SIGKILL if kills else signal.SIGTERM)
        server.process.wait(60)
        took = time.monotonic() - started
        acknowledged |= writers.join()
        for client in clients:
            client.close()
        if not kills:
            slowest = max(slowest, took)
            verdict.expect(server.process.returncode == 0, f"round {number}: exit code {server.process.returncode}")
            verdict.expect(took <= DRAIN_SECONDS + 1, f"round {number}: the server stopped after {took:.1f} s")
        if kills or number % 10 == 0 or number + 1 == options.kills + options.stops:
            # Opening the file reads its write-ahead log, so the server must not run.
            for fault in faults(file, acknowledged):
                verdict.expect(False, f"round {number}: {fault}")
        server = where.serve(url)
    print(f"{kind}: {options.kills} kills, {options.stops} stops (the slowest took {slowest:.1f} s), "
          f"{len(acknowledged)} acknowledged posts", flush=True)

    server.process.terminate()
    server.process.wait(60)
    title = next(iter(acknowledged))
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("DELETE FROM posts WHERE title = ?", (title,))
        database.commit()
    control = faults(file, acknowledged)
    print(f"  negative control: {control}", flush=True)
    verdict.expect(bool(control), "negative control: the loss of the deleted post was not detected")
    return conclude(kind, [server], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite",))
    parser.add_argument("--kills", type=int, default=KILLS, help="the number of rounds with SIGKILL (default: %(default)s)")
    parser.add_argument("--stops", type=int, default=STOPS, help="the number of rounds with SIGTERM (default: %(default)s)")
    options = parse(parser, kills=20, stops=1)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
