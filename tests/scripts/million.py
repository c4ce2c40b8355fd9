"""Transfers a million posts from SQLite to PostgreSQL and back. Kills and resumes each transfer.

    python3 tests/scripts/million.py --binary target/release/blog-api --postgres URL [--posts N]

Prints the time and the peak resident memory of each step. Fails if the hashes of the stores differ
or the number of posts is wrong.

Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import threading
import time
from pathlib import Path

from cluster import SetupError, clean_environment, parse, run_test
from stores import parser_for_stores, place

POSTS = 1_000_000
KILLS = 3
KILLED_AFTER = (3.0, 15.0)  # The shortest and longest time before a kill, in seconds.


def resident_kib(process_id: int) -> int:
    """The peak resident memory of a process so far, in KiB, or 0 if the process has ended."""
    try:
        with open(f"/proc/{process_id}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))
    except (OSError, AttributeError):
        return 0


class Run:
    """One run of the program: its output, duration and peak memory."""

    def __init__(self, command: list[str], kill_after: float | None = None) -> None:
        started = time.monotonic()
        self.memory_kib = 0
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                                   env=clean_environment())
        watcher = threading.Thread(target=self._watch, args=(process,))
        watcher.start()
        self.killed = False
        try:
            _, self.output = process.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            self.killed = True
            process.kill()
            _, self.output = process.communicate()
        watcher.join()
        self.status = process.returncode
        self.seconds = time.monotonic() - started

    def _watch(self, process: subprocess.Popen) -> None:
        while process.poll() is None:
            self.memory_kib = max(self.memory_kib, resident_kib(process.pid))
            time.sleep(0.05)

    def report(self, name: str) -> None:
        print(f"{name}: {'killed after' if self.killed else 'done in'} {self.seconds:.1f} s, "
              f"{self.memory_kib / 1024:.1f} MiB at most; {self.output.strip().splitlines()[-1:]}", flush=True)


def write_posts(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            second = f"{n // 1_000_000:02}"
            file.write(json.dumps({
                "content": f"Content 🦀 of post {n}, with 'quotes' and \n a line. " * 3,
                "created_at": f"2025-02-27T10:49:{second}.{n % 1_000_000:06}Z",
                "id": f"{n:08x}-0000-4000-8000-{n:012x}",
                "published": n % 3 != 0,
                "title": f"Title {n}",
                "updated_at": f"2025-03-01T10:49:{second}.{n % 1_000_000:06}Z",
            }, ensure_ascii=False) + "\n")


def transfer_with_kills(options: argparse.Namespace, source: str, target: str, name: str) -> Run:
    """Transfers all posts. Kills the program after random times, and resumes the transfer."""
    command = [str(options.binary), "transfer", "--from", source, "--to", target, "--resume"]
    for n in range(options.kills):
        run = Run(command, kill_after=random.uniform(*options.killed_after))
        run.report(f"{name}, attempt {n + 1}")
        if not run.killed:
            raise SetupError("the transfer ended before it was killed: use more --posts")
    run = Run(command)
    run.report(f"{name}, last attempt")
    return run


def test(options: argparse.Namespace) -> bool:
    if not options.postgres:
        raise SetupError("PostgreSQL is needed: set its URL with --postgres")
    with place(options) as where:
        options.binary = where.binary
        posts = where.folder / "posts.ndjson"
        write_posts(posts, options.posts)
        first, second, third = (where.new_store(kind) for kind in ("sqlite", "postgres", "sqlite"))
        imported = Run([str(options.binary), "import", "--database-url", first, str(posts)])
        imported.report("import into SQLite")
        forth = transfer_with_kills(options, first, second, "SQLite to PostgreSQL")
        back = transfer_with_kills(options, second, third, "PostgreSQL to SQLite")
    digests = {(run.output.strip().splitlines() or ["no output"])[-1] for run in (imported, forth, back)}
    if len(digests) != 1 or not next(iter(digests)).startswith(f"{options.posts} posts"):
        print(f"FAILED: the hashes differ, or the number of posts is wrong: {digests}")
        return False
    print("all three stores:", digests.pop())
    return True


def main() -> None:
    parser = parser_for_stores(__doc__)
    parser.add_argument("--posts", type=int, default=POSTS, help="the number of posts (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=KILLS, help="the number of kills in each transfer (default: %(default)s)")
    parser.set_defaults(killed_after=KILLED_AFTER)
    options = parse(parser, posts=10_000, kills=1, killed_after=(0.2, 0.5))
    run_test(lambda: test(options))


if __name__ == "__main__":
    main()
