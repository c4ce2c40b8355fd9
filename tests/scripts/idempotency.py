"""Tests that repeated requests with one `Idempotency-Key` create one post.

    python3 tests/scripts/idempotency.py --binary target/release/blog-api [--postgres URL] [--only KIND]

The test does the following on each kind of store. On SQLite and PostgreSQL, two instances of the
server use one database. The memory store has one instance, so the last point is left out there:

* One create is sent 100 times with one key, 50 of them concurrently. Afterwards there is one post.
  Every 201 has the same body, and all but one have `Idempotent-Replayed: true`. A request may get
  409 while another one is in progress, or 503. It is then repeated until it gets 201.
* The key with another body gets 422. The first body gets the first response again, also after the
  post was edited and after it was deleted.
* One instance is killed (SIGKILL) in the middle of a burst of 200 creates, several times. Each
  time, the whole burst is then repeated on the other instance. Afterwards there is one post for
  each key. The repetition of a create that was acknowledged before the kill gets the same body.

The negative control sends creates without a key. Each must create a post.

Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
import uuid
from collections import Counter
from typing import Optional

from cluster import Server, parse, run_test
from stores import (
    Answer, Connection, Place, Verdict, conclude, encoded, next_of, parser_for_stores, run_concurrently,
    test_on_each,
)

REPEATS = 100
AT_ONCE = 50
KEYS = 20
KILLS = 10
BURST = 200
BURST_CLIENTS = 8
PATIENCE = 30.0


def body_of(title: str) -> bytes:
    return encoded({"title": title, "content": f"The content of {title}.", "published": False})


def create(connection: Connection, title: str, key: Optional[str], body: Optional[bytes] = None) -> Answer:
    header = f"Idempotency-Key: {key}\r\n" if key else ""
    return connection.request("POST", "/api/posts", header, body or body_of(title))


def titles(address: str) -> Counter[str]:
    connection = Connection(address)
    seen: Counter[str] = Counter()
    path: Optional[str] = "/api/posts?limit=100&fields=title"
    while path:
        answer = connection.get(path)
        seen.update(post["title"] for post in answer.json())
        path = next_of(answer)
    return seen


def is_replay(answer: Answer) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


def repeat_at_once(addresses: list[str], title: str, key: Optional[str]) -> tuple[list[Answer], Counter[str]]:
    """Sends 50 concurrent creates and then 50 sequential ones. Returns the 201s, and the counts of the other statuses."""
    created: list[Answer] = []
    others: Counter[str] = Counter()
    barrier = threading.Barrier(AT_ONCE)

    def repeat_until_created(connection: Connection) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = create(connection, title, key)
            if answer.status == 201:
                created.append(answer)
                return
            others[str(answer.status)] += 1
            if answer.status not in (409, 503):
                return
            time.sleep(0.02)
        others["no 201 before the timeout"] += 1

    def one(number: int) -> None:
        connection = Connection(addresses[number % len(addresses)])
        connection.request("GET", "/")
        barrier.wait()
        repeat_until_created(connection)
        connection.close()

    run_concurrently(*[lambda number=number: one(number) for number in range(AT_ONCE)])
    for number in range(REPEATS - AT_ONCE):
        connection = Connection(addresses[number % len(addresses)])
        repeat_until_created(connection)
        connection.close()
    return created, others


def check_one_key(addresses: list[str], number: int, verdict: Verdict) -> Counter[str]:
    title, key = f"Once {number}", str(uuid.uuid4())
    created, others = repeat_at_once(addresses, title, key)
    for status, count in others.items():
        verdict.expect(status in ("409", "503"), f"a create with a key got {status} {count} times")
    if not verdict.expect(len(created) == REPEATS, f"{len(created)} of {REPEATS} creates got 201"):
        return others
    first = created[0].body
    verdict.expect(all(answer.body == first for answer in created), "the responses have different bodies")
    for name in ("location", "etag", "last-modified"):
        verdict.expect(len({answer.headers.get(name) for answer in created}) == 1,
                       f"the responses have different {name} headers")
    fresh = sum(not is_replay(answer) for answer in created)
    verdict.expect(fresh == 1, f"{fresh} responses instead of 1 have no Idempotent-Replayed")

    # The key with another body, and with the first body after an edit and after a delete.
    post = f"/api/posts/{created[0].json()['id']}"
    for address in addresses:
        connection = Connection(address)
        other = create(connection, title, key, body_of(title + " otherwise"))
        verdict.expect(other.status == 422, f"another body with the same key: {other.status}")
    connection, last = Connection(addresses[0]), Connection(addresses[-1])
    edited = connection.request("PATCH", post, body=encoded({"title": f"Once {number}, edited"}))
    verdict.expect(edited.status == 200, f"PATCH: {edited.status}")
    for what in ("edited", "deleted"):
        for each in (connection, last):
            again = create(each, title, key)
            verdict.expect(again.status == 201 and is_replay(again) and again.body == first,
                           f"a repeat after the post was {what}: {again.status} {again.body[:300]!r}, first {first[:300]!r}")
        seen = titles(addresses[-1])
        verdict.expect(seen[title] == 0 and seen[f"Once {number}, edited"] == (what == "edited"),
                       f"after the post was {what}, a repeat changed the number of posts")
        if what == "edited":
            gone = connection.request("DELETE", post)
            verdict.expect(gone.status == 204, f"DELETE: {gone.status}")
    return others


def check_kill(servers: list[Server], number: int, verdict: Verdict) -> tuple[int, int]:
    """Kills the first of two instances during a burst. Returns how many creates it had acknowledged, and how many not."""
    victim, other = servers
    keys = {f"Burst {number}, {n}": str(uuid.uuid4()) for n in range(BURST)}
    remaining = list(keys)
    acknowledged: dict[str, bytes] = {}
    # The number of acknowledged creates at which the instance is killed.
    kill_at = random.randrange(BURST // 10, BURST * 8 // 10)

    def burst() -> None:
        connection = Connection(victim.address())
        while remaining:
            try:
                title = remaining.pop()
                answer = create(connection, title, keys[title])
            except (OSError, IndexError):
                return
            if answer.status == 201:
                acknowledged[title] = answer.body

    def kill() -> None:
        end = time.monotonic() + PATIENCE
        while len(acknowledged) < kill_at and time.monotonic() < end:
            time.sleep(0.0005)
        victim.process.kill()
        victim.process.wait(10)

    run_concurrently(*[burst] * BURST_CLIENTS, kill)
    connection = Connection(other.address())
    for title, key in keys.items():
        end = time.monotonic() + PATIENCE
        while (answer := create(connection, title, key)).status in (409, 503) and time.monotonic() < end:
            time.sleep(0.05)
        verdict.expect(answer.status == 201, f"after a kill: {answer.status}")
        if title in acknowledged:
            verdict.expect(answer.body == acknowledged[title] and is_replay(answer),
                           "after a kill an acknowledged create gets another response")
    seen = titles(other.address())
    wrong = {title: seen[title] for title in keys if seen[title] != 1}
    verdict.expect(not wrong, f"after a kill these titles do not have exactly one post: {wrong}")
    return len(acknowledged), BURST - len(acknowledged)


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    url = where.new_store(kind)
    servers = [where.serve(url) for _ in range(1 if kind == "memory" else 2)]
    addresses = [server.address() for server in servers]

    others: Counter[str] = Counter()
    for number in range(options.keys):
        others += check_one_key(addresses, number, verdict)
    print(f"{kind}: {options.keys} keys, each sent {REPEATS} times to {len(servers)} instance(s), {AT_ONCE} at once; "
          f"statuses other than 201: {dict(others)}", flush=True)

    created, _ = repeat_at_once(addresses, "Without a key", None)
    posts = titles(addresses[0])["Without a key"]
    print(f"  negative control: {len(created)} creates without a key created {posts} posts", flush=True)
    verdict.expect(posts == len(created) and posts > 1, "negative control: creates without a key did not each create a post")
    verdict.expect(not any(map(is_replay, created)), "negative control: a create without a key has Idempotent-Replayed")

    if len(servers) == 2:
        kills = []
        for number in range(options.kills):
            kills.append(check_kill(servers, number, verdict))
            servers = [where.serve(url), servers[1]]
        print(f"  {options.kills} kills in bursts of {BURST}, with (acknowledged, not acknowledged) creates: {kills}",
              flush=True)
        verdict.expect(all(before and after for before, after in kills), "a kill was before or after its burst, not during it")

    return conclude(kind, servers, verdict)


def main() -> None:
    parser = parser_for_stores(__doc__)
    parser.add_argument("--keys", type=int, default=KEYS, help="the number of keys (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=KILLS, help="the number of kills (default: %(default)s)")
    options = parse(parser, keys=2, kills=1)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
