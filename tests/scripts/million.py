"""A million posts from SQLite to PostgreSQL and back, killed and gone on with, in bounded memory.

Run: python3 tests/scripts/million.py --binary target/release/blog-api --postgres URL [--posts N]

URL names a PostgreSQL database that is empty. Prints the time and the greatest resident memory of each step, and fails
when a hash differs.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time


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
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
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


def write_posts(path: str, count: int) -> None:
    with open(path, "w", encoding="utf-8") as file:
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


def transfer_with_kills(binary: str, source: str, target: str, kills: int, name: str) -> Run:
    """Transfers, killed `kills` times at random points on the way."""
    for n in range(kills):
        run = Run([binary, "transfer", "--from", source, "--to", target, "--resume"],
                  kill_after=random.uniform(3, 15))
        run.report(f"{name}, attempt {n + 1}")
        if not run.killed:
            sys.exit("it was over before it could be killed")
    run = Run([binary, "transfer", "--from", source, "--to", target, "--resume"])
    run.report(f"{name}, to the end")
    return run


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", default="target/release/blog-api")
    arguments.add_argument("--postgres", required=True, metavar="URL")
    arguments.add_argument("--posts", type=int, default=1_000_000)
    given = arguments.parse_args()
    binary = os.path.abspath(given.binary)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_posts("posts.ndjson", given.posts)
        imported = Run([binary, "import", "--database-url", "sqlite://a.db", "posts.ndjson"])
        imported.report("import into SQLite")
        there = transfer_with_kills(binary, "sqlite://a.db", given.postgres, 3, "SQLite to PostgreSQL")
        back = transfer_with_kills(binary, given.postgres, "sqlite://b.db", 3, "PostgreSQL to SQLite")
        digests = {run.said.strip().splitlines()[-1] for run in (imported, there, back)}
        if len(digests) != 1 or not next(iter(digests)).startswith(f"{given.posts} posts"):
            sys.exit(f"the hashes differ: {digests}")
        print("all three:", digests.pop())


if __name__ == "__main__":
    main()
