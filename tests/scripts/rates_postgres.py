"""Compares the server on PostgreSQL with pgbench, which runs its statements on the same PostgreSQL server.

    python3 tests/scripts/rates_postgres.py --postgres postgres://postgres@127.0.0.1/postgres

Without --smoke, the script first builds the release programs. The blog server, PostgreSQL and the load share all processors.
pgbench keeps its statements prepared, and has as many connections to PostgreSQL as the blog server. In each round, the load
runs for some seconds through the blog server, and then pgbench runs for as long. The script prints the median of the rates,
and of the ratios to the rate of pgbench in the same round, with the least and the greatest ratio. Only the ratios can be
compared with those of another machine.

pgbench neither parses HTTP nor computes search tokens: a create contains the tokens, and a PATCH writes the old ones.

Exit code: 0 if all measurements were made, 2 if they cannot be made.
"""

from __future__ import annotations

import argparse
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Sequence

from cluster import SetupError, clean_environment, existing_binary, parse, run_test
from rates import CREATE, PAGE, SMOKE, Load, Requests, Result, Target, add_options, compare, get, header, ids_of, run
from stores import Place, fill, parser_for_stores, posts, psql

# pgbench accepts at most 128 scripts.
POSTS_OF_PGBENCH = 100
COLUMNS = "id, title, content, published, created_at, updated_at, version"
WORDS = "'a content of post some title'::tsvector"
# A UUID of version 7, as the server creates it.
NEW_ID = ("overlay(overlay(gen_random_uuid()::text PLACING '7' FROM 15) PLACING "
          "regexp_replace(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0'), '^.{8}', '\\&-') "
          "FROM 1)::uuid")


def statements(ids: Sequence[str]) -> dict[str, list[str]]:
    """The scripts of pgbench for each kind of load. Each script is one transaction of the server."""
    return {
        "post": [f"SELECT {COLUMNS} FROM posts WHERE id = '{each}';" for each in ids],
        "page": ["BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\nSELECT posts FROM post_counts;\n"
                 f"SELECT {COLUMNS} FROM posts WHERE id = ANY (ARRAY("
                 "SELECT id FROM posts ORDER BY created_at DESC, id DESC LIMIT 20 OFFSET 0));\nCOMMIT;"],
        "create": ["\\set slot random(0, 63)\nBEGIN;\n"
                   f"INSERT INTO posts ({COLUMNS}, words) VALUES ({NEW_ID}, '{CREATE['title']}', '{CREATE['content']}', "
                   f"true, now(), now(), 1, {WORDS});\n"
                   "UPDATE post_counts SET posts = posts + 1 WHERE published = true AND slot = :slot;\nCOMMIT;"],
        "PATCH": [f"\\set title random(1, 1000000)\nBEGIN;\nSELECT {COLUMNS} FROM posts WHERE id = '{each}' "
                  "AND published >= false LIMIT 1 FOR UPDATE;\n"
                  "UPDATE posts SET updated_at = now(), version = version + 1, title = 'Title ' || :title, words = words "
                  f"WHERE id = '{each}';\nCOMMIT;" for each in ids],
    }


def requests(ids: Sequence[str]) -> dict[str, Requests]:
    """The requests of the load. They use the same posts as the scripts of pgbench."""
    patches = [{"method": "PATCH", "path": f"/api/posts/{each}", "body": {"title": f"Title {title}"}, "headers": {}}
               for title in range(100) for each in ids]
    return {"post": [get(f"/api/posts/{each}") for each in ids], "page": [get(PAGE)], "PATCH": patches,
            "create": [{"method": "POST", "path": "/api/posts", "body": CREATE, "headers": {}}]}


class Pgbench:
    """Runs statements directly on a PostgreSQL database."""

    def __init__(self, folder: Path, url: str, seconds: float, scripts: dict[str, list[str]]) -> None:
        self.url, self.seconds = url, seconds
        self.program = shutil.which("pgbench")
        if not self.program:
            raise SetupError("pgbench is not installed")
        self.files: dict[str, list[str]] = {}
        for kind, texts in scripts.items():
            for number, text in enumerate(texts):
                file = folder / f"{kind}-{number}.sql"
                file.write_text(text + "\n")
                self.files.setdefault(kind, []).extend(["--file", str(file)])

    def run(self, kind: str, connections: int) -> float:
        """Returns the transactions per second."""
        command = [str(self.program), "--no-vacuum", "--protocol=prepared", f"--client={connections}", "--jobs=1",
                   f"--time={math.ceil(self.seconds)}", *self.files[kind], self.url]
        done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), stdin=subprocess.DEVNULL)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode != 0 or not found:
            raise SetupError(f"pgbench: {done.stderr[-500:]}")
        return float(found.group(1))


def connections_to(url: str) -> int:
    """The number of connections of the blog server to its database."""
    return int(psql(url, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                         "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"))


def measure(where: Place, options: argparse.Namespace) -> bool:
    if not options.postgres:
        raise SetupError("PostgreSQL is needed: set its URL with --postgres")
    load = Load(existing_binary(options.programs / "load"), where.folder, options.seconds)
    url = where.new_store("postgres")
    fill(where.binary, url, posts(options.posts))
    psql(url, "VACUUM ANALYZE")
    address = where.serve(url).address()
    ids = ids_of(address)[:POSTS_OF_PGBENCH]
    blog = Target("blog", address, requests(ids))
    pgbench = Pgbench(where.folder, url, options.seconds, statements(ids))
    header()
    for kind in pgbench.files:
        load.run(blog, kind, options.connections)  # Opens the connections to the database.
        connections = connections_to(url)
        compare({f"pgbench, {connections} connections": lambda: Result(pgbench.run(kind, connections)),
                 "blog": lambda: load.run(blog, kind, options.connections)}, kind, options.connections, options.rounds)
    return True


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("postgres",))
    add_options(parser)
    options = parse(parser, **SMOKE)
    run_test(lambda: run(measure, options))


if __name__ == "__main__":
    main()
