"""Shows that a post is made once, however often it is asked for with one `Idempotency-Key`.

    python3 tests/scripts/idempotency.py --binary target/release/blog-api [--postgres URL] [--only KIND]

On each kind of store, with two instances on one database (one, in memory):

* one create is sent 100 times with one key, 50 of them at once: there is one post; every 201 has the same body, and all but
  one say `Idempotent-Replayed: true`; a 409 may come while another is in flight, and each gets its 201 when repeated;
* the key with another body gets 422, and after the post was edited, and after it was deleted, the first answer again;
* again and again one instance is killed (SIGKILL) in the middle of a burst, and all of the burst is repeated at the other:
  there is one post for each key, and what was acknowledged before has the same body.

The negative control is part of it: without a key as many posts are made as were asked for.

Exit code: 0 when all is as it should be, 1 when not, 2 when the test could not be carried out.
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
    Answer, Connection, Place, Verdict, conclude, encoded, next_of, parser_for_stores, test_on_each, together,
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
    """The 201s of 50 at once and of 50 more, one behind the other, and how often there was what else."""
    made: list[Answer] = []
    others: Counter[str] = Counter()
    barrier = threading.Barrier(AT_ONCE)

    def until_made(connection: Connection) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = create(connection, title, key)
            if answer.status == 201:
                made.append(answer)
                return
            others[str(answer.status)] += 1
            if answer.status not in (409, 503):
                return
            time.sleep(0.02)
        others["never 201"] += 1

    def one(number: int) -> None:
        connection = Connection(addresses[number % len(addresses)])
        connection.request("GET", "/")
        barrier.wait()
        until_made(connection)
        connection.close()

    together(*[lambda number=number: one(number) for number in range(AT_ONCE)])
    for number in range(REPEATS - AT_ONCE):
        connection = Connection(addresses[number % len(addresses)])
        until_made(connection)
        connection.close()
    return made, others


def check_one_key(addresses: list[str], number: int, verdict: Verdict) -> Counter[str]:
    title, key = f"Once {number}", str(uuid.uuid4())
    made, others = repeat_at_once(addresses, title, key)
    for status, count in others.items():
        verdict.expect(status in ("409", "503"), f"{status}, {count} times, for a create with a key")
    if not verdict.expect(len(made) == REPEATS, f"{len(made)} of {REPEATS} were answered with 201"):
        return others
    first = made[0].body
    verdict.expect(all(answer.body == first for answer in made), "the answers differ in their bodies")
    for name in ("location", "etag", "last-modified"):
        verdict.expect(len({answer.headers.get(name) for answer in made}) == 1, f"the answers differ in {name}")
    fresh = sum(not is_replay(answer) for answer in made)
    verdict.expect(fresh == 1, f"{fresh} answers are said to be no repeats")

    # Another body, and what becomes of the post afterwards.
    post = f"/api/posts/{made[0].json()['id']}"
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
                           f"a repeat when the post was {what}: {again.status} {again.body[:300]!r}, first {first[:300]!r}")
        seen = titles(addresses[-1])
        verdict.expect(seen[title] == 0 and seen[f"Once {number}, edited"] == (what == "edited"),
                       f"the repeat made another post when the first was {what}")
        if what == "edited":
            gone = connection.request("DELETE", post)
            verdict.expect(gone.status == 204, f"DELETE: {gone.status}")
    return others


def check_kill(servers: list[Server], number: int, verdict: Verdict) -> tuple[int, int]:
    """Kills the first of two in the middle of a burst; gives how many creates it had acknowledged, and had not."""
    victim, other = servers
    keys = {f"Burst {number}, {n}": str(uuid.uuid4()) for n in range(BURST)}
    left = list(keys)
    acknowledged: dict[str, bytes] = {}
    # When some are acknowledged: that is in the middle.
    kill_at = random.randrange(BURST // 10, BURST * 8 // 10)

    def burst() -> None:
        connection = Connection(victim.address())
        while left:
            try:
                title = left.pop()
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

    together(*[burst] * BURST_CLIENTS, kill)
    connection = Connection(other.address())
    for title, key in keys.items():
        end = time.monotonic() + PATIENCE
        while (answer := create(connection, title, key)).status in (409, 503) and time.monotonic() < end:
            time.sleep(0.05)
        verdict.expect(answer.status == 201, f"after a kill: {answer.status}")
        if title in acknowledged:
            verdict.expect(answer.body == acknowledged[title] and is_replay(answer),
                           "after a kill a create that was acknowledged is answered otherwise")
    seen = titles(other.address())
    wrong = {title: seen[title] for title in keys if seen[title] != 1}
    verdict.expect(not wrong, f"after a kill there is not one post for each key: {wrong}")
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
          f"answers but 201: {dict(others)}", flush=True)

    made, _ = repeat_at_once(addresses, "Without a key", None)
    posts = titles(addresses[0])["Without a key"]
    print(f"  negative control: {len(made)} creates without a key made {posts} posts", flush=True)
    verdict.expect(posts == len(made) and posts > 1, "negative control: without a key there are not as many posts")
    verdict.expect(not any(map(is_replay, made)), "negative control: a create without a key is said to be a repeat")

    if len(servers) == 2:
        kills = []
        for number in range(options.kills):
            kills.append(check_kill(servers, number, verdict))
            servers = [where.serve(url), servers[1]]
        print(f"  {options.kills} kills in bursts of {BURST}: acknowledged before, and not: {kills}", flush=True)
        verdict.expect(all(before and after for before, after in kills), "a kill was not in the middle of its burst")

    return conclude(kind, servers, verdict)


def main() -> None:
    parser = parser_for_stores(__doc__)
    parser.add_argument("--keys", type=int, default=KEYS, help="how many keys to try (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=KILLS, help="how often to kill (default: %(default)s)")
    options = parse(parser, keys=2, kills=1)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
