"""Many instances started at once on an empty database: one migrates, all become ready, none says an error.

    python3 tests/scripts/starts.py --binary target/release/blog-api [--postgres URL] [--only KIND] [--rounds N]

Exit code: 0 when all is as it should be, 1 when not, 2 when the test could not be carried out.
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
    """Starts all at once, asks each for its posts, ends them, and gives what each has logged."""
    command = [str(binary), "--listen", f"{HOST}:0", "--log", "info", "--database-url", url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  env=clean_environment())
                 for _ in range(INSTANCES)]
    try:
        for process in processes:
            assert process.stdout is not None
            said = process.stdout.readline()
            if verdict.expect(said.startswith("API:"), "an instance did not start"):
                with urllib.request.urlopen(said.removeprefix("API:").strip(), timeout=10) as answer:
                    verdict.expect(answer.read() == b"[]", "an instance has posts")
    finally:
        for process in processes:
            process.terminate()
    return [process.communicate(timeout=20)[1] for process in processes]


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    for _ in range(options.rounds):
        logs = start_all(where.binary, where.new_store(kind), verdict)
        migrated = sum("migrated" in log for log in logs)
        verdict.expect(migrated == 1, f"{migrated} instances migrated")
        for log in logs:
            verdict.expect("ERROR" not in log and "WARN" not in log, f"logged: {log}")
    print(f"{kind}: {options.rounds} times {INSTANCES} instances: {'FAILED' if verdict.faults else 'one migrated each time'}",
          flush=True)
    return not verdict.faults


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite", "postgres"))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often to do it (default: %(default)s)")
    options = parse(parser, rounds=2)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
