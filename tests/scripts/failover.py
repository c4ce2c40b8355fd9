"""Tests that a failover of the database loses no acknowledged post and needs no restart of the server.

    python3 tests/scripts/failover.py --binary target/release/blog-api

Each round starts a PostgreSQL primary with a synchronous standby, and instances of the server whose
database URL has both hosts (`target_session_attrs=read-write`). While clients create posts on every
instance, the test kills all processes of the primary and promotes the standby. It checks that

* every instance acknowledges a write within 5 s of the promotion;
* every response is a 201, or a 503 with `Retry-After`;
* every acknowledged post is in the promoted database.

The negative control shows that the last check can fail:

    python3 tests/scripts/failover.py --binary target/release/blog-api --negative-control

The standby is then asynchronous, and the test ends the replication 0.3 s before it kills the
primary. The check must find missing posts in every round.

Needs the programs of a PostgreSQL server. Uses the loopback interface only. Exit code: 0 if
the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

from cluster import (
    Client, Cluster, Load, Postgres, Server, acknowledged_posts, counted, database_url, existing_binary,
    free_ports, parse, parser_for, run_test, statuses, temporary_folder, wait_until,
)

ROUNDS = 20
NEGATIVE_ROUNDS = 3
WRITERS_PER_INSTANCE = 4

# Seconds.
RECOVERY_LIMIT = 5.0
RECOVERY_PATIENCE = 20.0
TIME_TO_KILL = (0.5, 1.5)
CUT_OFF_BEFORE_KILL = 0.3
WRITING_AFTER_RECOVERY = 1.0


@dataclass
class Round:
    """The result of one round."""

    acknowledged: int
    acknowledged_after: int
    lost: int
    recoveries: list[float]  # For each instance, in seconds since the promotion. Infinite if it did not recover.
    since_kill: list[float]
    slowest: float
    statuses: str
    faults: list[str] = field(default_factory=list)

    def line(self, number: int) -> str:
        return (f"round {number:2}: acknowledged {self.acknowledged} "
                f"({self.acknowledged_after} after the kill), lost {self.lost}, "
                f"recovery {seconds(self.recoveries)} s "
                f"({seconds(self.since_kill)} s since the kill), slowest response {self.slowest:.2f} s, "
                f"statuses {self.statuses}")


def seconds(values: list[float]) -> str:
    return "/".join(f"{value:.2f}" for value in values)


def make_pair(template: Cluster, folder: Path, stack: contextlib.ExitStack) -> tuple[Cluster, Cluster]:
    """Starts a primary and an asynchronous standby of it."""
    ports = free_ports(2)
    primary = Cluster(template.postgres, folder / "primary", ports[0])
    standby = Cluster(template.postgres, folder / "standby", ports[1])
    for cluster in (primary, standby):
        stack.callback(cluster.kill)
    primary.copy_from(template)
    primary.start()
    standby.follow(primary)
    standby.start()
    return primary, standby


def await_replication(primary: Cluster, state: str) -> None:
    query = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
    wait_until(f"the standby is {state}", lambda: primary.sql(query) == state, 20)


def cut_off(standby: Cluster) -> None:
    """Ends the replication to a standby."""
    standby.change_setting("primary_conninfo", "")
    query = "SELECT count(*) FROM pg_stat_wal_receiver"
    wait_until("the replication has ended", lambda: standby.sql(query) == "0", 20)


def start_instances(count: int, binary: Path, url: str, folder: Path,
                    stack: contextlib.ExitStack) -> list[Server]:
    instances = []
    for number in range(count):
        instance = Server(binary, url, folder / f"instance-{number}.log")
        stack.callback(instance.end)
        instances.append(instance)
    for instance in instances:
        instance.address()
    return instances


def run_round(options: argparse.Namespace, template: Cluster, folder: Path) -> Round:
    with contextlib.ExitStack() as stack:
        primary, standby = make_pair(template, folder, stack)
        url = database_url([primary, standby], "target_session_attrs=read-write&connect_timeout=2")
        instances = start_instances(options.instances, options.binary, url, folder, stack)
        if not options.negative_control:
            primary.change_setting("synchronous_standby_names", "*")
        await_replication(primary, "async" if options.negative_control else "sync")

        loads = [Load(instance.address(), [Client.create_post] * WRITERS_PER_INSTANCE)
                 for instance in instances]
        for load in loads:
            stack.callback(load.stop)
        time.sleep(random.uniform(*TIME_TO_KILL))
        if options.negative_control:
            cut_off(standby)
            time.sleep(CUT_OFF_BEFORE_KILL)
        primary.kill()
        killed = time.monotonic()
        standby.promote()
        promoted = time.monotonic()
        writes = [load.wait_for_write(killed, promoted + RECOVERY_PATIENCE - time.monotonic())
                  for load in loads]
        time.sleep(WRITING_AFTER_RECOVERY)
        for load in loads:
            load.stop()

        answers = [answer for load in loads for answer in load.answers]
        acknowledged = acknowledged_posts(answers)
        result = Round(
            acknowledged=len(acknowledged),
            acknowledged_after=len(acknowledged_posts(each for each in answers if each.sent > killed)),
            lost=len(acknowledged - standby.post_ids()),
            recoveries=[max(0.0, write.received - promoted) if write else float("inf") for write in writes],
            since_kill=[write.received - killed if write else float("inf") for write in writes],
            slowest=max(answer.seconds for answer in answers),
            statuses=statuses(answers),
            faults=counted(fault for fault in (answer.fault() for answer in answers) if fault),
        )
        result.faults += faults_of(result, options.negative_control)
        result.faults += [f"instance {number} has exited" for number, instance in enumerate(instances)
                         if not instance.is_running()]
        if result.faults:
            result.faults += [f"logged by instance {number}: {line}"
                             for number, instance in enumerate(instances)
                             for line in instance.new_log_lines()]
        return result


def faults_of(result: Round, negative_control: bool) -> list[str]:
    faults = []
    if result.acknowledged == result.acknowledged_after:
        faults.append("no post was acknowledged before the kill, so the round has no result")
    if negative_control and result.lost == 0:
        faults.append("negative control: no post was lost")
    if not negative_control and result.lost > 0:
        faults.append(f"{result.lost} acknowledged posts were lost")
    slow = [recovery for recovery in result.recoveries if recovery > RECOVERY_LIMIT]
    if slow:
        faults.append(f"recovery took {seconds(slow)} s, more than the allowed {RECOVERY_LIMIT} s")
    return faults


def summarize(rounds: list[Round], negative_control: bool) -> bool:
    """Prints the combined result of all rounds, and returns whether the test passed."""
    recoveries = [recovery for result in rounds for recovery in result.recoveries]
    failed = sum(bool(result.faults) for result in rounds)
    print(f"{len(rounds)} rounds{' of the negative control' if negative_control else ''}: "
          f"acknowledged {sum(result.acknowledged for result in rounds)}, "
          f"lost {sum(result.lost for result in rounds)}, "
          f"recovery min {min(recoveries):.2f} s, median {statistics.median(recoveries):.2f} s, "
          f"max {max(recoveries):.2f} s, slowest response {max(result.slowest for result in rounds):.2f} s; "
          + (f"FAILED in {failed} rounds" if failed else "passed"))
    return not failed


def test(options: argparse.Namespace) -> bool:
    options.binary = existing_binary(options.binary)
    postgres = Postgres(options.postgres_bin)
    rounds = []
    with temporary_folder(postgres, "failover") as folder:
        template = Cluster(postgres, folder / "template", 0)
        template.initialize()
        for number in range(1, options.rounds + 1):
            round_folder = folder / f"round-{number}"
            round_folder.mkdir()
            postgres.give(round_folder)
            result = run_round(options, template, round_folder)
            shutil.rmtree(round_folder, ignore_errors=True)
            rounds.append(result)
            print(result.line(number), flush=True)
            for fault in result.faults:
                print(f"  FAULT: {fault}", flush=True)
    return summarize(rounds, options.negative_control)


def main() -> None:
    parser = parser_for(__doc__, None)
    parser.add_argument("--instances", type=int, default=2,
                        help="the number of instances of the server (default: %(default)s)")
    parser.add_argument("--negative-control", action="store_true",
                        help="lose posts on purpose, to show that the test detects it")
    options = parse(parser, rounds=1)
    if options.rounds is None:
        options.rounds = NEGATIVE_ROUNDS if options.negative_control else ROUNDS
    run_test(lambda: test(options))


if __name__ == "__main__":
    main()
