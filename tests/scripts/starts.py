"""Tests that instances can start at the same time on an empty database.

    python3 tests/scripts/starts.py --binary target/release/blog-api [--postgres URL] [--only KIND] [--rounds N]

Each round starts eight instances. Exactly one must migrate the database, all must become ready, and
none may log a warning or an error.

Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import subprocess
import urllib.request
from pathlib import Path

from cluster import HOST, clean_environment, parse, run_test
from stores import Place, Verdict, parser_for_stores, test_on_each

INSTANCES = 8
ROUNDS = 50


def start_all(binary: Path, url: str, verdict: Verdict) -> list[str]:
    """Starts all instances, requests the posts of each, stops them, and returns their logs."""
    command = [str(binary), "--listen", f"{HOST}:0", "--log", "info", "--database-url", url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  env=clean_environment())
                 for _ in range(INSTANCES)]
    try:
        for process in processes:
            assert process.stdout is not None
            line = process.stdout.readline()
            if verdict.expect(line.startswith("API:"), "an instance did not start"):
                with urllib.request.urlopen(line.removeprefix("API:").strip(), timeout=10) as answer:
                    verdict.expect(answer.read() == b"[]", "an instance did not return an empty list")
    finally:
        for process in processes:
            process.terminate()
    return [process.communicate(timeout=20)[1] for process in processes]


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    for _ in range(options.rounds):
        logs = start_all(where.binary, where.new_store(kind), verdict)
        migrated = sum("migrated" in log for log in logs)
        verdict.expect(migrated == 1, f"{migrated} instances instead of 1 migrated the database")
        for log in logs:
            verdict.expect("ERROR" not in log and "WARN" not in log, f"logged: {log}")
    print(f"{kind}: {options.rounds} rounds of {INSTANCES} instances: {'FAILED' if verdict.faults else 'passed'}",
          flush=True)
    return not verdict.faults


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite", "postgres"))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="the number of rounds (default: %(default)s)")
    options = parse(parser, rounds=2)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
