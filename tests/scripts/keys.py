"""Tests API keys and drafts on a server that requires keys for writes.

    cargo build --release --package server
    python3 tests/scripts/keys.py --postgres postgres://postgres@127.0.0.1/postgres

On each store, the script checks three properties:

* The time of a 404 does not reveal whether a draft exists. The script requests drafts and missing posts in a
  random order, and compares the times with the Mann-Whitney U test. The drafts have short and long texts.
* The server limits a client that guesses keys. The script sends wrong keys, while another client with a valid key
  reads a post. Both clients have the same address. After less than 100 guesses, the server must respond with 429.
  The p99 of the other client must be below 20 ms or below twice the p99 without guesses.
* `keys create` succeeds while 16 clients write.

As a negative control, the script adds 1 ms to the times of the drafts. The test must find this difference. Exit
code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import statistics
import subprocess
import threading
import time
import uuid

from cluster import SetupError, clean_environment, parse, run_test
from stores import Connection, Place, Verdict, conclude, encoded, parser_for_stores, run_concurrently, test_on_each

OPTIONS = ("env", "BLOG_AUTH=writes", "BLOG_RATE_LIMIT=0")
WRITERS = 16
# If two samples have the same distribution, the absolute score exceeds this value once in 10,000 tests.
GREATEST_Z = 3.9
CONTROL_SECONDS = 0.001
MOST_GUESSES = 100
GREATEST_P99 = 0.020


def create_key(place: Place, url: str, scope: str) -> str:
    command = [str(place.binary), "keys", "create", "--name", "test", "--scope", scope, "--database-url", url]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SetupError(f"keys create: {done.stderr.strip()}")
    return done.stdout.strip()


def bearer(key: str) -> str:
    return f"Authorization: Bearer {key}\r\n"


def wrong_key(number: int) -> str:
    """Returns a key with a valid checksum that no server has created."""
    text = f"blog_{uuid.UUID(int=number).hex}_{hashlib.sha256(str(number).encode()).hexdigest()}"
    return text + hashlib.sha256(text.encode()).hexdigest()[:8]


# --- The time of a 404 ----------------------------------------------------------------------------


def z_score(one: list[float], other: list[float]) -> float:
    """Returns the standard score of the Mann-Whitney U test: near 0 if both samples have the same distribution."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks, position = 0.0, 0
    while position < len(ranked):
        end = position
        while end < len(ranked) and ranked[end][0] == ranked[position][0]:
            end += 1
        rank = (position + end + 1) / 2
        ranks += rank * sum(1 for _, sample in ranked[position:end] if sample == 0)
        position = end
    n, m = len(one), len(other)
    u = ranks - n * (n + 1) / 2
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


def times(address: str, drafts: list[str], tries: int) -> tuple[list[float], list[float]]:
    """Returns the times of 404s for drafts and for missing posts. The requests have a random order."""
    connection, chance = Connection(address), random.Random(1)
    # The id of each missing post differs from the id of a draft only in the last digit.
    missing = [post[:-1] + ("1" if post.endswith("0") else "0") for post in drafts]
    paths = [[f"/api/posts/{post}" for post in posts] for posts in (drafts, missing)]
    measured: tuple[list[float], list[float]] = ([], [])
    for _ in range(2 * tries):
        is_missing = chance.random() < 0.5
        path = chance.choice(paths[is_missing])
        start = time.perf_counter()
        status = connection.request("GET", path).status
        measured[is_missing].append(time.perf_counter() - start)
        if status != 404:
            raise SetupError(f"a draft without a key: {status}")
    return measured


def test_times(address: str, key: str, verdict: Verdict, options: argparse.Namespace) -> None:
    connection = Connection(address)
    # For an id below all others, the store needs another query. So a post with a lower id is created first.
    connection.request("POST", "/api/posts", bearer(key), encoded({"title": "A post", "content": "Some content"}))
    drafts = []
    for number in range(50):
        content = "long " * 20_000 if number % 2 else "Some content"
        body = encoded({"title": "A draft", "content": content, "published": False})
        answer = connection.request("POST", "/api/posts", bearer(key), body)
        drafts.append(answer.json()["id"])  # type: ignore[index]
    of_drafts, of_missing = times(address, drafts, options.tries)
    score = z_score(of_drafts, of_missing)
    medians = [f"{statistics.median(sample) * 1e6:.0f} µs" for sample in (of_drafts, of_missing)]
    print(f"  404: {len(of_drafts)} drafts, median {medians[0]}; {len(of_missing)} missing, median {medians[1]}; z {score:.2f}")
    verdict.expect(abs(score) < GREATEST_Z, "the time of a 404 differs between drafts and missing posts")
    control = z_score([each + CONTROL_SECONDS for each in of_drafts], of_missing)
    verdict.expect(control > GREATEST_Z, f"a difference of 1 ms is not found: z {control:.2f}")


# --- Guesses --------------------------------------------------------------------------------------


def p99(address: str, path: str, key: str, stop: threading.Event) -> float:
    """Reads a post with a key until `stop` is set. Returns the p99 of the times."""
    connection, measured = Connection(address), []
    while not stop.is_set():
        start = time.perf_counter()
        status = connection.request("GET", path, bearer(key)).status
        measured.append(time.perf_counter() - start)
        if status != 200:
            raise SetupError(f"a valid key: {status}")
        time.sleep(0.002)
    return statistics.quantiles(measured, n=100)[98]


def test_guesses(address: str, key: str, verdict: Verdict, options: argparse.Namespace) -> None:
    connection = Connection(address)
    body = encoded({"title": "A post", "content": "Some content"})
    post = connection.request("POST", "/api/posts", bearer(key), body).json()
    path = f"/api/posts/{post['id']}"  # type: ignore[index]
    alone = measure(address, path, key, lambda: time.sleep(options.seconds))
    statuses: list[int] = []

    def guess() -> None:
        guesses = Connection(address)
        for number in range(options.guesses):
            statuses.append(guesses.request("GET", path, bearer(wrong_key(number))).status)

    attacked = measure(address, path, key, guess)
    refused = statuses.index(429) if 429 in statuses else len(statuses)
    print(f"  {len(statuses)} wrong keys: {statuses.count(401)} of them 401, the first 429 after {refused}; "
          f"p99 of a valid key {alone * 1e3:.1f} ms alone, {attacked * 1e3:.1f} ms meanwhile")
    verdict.expect(refused < MOST_GUESSES, f"the first 429 came only after {refused} guesses")
    verdict.expect(set(statuses) <= {401, 429}, f"a wrong key: {set(statuses)}")
    verdict.expect(attacked < max(2 * alone, GREATEST_P99), "a valid key is slow while another client guesses keys")


def measure(address: str, path: str, key: str, meanwhile) -> float:  # type: ignore[no-untyped-def]
    stop, results = threading.Event(), []

    def work() -> None:
        try:
            meanwhile()
        finally:
            stop.set()

    run_concurrently(lambda: results.append(p99(address, path, key, stop)), work)
    return results[0]


# --- Keys that are created while clients write ----------------------------------------------------


def test_creation(place: Place, url: str, address: str, key: str, verdict: Verdict, options: argparse.Namespace) -> None:
    stop = threading.Event()
    statuses: list[int] = []

    def write() -> None:
        connection = Connection(address)
        body = encoded({"title": "A post", "content": "Some content"})
        while not stop.is_set():
            statuses.append(connection.request("POST", "/api/posts", bearer(key), body).status)

    def create() -> None:
        try:
            for _ in range(options.keys):
                new = create_key(place, url, "read")
                status = Connection(address).request("GET", "/api/posts?limit=1", bearer(new)).status
                verdict.expect(status == 200, f"a new key: {status}")
        finally:
            stop.set()

    run_concurrently(create, *[write] * WRITERS)
    print(f"  {options.keys} keys were created during {len(statuses)} writes")
    verdict.expect(set(statuses) == {201}, f"writes: {sorted(set(statuses))}")


def test_on(kind: str, place: Place, options: argparse.Namespace) -> bool:
    print(f"{kind}:", flush=True)
    verdict = Verdict()
    url = place.new_store(kind)
    server = place.serve(url, OPTIONS)
    address, key = server.address(), create_key(place, url, "write")
    test_times(address, key, verdict, options)
    test_creation(place, url, address, key, verdict, options)
    test_guesses(address, key, verdict, options)
    return conclude(kind, [server], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite", "postgres"))
    parser.add_argument("--tries", type=int, default=10_000, help="the number of 404s of each kind (default: %(default)s)")
    parser.add_argument("--guesses", type=int, default=100_000, help="the number of wrong keys (default: %(default)s)")
    parser.add_argument("--keys", type=int, default=20, help="the number of keys to create (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to measure a client alone (default: %(default)s)")
    options = parse(parser, tries=500, guesses=2_000, keys=3, seconds=1.0)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
