"""Tests the responses of the server while its database is stopped and started again.

    python3 tests/scripts/outage.py --binary target/release/blog-api

Clients read from and write to one instance of the server all the time. Each round stops the
PostgreSQL server of this instance for 2.5 s and starts it again. The rounds alternate between the
stop modes `immediate`, which is like a crash, and `fast`. The test checks that

* every response is a success, or a 503 with `Retry-After`: no 500 and no lost connection;
* every response is a 503 while the database is down;
* no response takes longer than 3 s;
* a write is acknowledged within 5 s of the start;
* every acknowledged post is in the database.

The readers request single posts and the list of published posts. Every post of this test is
published, so the list grows during the test.

Needs the programs of a PostgreSQL server. Uses the loopback interface only. Exit code: 0 if
the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from cluster import (
    Answer, Client, Cluster, Load, Postgres, Server, acknowledged_posts, counted, database_url,
    existing_binary, free_ports, parse, parser_for, run_test, statuses, temporary_folder,
)

ROUNDS = 10
WRITERS = 4
READERS = 4
RECENT_POSTS = 100
STOP_MODES = ("immediate", "fast")

# Seconds.
TIME_UP = (0.7, 1.3)
TIME_DOWN = 2.5  # In this time, each client gets one or two responses, which take about a second each.
ANSWER_LIMIT = 3.0
RECOVERY_LIMIT = 5.0
RECOVERY_PATIENCE = 20.0


@dataclass
class Round:
    """The result of one round."""

    mode: str
    answers: list[Answer]
    while_down: list[Answer]
    recovery: float  # In seconds since the start of the database. Infinite if the server did not recover.
    lost: int

    def slowest(self) -> float:
        return max((answer.seconds for answer in self.answers), default=0.0)

    def line(self, number: int) -> str:
        return (f"round {number:2} ({self.mode}): {len(self.answers)} responses, "
                f"while down {statuses(self.while_down)}, all {statuses(self.answers)}, "
                f"slowest {self.slowest():.2f} s, recovery {self.recovery:.2f} s, lost {self.lost}")

    def faults(self) -> list[str]:
        faults = counted(fault for fault in (answer.fault() for answer in self.answers) if fault)
        faults += counted(f"{answer.request}: {answer.status} while the database was down"
                          for answer in self.while_down if answer.status != 503)
        if not self.while_down:
            faults.append("there was no response while the database was down, so the round has no result")
        faults += counted(f"{answer.request}: {answer.status} after {answer.seconds:.1f} s, "
                          f"more than the allowed {ANSWER_LIMIT} s"
                          for answer in self.answers if answer.seconds > ANSWER_LIMIT)
        if self.recovery > RECOVERY_LIMIT:
            faults.append(f"recovery took {self.recovery:.2f} s, more than the allowed {RECOVERY_LIMIT} s")
        if self.lost:
            faults.append(f"{self.lost} acknowledged posts were lost")
        return faults


class Traffic:
    """Writers and readers. The readers request the posts created last."""

    def __init__(self, address: str) -> None:
        self._recent: list[uuid.UUID] = []
        self.load = Load(address, [self._write] * WRITERS + [self._read] * READERS)

    def _write(self, client: Client) -> Answer:
        answer = client.create_post()
        if answer.post is not None:
            self._recent = [*self._recent[1 - RECENT_POSTS:], answer.post]
        return answer

    def _read(self, client: Client) -> Answer:
        recent = self._recent
        if recent and random.random() < 0.7:
            return client.get(f"/api/posts/{random.choice(recent)}")
        return client.get("/api/posts?published=true")


def run_round(number: int, database: Cluster, load: Load) -> Round:
    mode = STOP_MODES[number % len(STOP_MODES)]
    first = len(load.answers)
    time.sleep(random.uniform(*TIME_UP))

    database.stop(mode)
    stopped = time.monotonic()
    time.sleep(TIME_DOWN)
    starting = time.monotonic()
    database.start()
    started = time.monotonic()
    write = load.wait_for_write(stopped, RECOVERY_PATIENCE)

    # Wait for the responses to requests that were sent before the start.
    time.sleep(0.3)
    answers = load.answers[first:]
    lost = acknowledged_posts(load.answers[:first + len(answers)]) - database.post_ids()
    return Round(
        mode=mode,
        answers=answers,
        while_down=[each for each in answers if each.sent > stopped and each.received < starting],
        recovery=max(0.0, write.received - started) if write else float("inf"),
        lost=len(lost),
    )


def report(result: Round, number: int, instance: Server) -> bool:
    """Prints the result of a round, and returns whether it passed."""
    print(result.line(number), flush=True)
    faults = result.faults()
    if not instance.is_running():
        faults.append("the server has exited")
    logged = instance.new_log_lines()
    if faults:
        faults += [f"logged: {line}" for line in logged]
    for fault in faults:
        print(f"  FAULT: {fault}", flush=True)
    return not faults


def test(binary: Path, postgres_bin: Path, rounds: int) -> bool:
    binary = existing_binary(binary)
    postgres = Postgres(postgres_bin)
    results: list[Round] = []
    failed = 0
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary_folder(postgres, "outage"))
        database = Cluster(postgres, folder / "database", free_ports(1)[0])
        stack.callback(database.kill)
        database.initialize()
        database.start()
        instance = Server(binary, database_url([database], "connect_timeout=2"), folder / "server.log")
        stack.callback(instance.end)
        load = Traffic(instance.address()).load
        stack.callback(load.stop)
        for number in range(1, rounds + 1):
            result = run_round(number, database, load)
            results.append(result)
            failed += not report(result, number, instance)
        load.stop()
        return summarize(results, failed, load, database)


def summarize(results: list[Round], failed: int, load: Load, database: Cluster) -> bool:
    """Prints the combined result of all rounds, and returns whether the test passed."""
    acknowledged = acknowledged_posts(load.answers)
    lost = acknowledged - database.post_ids()
    faults = counted(fault for fault in (answer.fault() for answer in load.answers) if fault)
    slowest = max(answer.seconds for answer in load.answers)
    passed = not failed and not lost and not faults and slowest <= ANSWER_LIMIT
    print(f"{len(results)} rounds: {len(load.answers)} responses ({statuses(load.answers)}), "
          f"acknowledged {len(acknowledged)}, lost {len(lost)}, slowest response {slowest:.2f} s, "
          f"recovery max {max(result.recovery for result in results):.2f} s; "
          + ("passed" if passed else f"FAILED in {failed} rounds"))
    for fault in faults:
        print(f"  FAULT: {fault}")
    return passed


def main() -> None:
    options = parse(parser_for(__doc__, ROUNDS), rounds=1)
    run_test(lambda: test(options.binary, options.postgres_bin, options.rounds))


if __name__ == "__main__":
    main()
