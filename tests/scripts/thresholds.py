"""Measures whether the search thresholds and the counter slots make the server faster.

    python3 tests/scripts/thresholds.py [--posts N] [--rounds N] [--only PART] [--postgres-bin DIR] [--smoke]

Does not need the server. Runs SQL like that of `storage-diesel`, on tables that the migrations of
this repository create. The tables are in an SQLite file and in a PostgreSQL cluster that the
script starts. Prints the measurements for docs/BENCHMARKS.md, "Thresholds of searches" and "Slots
of counters".

- Searches: each engine has one store. A search word is in a known number of posts. These posts are
  either spread evenly or the oldest. Each search returns the newest 20 matches, so the oldest
  matches are the worst case. The strategies are timed in turn, in several rounds. A slow strategy
  has fewer rounds.
- Slots: pgbench runs the transaction of one create. It runs without a counter and with 1 to 64
  slots, each with 1 to 32 clients. Each commit is written to the disk.

Control: if only the oldest 20 posts match, the strategy that reads the posts in order must take more
than twice as long as the strategy that starts from the matches.

Exit code: 0 if the control holds, 1 if it does not, 2 if the test cannot run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Optional

from cluster import DATABASE_USER, HOST, Cluster, Postgres, SetupError, clean_environment, free_ports, run_test, temporary_folder
from stores import posts

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
FIRST_INDEXES = "2026-11-23-000001"  # The tables are filled before this migration creates the indexes.

# The constants of storage-diesel that are measured.
FEW_MATCHES = 2_000
ROWS_PER_POST = 40
SCANNED_PER_WANTED = 20
MAX_WANTED = 101
SLOTS = 64

PAGE = 20
SECONDS_PER_STRATEGY = 1.0
LEAST_ROUNDS = 3
PARTS = ("sqlite", "postgres", "slots")
ENOUGH_TO_COMPARE = 2_000  # With fewer posts, the strategies do not differ measurably.

NEWEST_FIRST = "ORDER BY posts.created_at DESC, posts.id DESC"
BY_TITLE = "ORDER BY posts.title, posts.id"
COLUMNS = ", ".join(f"posts.{name}" for name in ("id", "title", "content", "published", "created_at", "updated_at", "version"))


# --- Posts and cases ------------------------------------------------------------------------------


class Case(NamedTuple):
    """A search, and the numbers of the posts that have its words."""

    name: str
    posts_with: dict[str, range | list[int]]
    matches: int

    @property
    def words(self) -> list[str]:
        return list(self.posts_with)


def cases(count: int) -> list[Case]:
    rng = random.Random(1)
    sizes = [20, 200, 500, 1_000, 2_000, 4_000, 8_000, 20_000, 100_000, 500_000]
    sizes = [size for size in sizes if size < count // 2] + [count // 2]
    even = [Case(f"{m:,}, spread evenly", {f"zyzzeven{m}": rng.sample(range(count), m)}, m) for m in sizes]
    oldest = [Case(f"{m:,}, the oldest", {f"zyzzold{m}": range(m)}, m) for m in sizes]
    # Each word is in 30 % of the posts. A planner that multiplies these rates expects that 9 % of
    # the posts have both words.
    few = min(20, count // 100)
    apart = {"zyzzleft": range(count * 3 // 10), "zyzzright": [*range(few), *range(count * 7 // 10 + few, count)]}
    return [*even, *oldest, Case(f"{few} oldest, of two frequent words", apart, few)]


class Row(NamedTuple):
    id: str
    title: str
    content: str
    published: bool
    created_at: str
    updated_at: str
    tokens: list[str]


def rows(count: int, searches: list[Case]) -> Iterator[Row]:
    markers: list[list[str]] = [[] for _ in range(count)]
    for case in searches:
        for word, numbers in case.posts_with.items():
            for number in numbers:
                markers[number].append(word)
    for number, line in enumerate(posts(count)):
        post = json.loads(line)
        tokens = {*post["title"].split(), *post["content"].rstrip(".").split(), *markers[number]}
        yield Row(post["id"], post["title"], post["content"], post["published"], post["created_at"], post["updated_at"],
                  sorted(tokens))


def migrations(engine: str) -> tuple[str, str]:
    """The SQL that creates the tables, and the SQL of the later migrations."""
    files = sorted((MIGRATIONS / engine).glob("*/up.sql"))
    before = [file.read_text() for file in files if file.parent.name < FIRST_INDEXES]
    after = [file.read_text() for file in files if file.parent.name >= FIRST_INDEXES]
    return "\n".join(before), "\n".join(after)


# --- Measuring ------------------------------------------------------------------------------------


Timed = Callable[[], float]


def measure(works: dict[str, Timed], rounds: int) -> dict[str, float]:
    """Runs functions in turn. Returns the median time of each, in milliseconds.

    A slow function runs fewer times.
    """
    times = {name: [work()] for name, work in works.items()}  # To warm up.
    planned = {name: max(min(rounds, LEAST_ROUNDS), min(rounds, int(SECONDS_PER_STRATEGY / max(took[0], 1e-6))))
               for name, took in times.items()}
    times = {name: [] for name in works}
    names = list(works)
    for number in range(rounds):
        for name in names if number % 2 else reversed(names):
            if number < planned[name]:
                times[name].append(works[name]())
    return {name: statistics.median(took) * 1000 for name, took in times.items()}


def table(title: str, header: list[str], lines: list[list[str]]) -> None:
    print(f"\n{title}\n")
    print(f"| {' | '.join(header)} |")
    print("|---|" + "--:|" * (len(header) - 1))
    for line in lines:
        print(f"| {' | '.join(line)} |")
    print(flush=True)


def milliseconds(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.2f}" if value < 10 else f"{value:,.0f}"


# --- Engines --------------------------------------------------------------------------------------


class Sqlite:
    name = "SQLite"

    def __init__(self, folder: Path, count: int, searches: list[Case]) -> None:
        self.db = sqlite3.connect(folder / "blog.db", isolation_level=None, cached_statements=0)
        before, after = migrations("sqlite")
        self.db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + before)
        self.db.execute("BEGIN")
        self.db.executemany(
            "INSERT INTO posts (id, title, content, published, created_at, updated_at, version, words) "
            "VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
            ((bytes.fromhex(row.id.replace("-", "")), row.title, row.content, row.published, micros(row.created_at),
              micros(row.updated_at), " ".join(row.tokens)) for row in rows(count, searches)))
        self.db.execute("COMMIT")
        self.db.executescript(after)

    def close(self) -> None:
        self.db.close()

    def query(self, sql: str, *values: object) -> list:
        return [row[0] for row in self.db.execute(sql, values).fetchall()]

    @staticmethod
    def _in(values: list) -> str:
        return f"({', '.join('?' * len(values))})"

    @staticmethod
    def _match(case: Case) -> str:
        return " AND ".join(f'"{word}"' for word in case.words)

    def load(self, ids: list) -> None:
        self.query(f"SELECT {COLUMNS} FROM posts WHERE posts.id IN {self._in(ids)}", *ids)

    def among(self, case: Case, ids: list) -> list:
        """The posts of `ids` that match. Reads the search index from the lowest to the highest row of `ids`."""
        numbers = self.query(f"SELECT posts.number FROM posts WHERE posts.id IN {self._in(ids)}", *ids)
        return self.query(
            f"SELECT posts.id FROM posts WHERE posts.id IN {self._in(ids)} AND +posts.number IN (SELECT rowid FROM "
            "post_words WHERE post_words MATCH ? AND rowid BETWEEN ? AND ?)",
            *ids, self._match(case), min(numbers), max(numbers))

    def ahead(self, case: Case, wanted: int, scanned: int, order: str = NEWEST_FIRST) -> tuple[float, bool]:
        """Scans ahead: reads the first posts in order, and checks which of them match.

        Returns the time in seconds, and whether there were enough matches.
        """
        started = time.perf_counter()
        following = self.query(f"SELECT posts.id FROM posts {order} LIMIT ?", wanted * scanned)
        matching = set(self.among(case, following))
        found = [each for each in following if each in matching][:wanted]
        if len(found) == wanted:
            self.load(found[-PAGE:])
        return time.perf_counter() - started, len(found) == wanted

    def direct(self, case: Case, threshold: Optional[int] = FEW_MATCHES, offset: int = 0, order: str = NEWEST_FIRST) -> float:
        """Searches without scanning ahead. With no threshold, reads the posts in order."""
        started = time.perf_counter()
        if threshold is not None:
            self.query("SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM post_words WHERE post_words MATCH ? LIMIT ?))",
                       self._match(case), min(threshold, 2**62) + 1)
        number = "posts.number" if threshold is not None and case.matches <= threshold else "+posts.number"
        self.query(f"SELECT {COLUMNS} FROM posts WHERE posts.id IN (SELECT posts.id FROM posts WHERE {number} IN (SELECT "
                   f"rowid FROM post_words WHERE post_words MATCH ?) {order} LIMIT ? OFFSET ?)",
                   self._match(case), PAGE, offset)
        return time.perf_counter() - started

    def from_matches(self, case: Case) -> float:
        started = time.perf_counter()
        self.query(f"SELECT {COLUMNS} FROM posts WHERE posts.id IN (SELECT posts.id FROM posts WHERE posts.number IN (SELECT "
                   f"rowid FROM post_words WHERE post_words MATCH ?) {NEWEST_FIRST} LIMIT ?)", self._match(case), PAGE)
        return time.perf_counter() - started

    def in_order(self, case: Case) -> float:
        return self.direct(case, None)

    def variants(self, case: Case) -> dict[str, Timed]:
        return {}


class LargerCluster(Cluster):
    """A cluster with PostgreSQL's default cache."""

    SETTINGS = {**Cluster.SETTINGS, "shared_buffers": "128MB"}


def psql_in(cluster: Cluster, database: str) -> list[str]:
    return ["psql", "-XqAt", "-h", HOST, "-p", str(cluster.port), "-U", DATABASE_USER, database]


class Psql:
    """A session of psql, which can measure how long each statement takes."""

    def __init__(self, cluster: Cluster) -> None:
        self.process = subprocess.Popen(
            psql_in(cluster, "postgres"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=clean_environment())
        # The timeout that `storage-diesel` sets.
        self.run("SET statement_timeout = 2000;")

    def run(self, *statements: str) -> list[str]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n".join([*statements, "\\echo", "\\echo (end)\n"]))
        self.process.stdin.flush()
        lines: list[str] = []
        while (line := self.process.stdout.readline()) != "(end)\n":
            # A statement that times out is accepted. Its time is about the timeout. The rest of its
            # transaction then fails, which is also accepted.
            if not line or "ERROR:" in line and not re.search("statement timeout|transaction is aborted", line):
                raise SetupError(f"psql: {line.strip()}")
            lines.append(line.strip())
        return lines[:-1]

    def seconds(self, *statements: str) -> float:
        said = self.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;", "\\o /dev/null", "\\timing on", *statements,
                        "\\timing off", "\\o", "COMMIT;")
        times = [float(found.group(1)) for found in (re.match(r"Time: ([\d.]+) ms", line) for line in said) if found]
        if len(times) != len(statements):
            raise SetupError(f"psql: {len(times)} times of {len(statements)} statements: {said[:3]}")
        return sum(times) / 1000

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


class PostgreSQL:
    name = "PostgreSQL"
    MEMORY = "SET LOCAL work_mem = '32MB';"
    NO_SEQSCAN = "SET LOCAL enable_seqscan = off;"
    NO_INDEXSCAN = "SET LOCAL enable_indexscan = off;"

    def __init__(self, cluster: Cluster, count: int, searches: list[Case]) -> None:
        self.known: dict[str, list[str]] = {}
        # PostgreSQL's default is 4 MB. It is scaled by the number of posts, so that the memory per
        # post is the same as with a million posts.
        self.default_memory = f"SET LOCAL work_mem = '{max(4096 * count // 1_000_000, 64)}kB';"
        before, after = migrations("postgres")
        copy = subprocess.Popen([*psql_in(cluster, "postgres"), "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, text=True,
                                env=clean_environment())
        assert copy.stdin is not None
        copy.stdin.write(before + "\nCOPY posts (id, title, content, published, created_at, updated_at, version, words) "
                                  "FROM STDIN;\n")
        for row in rows(count, searches):
            copy.stdin.write("\t".join([row.id, row.title, row.content, "t" if row.published else "f", row.created_at,
                                        row.updated_at, "1", " ".join(row.tokens)]) + "\n")
        copy.stdin.write(f"\\.\nSET maintenance_work_mem = '512MB';\n{after}\nVACUUM ANALYZE;\n")
        copy.stdin.close()
        if copy.wait() != 0:
            raise SetupError("psql could not fill the tables")
        self.psql = Psql(cluster)

    def close(self) -> None:
        self.psql.close()

    @staticmethod
    def _in(ids: list[str]) -> str:
        return "(" + ", ".join(f"'{each}'" for each in ids) + ")"

    @staticmethod
    def _matches(case: Case) -> str:
        words = " & ".join(f"''{word}''" for word in case.words)
        return f"posts.words @@ '{words}'::tsquery"

    def _ids(self, sql: str) -> list[str]:
        """The ids that a statement returns. They are read once, outside of the measured time."""
        if sql not in self.known:
            self.known[sql] = [line for line in self.psql.run(sql + ";") if line]
        return self.known[sql]

    def _load(self, ids: list[str]) -> str:
        return f"SELECT {COLUMNS} FROM posts WHERE posts.id IN {self._in(ids)};"

    def ahead(self, case: Case, wanted: int, scanned: int, order: str = NEWEST_FIRST) -> tuple[float, bool]:
        following = f"SELECT posts.id FROM posts {order} LIMIT {wanted * scanned}"
        ids = self._ids(following)
        matching = f"SELECT posts.id FROM posts WHERE posts.id IN {self._in(ids)} AND {self._matches(case)}"
        found = self._ids(matching)[:wanted]
        is_enough = len(found) == wanted
        load = [self._load(found[-PAGE:])] if is_enough else []
        return self.psql.seconds(following + ";", matching + ";", *load), is_enough

    def _list(self, case: Case, offset: int = 0, order: str = NEWEST_FIRST) -> str:
        return (f"SELECT {COLUMNS} FROM posts WHERE posts.id = ANY (ARRAY(SELECT posts.id FROM posts WHERE "
                f"{self._matches(case)} {order} LIMIT {PAGE} OFFSET {offset}));")

    def direct(self, case: Case, threshold: Optional[int] = FEW_MATCHES, offset: int = 0, order: str = NEWEST_FIRST,
               without: str = "") -> float:
        """Searches without scanning ahead. With no threshold, the planner chooses the strategy."""
        settings = [setting for setting in (self.MEMORY, self.NO_SEQSCAN) if setting != without]
        if without == self.MEMORY:
            settings.append(self.default_memory)
        probe = []
        if threshold is not None:
            probe = [f"SELECT (SELECT COUNT(*) FROM (SELECT FROM posts WHERE {self._matches(case)} LIMIT "
                     f"{min(threshold, 2**62) + 1}) AS found);"]
            if case.matches <= threshold and without != self.NO_INDEXSCAN:
                probe.append(self.NO_INDEXSCAN)
        return self.psql.seconds(" \\; ".join(setting.rstrip(";") for setting in settings) + ";", *probe,
                                 self._list(case, offset, order))

    def from_matches(self, case: Case) -> float:
        return self.psql.seconds(f"{self.MEMORY} {self.NO_SEQSCAN} {self.NO_INDEXSCAN}".replace("; ", " \\; "),
                                 self._list(case))

    def in_order(self, case: Case) -> float:
        return self.psql.seconds(f"{self.NO_SEQSCAN} SET LOCAL enable_bitmapscan = off;".replace("; ", " \\; "),
                                 self._list(case))

    def variants(self, case: Case) -> dict[str, Timed]:
        count = f"SELECT COUNT(*) FROM posts WHERE {self._matches(case)};"
        return {
            "without work_mem": lambda: self.direct(case, without=self.MEMORY),
            "without enable_seqscan": lambda: self.direct(case, without=self.NO_SEQSCAN),
            "without enable_indexscan": lambda: self.direct(case, without=self.NO_INDEXSCAN),
            "count": lambda: self.psql.seconds(self.MEMORY, count),
            "count, without work_mem": lambda: self.psql.seconds(self.default_memory, count),
        }


def micros(text: str) -> int:
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


# --- Searches -------------------------------------------------------------------------------------


EVERY = 2**62
THRESHOLDS = {"¼": FEW_MATCHES // 4, "as is": FEW_MATCHES, "4 ×": 4 * FEW_MATCHES, "always from the matches": EVERY,
              "no threshold": None}
SCANS = {"¼": SCANNED_PER_WANTED // 4, "as is": SCANNED_PER_WANTED, "4 ×": 4 * SCANNED_PER_WANTED}


def searches_on(engine: Sqlite | PostgreSQL, searches: list[Case], rounds: int) -> bool:
    measured: dict[str, dict[str, float]] = {}
    enough: dict[tuple[str, str], bool] = {}
    for case in searches:
        works: dict[str, Timed] = {
            "matches": lambda: engine.from_matches(case),
            "order": lambda: engine.in_order(case),
            **{f"threshold {name}": (lambda value=value: engine.direct(case, value)) for name, value in THRESHOLDS.items()},
            **{f"ahead {name}": (lambda value=value: engine.ahead(case, PAGE, value)[0]) for name, value in SCANS.items()},
            **engine.variants(case),
        }
        measured[case.name] = measure(works, rounds)
        enough |= {(case.name, name): engine.ahead(case, PAGE, value)[1] for name, value in SCANS.items()}

    lines = [[case.name, *(milliseconds(measured[case.name][name]) for name in ("matches", "order", "ahead as is")),
              "yes" if enough[case.name, "as is"] else "no", milliseconds(total(measured, enough, case))]
             for case in searches]
    table(f"{engine.name}: milliseconds of a search, newest first, by strategy",
          ["matches", "from the matches", "in order", "scan ahead", "enough", "as the code does"], lines)

    changes: list[tuple[str, dict[str, str]]] = [
        ("FEW_MATCHES ¼", {"threshold": "threshold ¼"}),
        ("FEW_MATCHES 4 ×", {"threshold": "threshold 4 ×"}),
        ("always start from the matches", {"threshold": "threshold always from the matches"}),
        ("no FEW_MATCHES", {"threshold": "threshold no threshold"}),
        ("SCANNED_PER_WANTED ¼", {"ahead": "¼"}),
        ("SCANNED_PER_WANTED 4 ×", {"ahead": "4 ×"}),
        ("no scan ahead", {"ahead": ""}),
        ("no scan ahead and no FEW_MATCHES", {"ahead": "", "threshold": "threshold no threshold"}),
    ]
    changes += [(f"no {name.removeprefix('without ')}", {"threshold": name})
                for name in measured[searches[0].name] if name.startswith("without ")]
    lines = []
    for name, change in changes:
        ratios = [(total(measured, enough, case, **change) / total(measured, enough, case), case.name) for case in searches]
        slowest = max((total(measured, enough, case, **change), case.name) for case in searches)
        slower, faster = max(ratios), min(ratios)
        lines.append([name, f"{slower[0]:.2f}", slower[1], f"{faster[0]:.2f}", faster[1],
                      milliseconds(slowest[0]), slowest[1]])
    slowest = max((total(measured, enough, case), case.name) for case in searches)
    lines.insert(0, ["as is", "1.00", "", "1.00", "", milliseconds(slowest[0]), slowest[1]])
    table(f"{engine.name}: ratio of the time with a change of the code to the time without it",
          ["change", "greatest", "at", "least", "at", "slowest ms", "at"], lines)

    if "count" in measured[searches[0].name]:
        lines = [[case.name, *(milliseconds(measured[case.name][name]) for name in ("count", "count, without work_mem"))]
                 for case in searches]
        table(f"{engine.name}: milliseconds of a total", ["matches", "32 MB", "4 MB for a million posts"], lines)

    wanted_on(engine, searches, rounds)
    if isinstance(engine, Sqlite):
        ranges_on(engine, searches, rounds)
    worst = next(case for case in searches if case.name.startswith("20, the oldest"))
    holds = measured[worst.name]["order"] > 2 * measured[worst.name]["matches"]
    print(f"{engine.name}: control: if the oldest 20 match, reading in order takes {'' if holds else 'NOT '}more than twice as long", flush=True)
    return holds


def total(measured: dict, enough: dict, case: Case, ahead: str = "as is", threshold: str = "threshold as is") -> float:
    """The time of a whole search: the scan ahead, and if it finds too few matches, the rest."""
    took = measured[case.name]
    scanned = took[f"ahead {ahead}"] if ahead else 0.0
    return scanned if ahead and enough[case.name, ahead] else scanned + took[threshold]


def spread_evenly(searches: list[Case], most: int) -> Case:
    """The search with the most matches, up to `most`, among those with evenly spread matches."""
    return max((case for case in searches if "evenly" in case.name and case.matches <= most), key=lambda case: case.matches)


def wanted_on(engine: Sqlite | PostgreSQL, searches: list[Case], rounds: int) -> None:
    """Measures scanning ahead for later pages. "Wanted" is the offset of the page plus its size."""
    many = spread_evenly(searches, 2**62)
    few = spread_evenly(searches, many.matches // 25)
    lines = []
    for wanted in (PAGE, MAX_WANTED // 2, MAX_WANTED, 2 * MAX_WANTED, 4 * MAX_WANTED, 8 * MAX_WANTED):
        took = measure({
            "many ahead": lambda: engine.ahead(many, wanted, SCANNED_PER_WANTED)[0],
            "many": lambda: engine.direct(many, offset=wanted - PAGE),
            "few ahead": lambda: engine.ahead(few, wanted, SCANNED_PER_WANTED)[0],
            "few": lambda: engine.direct(few, offset=wanted - PAGE),
        }, rounds)
        lines.append([f"{wanted:,}", *(milliseconds(took[name]) for name in ("many ahead", "many", "few ahead", "few"))])
    table(f"{engine.name}: milliseconds for the last 20 of the posts wanted",
          ["wanted", f"scan ahead, {many.name}", "without", f"scan ahead in vain, {few.name}", "without"], lines)


def ranges_on(engine: Sqlite, searches: list[Case], rounds: int) -> None:
    """Measures the check of posts that are some rows apart. FTS5 also reads the rows between."""
    many = spread_evenly(searches, 2**62)
    numbers = PAGE * SCANNED_PER_WANTED
    count = engine.query("SELECT COUNT(*) FROM posts")[0]
    lines = []
    for apart in (1, ROWS_PER_POST // 4, ROWS_PER_POST, 4 * ROWS_PER_POST, count // numbers):
        first = max(count - numbers * apart, 0)
        ids = engine.query("SELECT id FROM posts WHERE number > ? AND (number - ?) % ? = 0", first, first, apart)[:numbers]

        def check() -> float:
            started = time.perf_counter()
            engine.among(many, ids)
            return time.perf_counter() - started

        took = measure({"check": check, "direct": lambda: engine.direct(many, order=BY_TITLE)}, rounds)
        lines.append([f"{apart:,}", milliseconds(took["check"]), milliseconds(took["direct"])])
    table(f"SQLite: milliseconds to check {numbers} posts, by rows per post, where half of all posts match",
          ["rows per post", "check", "search without"], lines)


# --- Slots ----------------------------------------------------------------------------------------


def create_transaction(row: Row) -> str:
    words = " ".join(row.tokens)
    return (f"BEGIN;\nINSERT INTO posts (id, title, content, published, created_at, updated_at, version, words) VALUES "
            f"(gen_random_uuid(), '{row.title}', '{row.content}', true, now(), now(), 1, '{words}');\n")


def slots_on(cluster: Cluster, postgres: Postgres, folder: Path, options: argparse.Namespace) -> None:
    cluster.sql("CREATE DATABASE slots")
    address = ["-h", HOST, "-p", str(cluster.port), "-U", DATABASE_USER]
    made = subprocess.run([*psql_in(cluster, "slots"), "-v", "ON_ERROR_STOP=1"], input="\n".join(migrations("postgres")),
                          capture_output=True, text=True, env=clean_environment())
    if made.returncode != 0:
        raise SetupError(f"psql: {made.stderr}")
    counts = (1, SLOTS) if options.smoke else (0, 1, SLOTS // 16, SLOTS // 4, SLOTS)
    clients = (1, 8) if options.smoke else (1, 8, 32)
    some = list(rows(100, []))[:8]
    scripts: dict[int, list[str]] = {}
    for count in counts:
        for number, row in enumerate(some):
            script = folder / f"create-{count}-{number}.sql"
            update = (f"\\set slot random(0, {count - 1})\n" if count else "", "UPDATE post_counts SET posts = posts + 1 WHERE "
                      "published = true AND slot = :slot;\n" if count else "")
            script.write_text(update[0] + create_transaction(row) + update[1] + "COMMIT;\n")
            script.chmod(0o644)
            scripts.setdefault(count, []).extend(["-f", str(script)])
    rates: dict[tuple[int, int], list[float]] = {}
    for number in range(options.slot_rounds):
        for client in clients:
            for count in counts if number % 2 else reversed(counts):
                said = postgres.run("pgbench", "-n", "-M", "prepared", "-c", client, "-j", min(client, 2), "-T",
                                    options.seconds, *scripts[count], *address, "slots")
                found = re.search(r"tps = ([\d.]+)", said)
                if not found:
                    raise SetupError(f"pgbench: {said}")
                rates.setdefault((count, client), []).append(float(found.group(1)))
        cluster.sql("CHECKPOINT")
    lines = []
    for client in clients:
        line = [str(client)]
        for count in counts:
            values = rates[count, client]
            ratios = [value / most for value, most in zip(values, rates[SLOTS, client])]
            line.append(f"{statistics.median(values):,.0f} ({statistics.median(ratios):.2f}; {min(ratios):.2f} to {max(ratios):.2f})")
        lines.append(line)
    table("Creates per second (ratio to 64 slots in the same round: median; least to greatest)",
          ["clients", *("no counter" if not count else f"{count} slots" for count in counts)], lines)


# --- The whole ------------------------------------------------------------------------------------


def test(options: argparse.Namespace) -> bool:
    parts = options.only or PARTS
    holds = True
    searches = cases(options.posts)
    with contextlib.ExitStack() as stack:
        if "sqlite" in parts:
            folder = Path(tempfile.mkdtemp(prefix="blog-thresholds-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            started = time.monotonic()
            sqlite = Sqlite(folder, options.posts, searches)
            print(f"SQLite {sqlite3.sqlite_version}: {options.posts:,} posts in {time.monotonic() - started:.0f} s", flush=True)
            holds &= searches_on(sqlite, searches, options.rounds)
            sqlite.close()
        if "postgres" in parts or "slots" in parts:
            postgres = Postgres(options.postgres_bin)
            folder = stack.enter_context(temporary_folder(postgres, "blog-thresholds"))
            cluster = LargerCluster(postgres, folder / "cluster", free_ports(1)[0])
            cluster.initialize()
            cluster.start()
            stack.callback(cluster.stop, "fast")
            if "postgres" in parts:
                started = time.monotonic()
                store = PostgreSQL(cluster, options.posts, searches)
                version = cluster.sql("SHOW server_version")
                print(f"PostgreSQL {version}: {options.posts:,} posts in {time.monotonic() - started:.0f} s", flush=True)
                stack.callback(store.close)
                holds &= searches_on(store, searches, options.rounds)
            if "slots" in parts:
                slots_on(cluster, postgres, folder, options)
    return holds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=500_000,
                        help="the number of posts in each store (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=11,
                        help="the maximum number of rounds of each search (default: %(default)s)")
    parser.add_argument("--slot-rounds", type=int, default=3,
                        help="the number of rounds of the part `slots` (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=4,
                        help="the seconds of each run of pgbench (default: %(default)s)")
    parser.add_argument("--only", choices=PARTS, action="append",
                        help="run only this part; can be repeated")
    parser.add_argument("--postgres-bin", type=Path, metavar="DIR",
                        help="the folder of PostgreSQL's programs (default: the script searches for it)")
    parser.add_argument("--smoke", action="store_true",
                        help="run for a few seconds with little data, to check that the script works")
    options = parser.parse_args()
    if options.smoke:
        options.posts, options.rounds, options.slot_rounds, options.seconds = 5_000, 1, 1, 1
    if options.posts < ENOUGH_TO_COMPARE:
        parser.error(f"--posts must be at least {ENOUGH_TO_COMPARE}")
    run_test(lambda: test(options))


if __name__ == "__main__":
    main()
