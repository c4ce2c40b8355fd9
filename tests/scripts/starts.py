"""Many instances started at once on an empty database: one migrates, all become ready, none says an error.

Run: python3 tests/scripts/starts.py --binary target/release/blog-api [--postgres URL] [--rounds N]

Without URL, only SQLite. URL names a database in which schemas may be made (with psql, which has to be installed).
"""
import argparse
import os
import subprocess
import sys
import tempfile
import urllib.request

INSTANCES = 8


def start_all(binary: str, url: str) -> list[str]:
    """Starts all at once, asks each for its posts, ends them, and gives what each has logged."""
    command = [binary, "--listen", "127.0.0.1:0", "--log", "info", "--database-url", url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                 for _ in range(INSTANCES)]
    try:
        for process in processes:
            said = process.stdout.readline()
            if not said.startswith("API:"):
                sys.exit(f"an instance did not start: {process.stderr.read()}")
            with urllib.request.urlopen(said.removeprefix("API:").strip(), timeout=10) as answer:
                if answer.read() != b"[]":
                    sys.exit("an instance has posts")
    finally:
        for process in processes:
            process.terminate()
    return [process.communicate(timeout=20)[1] for process in processes]


def check(logs: list[str]) -> None:
    migrated = sum("migrated" in log for log in logs)
    troubled = [log for log in logs if "ERROR" in log or "WARN" in log]
    if migrated != 1 or troubled:
        sys.exit(f"{migrated} instances migrated; {troubled}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", default="target/release/blog-api")
    arguments.add_argument("--postgres", metavar="URL")
    arguments.add_argument("--rounds", type=int, default=50)
    given = arguments.parse_args()
    binary = os.path.abspath(given.binary)
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            check(start_all(binary, f"sqlite://{folder}/blog.db"))
    print(f"SQLite: {given.rounds} times {INSTANCES} instances, one migrated each time, no error")
    for n in range(given.rounds if given.postgres else 0):
        schema = f"starts_{os.getpid()}_{n}"
        subprocess.run(["psql", "-qc", f"CREATE SCHEMA {schema}", given.postgres], check=True)
        separator = "&" if "?" in given.postgres else "?"
        check(start_all(binary, f"{given.postgres}{separator}options=-csearch_path%3D{schema}"))
        subprocess.run(["psql", "-qc", f"SET client_min_messages = warning; DROP SCHEMA {schema} CASCADE",
                        given.postgres], check=True)
    if given.postgres:
        print(f"PostgreSQL: {given.rounds} times {INSTANCES} instances, one migrated each time, no error")


if __name__ == "__main__":
    main()
