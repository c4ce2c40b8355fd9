"""A million posts from SQLite to PostgreSQL and back, killed and gone on with, in bounded memory.

    python3 tests/scripts/million.py --binary target/release/blog-api --postgres URL [--posts N]

Prints the time and the greatest resident memory of each step, and fails
when a hash differs.
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
KILLED_AFTER = (3.0, 15.0)  # Seconds.


def resident_kib(process_id: int) -> int:
    """The most memory the process has had resident so far, in KiB; 0 when it has ended."""
    try:
        with open(f"/proc/{process_id}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))
    except (OSError, AttributeError):
        return 0


class Run:
    """One run of the program: what it said, how long it took, how much memory it had."""

    def __init__(self, command: list[str], kill_after: float | None = None) -> None:
        started = time.monotonic()
        self.memory_kib = 0
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                                   env=clean_environment())
        watch = threading.Thread(target=self._watch, args=(process,))
        watch.start()
        self.killed = False
        try:
            _, self.said = process.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            self.killed = True
            process.kill()
            _, self.said = process.communicate()
        watch.join()
        self.status = process.returncode
        self.seconds = time.monotonic() - started

    def _watch(self, process: subprocess.Popen) -> None:
        while process.poll() is None:
            self.memory_kib = max(self.memory_kib, resident_kib(process.pid))
            time.sleep(0.05)

    def report(self, name: str) -> None:
        print(f"{name}: {'killed after' if self.killed else 'done in'} {self.seconds:.1f} s, "
              f"{self.memory_kib / 1024:.1f} MiB at most; {self.said.strip().splitlines()[-1:]}", flush=True)


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
    """Transfers, killed some times at random points on the way."""
    command = [str(options.binary), "transfer", "--from", source, "--to", target, "--resume"]
    for n in range(options.kills):
        run = Run(command, kill_after=random.uniform(*options.killed_after))
        run.report(f"{name}, attempt {n + 1}")
        if not run.killed:
            raise SetupError("it was over before it could be killed")
    run = Run(command)
    run.report(f"{name}, to the end")
    return run


def test(options: argparse.Namespace) -> bool:
    if not options.postgres:
        raise SetupError("say where PostgreSQL is with --postgres")
    with place(options) as where:
        options.binary = where.binary
        posts = where.folder / "posts.ndjson"
        write_posts(posts, options.posts)
        first, other, last = (where.new_store(kind) for kind in ("sqlite", "postgres", "sqlite"))
        imported = Run([str(options.binary), "import", "--database-url", first, str(posts)])
        imported.report("import into SQLite")
        there = transfer_with_kills(options, first, other, "SQLite to PostgreSQL")
        back = transfer_with_kills(options, other, last, "PostgreSQL to SQLite")
    digests = {(run.said.strip().splitlines() or ["nothing"])[-1] for run in (imported, there, back)}
    if len(digests) != 1 or not next(iter(digests)).startswith(f"{options.posts} posts"):
        print(f"FAILED: the hashes differ: {digests}")
        return False
    print("all three:", digests.pop())
    return True


def main() -> None:
    parser = parser_for_stores(__doc__)
    parser.add_argument("--posts", type=int, default=POSTS, help="how many (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=KILLS, help="of each transfer (default: %(default)s)")
    parser.set_defaults(killed_after=KILLED_AFTER)
    options = parse(parser, posts=10_000, kills=1, killed_after=(0.2, 0.5))
    run_test(lambda: test(options))


if __name__ == "__main__":
    main()
