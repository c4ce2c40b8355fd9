"""Helpers for the tests in this folder: PostgreSQL clusters, instances of the server, and clients.

All servers listen on free ports of the loopback interface. All files are in a temporary folder,
which is deleted at the end. Needs Linux (`/proc`), Python 3.9 or newer, and the programs of a
PostgreSQL server. PostgreSQL refuses to run as root. If the user is root, PostgreSQL's programs
run as the user `postgres`.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional, Sequence, TypeVar

HOST = "127.0.0.1"
DATABASE_USER = "postgres"

# Seconds.
PROGRAM_TIMEOUT = 60.0
START_TIMEOUT = 30.0
REQUEST_TIMEOUT = 10.0
PAUSE_AFTER_ANSWER = 0.005
PAUSE_AFTER_FAILURE = 0.02

LOG_LINES = 15
LOG_LINE_LENGTH = 600

Result = TypeVar("Result")


class SetupError(Exception):
    """The test cannot run. It is not a failure of the server."""


# --- Options, folders, processes ------------------------------------------------------------------


def parser_for(documentation: Optional[str], rounds: Optional[int]) -> argparse.ArgumentParser:
    """A parser with the options of a test that starts its own PostgreSQL clusters."""
    parser = argparse.ArgumentParser(
        description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--binary", type=Path, default=Path("target/release/blog-api"),
                        help="the server (default: %(default)s)")
    parser.add_argument("--postgres-bin", type=Path, metavar="DIR",
                        help="the folder of PostgreSQL's programs (default: the script searches for it)")
    parser.add_argument("--rounds", type=int, default=rounds,
                        help="the number of rounds" + (" (default: %(default)s)" if rounds else ""))
    return parser


def parse(parser: argparse.ArgumentParser, **smoke: object) -> argparse.Namespace:
    """Parses the command line. With --smoke, the defaults are those in `smoke`."""
    parser.add_argument("--smoke", action="store_true",
                        help="run for a few seconds with little data, to check that the script works")
    if parser.parse_known_args()[0].smoke:
        parser.set_defaults(**smoke)
    return parser.parse_args()


def run_test(test: Callable[[], bool]) -> None:
    """Runs a test. Exits with 0 if it passes, 1 if it fails, 2 if it cannot run, 130 or 143 on a signal."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(0 if test() else 1)
    except (SetupError, OSError) as error:
        print(f"cannot run: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


def existing_binary(path: Path) -> Path:
    if not os.access(path, os.X_OK):
        raise SetupError(f"{path} is not an executable file: build it, or set another path with --binary")
    return path.resolve()


@contextlib.contextmanager
def temporary_folder(postgres: Postgres, name: str) -> Iterator[Path]:
    """A temporary folder that PostgreSQL's programs can write to."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    try:
        postgres.give(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Returns ports that are free now. Another process may still take one before it is used."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]


def wait_until(what: str, condition: Callable[[], Optional[Result]], timeout: float) -> Result:
    """Calls `condition` until it returns a true value, and returns that value."""
    end = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise SetupError(f"timed out after {timeout:.0f} s: waited until {what}")
        time.sleep(0.03)


def process_status(pid: int) -> Optional[tuple[int, str]]:
    """The parent id and the state letter of a process, or None if the process does not exist."""
    try:
        # The second field is a name in parentheses, which may contain spaces and `)`. The third
        # field starts after the last `)`.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[1]), fields[0]


def is_alive(pid: int) -> bool:
    status = process_status(pid)
    return status is not None and status[1] not in "ZX"


def children_of(parent: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    statuses = ((pid, process_status(pid)) for pid in pids)
    return [pid for pid, status in statuses if status is not None and status[0] == parent]


def clean_environment() -> dict[str, str]:
    """The environment without the variables that configure PostgreSQL's programs or the server."""
    remaining = {name: value for name, value in os.environ.items()
            if not name.startswith(("PG", "BLOG_")) and name != "DATABASE_URL"}
    return {**remaining, "LC_ALL": "C"}


# --- PostgreSQL -----------------------------------------------------------------------------------


class Postgres:
    """PostgreSQL's programs, and the user that runs them."""

    NEEDED = ("initdb", "postgres", "pg_basebackup", "pg_ctl", "pg_isready", "psql")

    def __init__(self, folder: Optional[Path]) -> None:
        candidates = [folder] if folder else self._candidates()
        found = [each for each in candidates if all((each / name).exists() for name in self.NEEDED)]
        if not found:
            raise SetupError("PostgreSQL's programs were not found: set their folder with --postgres-bin")
        self.folder = found[0]
        self.user: Optional[pwd.struct_passwd] = None
        if os.geteuid() == 0:
            try:
                self.user = pwd.getpwnam("postgres")
            except KeyError:
                raise SetupError("PostgreSQL refuses to run as root, and there is no user postgres: "
                                 "create it, or run the test as another user") from None

    @staticmethod
    def _candidates() -> list[Path]:
        """The folders of Debian's packages, newest version first, then the folder in PATH."""
        versions = Path("/usr/lib/postgresql").glob("*/bin")
        newest_first = sorted(versions, key=lambda path: float(path.parent.name), reverse=True)
        in_path = shutil.which("postgres")
        return newest_first + ([Path(in_path).resolve().parent] if in_path else [])

    def give(self, folder: Path) -> None:
        """Changes the owner of the folder to the user that runs PostgreSQL's programs."""
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def _process_options(self) -> dict:
        options: dict = {"cwd": "/", "env": clean_environment(), "stdin": subprocess.DEVNULL}
        if self.user:
            options |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return options

    def try_run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(self.folder / program), *map(str, arguments)]
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT,
                                  **self._process_options())
        except subprocess.TimeoutExpired:
            raise SetupError(f"{program} did not exit within {PROGRAM_TIMEOUT:.0f} s") from None

    def run(self, program: str, *arguments: object) -> str:
        """Runs a program and returns its output. Raises an error if it fails."""
        done = self.try_run(program, *arguments)
        if done.returncode != 0:
            raise SetupError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    def spawn(self, program: str, *arguments: object, log: Path) -> subprocess.Popen[bytes]:
        """Starts a program in its own session, so that Ctrl-C stops only the test."""
        command = [str(self.folder / program), *map(str, arguments)]
        with log.open("ab") as output:
            return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True,
                                    **self._process_options())


class Cluster:
    """A PostgreSQL server with its own data folder."""

    SETTINGS = {
        "listen_addresses": HOST,
        "max_connections": "60",
        "shared_buffers": "32MB",
        "fsync": "on",
        "synchronous_commit": "on",
        "synchronous_standby_names": "",
    }

    def __init__(self, postgres: Postgres, folder: Path, port: int) -> None:
        self.postgres = postgres
        self.folder = folder
        self.data = folder / "data"
        self.port = port
        self.process: Optional[subprocess.Popen[bytes]] = None

    def initialize(self) -> None:
        self._make_folder()
        self.postgres.run("initdb", "--pgdata", self.data, "--username", DATABASE_USER, "--auth", "trust",
                          "--encoding", "UTF8", "--locale", "C", "--no-sync")
        self._configure(self.SETTINGS)

    def copy_from(self, template: Cluster) -> None:
        """Copies the data of a stopped cluster."""
        self._make_folder()
        subprocess.run(["cp", "-a", str(template.data), str(self.data)], check=True, timeout=PROGRAM_TIMEOUT)

    def follow(self, primary: Cluster) -> None:
        """Makes this cluster a standby of a running primary."""
        self._make_folder()
        source = f"host={HOST} port={primary.port} user={DATABASE_USER} application_name=standby"
        self.postgres.run("pg_basebackup", "--pgdata", self.data, "--dbname", source, "--write-recovery-conf",
                          "--wal-method", "stream", "--checkpoint", "fast", "--no-sync")
        # After its promotion, this cluster must not wait for a standby.
        self._configure(self.SETTINGS)

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True)
        self.postgres.give(self.folder)

    def _configure(self, settings: dict[str, str]) -> None:
        with (self.data / "postgresql.conf").open("a") as file:
            for name, value in settings.items():
                file.write(f"{name} = '{value}'\n")

    def start(self) -> None:
        """Starts the server and waits until it accepts connections."""
        self.process = self.postgres.spawn(
            "postgres", "-D", self.data, "-p", self.port, "-k", self.folder, log=self.folder / "log")
        wait_until("PostgreSQL accepts connections", self._accepts_connections, START_TIMEOUT)

    def _accepts_connections(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise SetupError(f"PostgreSQL exited during its start:\n{self.log_tail()}")
        return self.postgres.try_run("pg_isready", "-h", HOST, "-p", self.port).returncode == 0

    def log_tail(self) -> str:
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])

    def stop(self, mode: str) -> None:
        """Stops the server with `pg_ctl stop`."""
        self.postgres.run("pg_ctl", "stop", "--pgdata", self.data, "--mode", mode)
        if self.process is not None:
            self.process.wait(PROGRAM_TIMEOUT)
            self.process = None

    def kill(self) -> None:
        """Kills all processes of the server, to simulate a crash. Returns when all have ended.

        Each process of PostgreSQL has its own process group and session, so each is killed separately.
        The parent process is stopped first, so that it starts no new processes.
        """
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
            children = children_of(self.process.pid)
            self.process.kill()
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self.process.wait(PROGRAM_TIMEOUT)
            wait_until("all processes of PostgreSQL have ended", lambda: not any(map(is_alive, children)), PROGRAM_TIMEOUT)
        self.process = None

    def promote(self) -> None:
        """Promotes a standby to primary. Returns when the promotion is complete."""
        self.postgres.run("pg_ctl", "promote", "--pgdata", self.data)

    def sql(self, statement: str) -> str:
        return self.postgres.run("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only",
                                 "--set", "ON_ERROR_STOP=1", "--host", HOST, "--port", self.port,
                                 "--username", DATABASE_USER, "--dbname", "postgres", "--command", statement)

    def change_setting(self, name: str, value: str) -> None:
        """Changes a setting of the running server."""
        self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.sql("SELECT pg_reload_conf()")

    def post_ids(self) -> set[uuid.UUID]:
        return {uuid.UUID(line) for line in self.sql("SELECT id FROM posts").splitlines()}


def database_url(clusters: Sequence[Cluster], parameters: str) -> str:
    hosts = ",".join(f"{HOST}:{cluster.port}" for cluster in clusters)
    return f"postgres://{DATABASE_USER}@{hosts}/postgres?{parameters}"


# --- The server -----------------------------------------------------------------------------------


class Server:
    """A running instance of the server."""

    # Replacements that make two log lines of the same kind equal.
    VARIABLE_PARTS = (
        (re.compile(r"^\S+Z +", re.MULTILINE), ""),
        (re.compile(r'\b(id="[^"]*"|took=\S+) ?'), ""),
        (re.compile(r"/api/posts/[-0-9a-f]{36}"), "/api/posts/<id>"),
        (re.compile(r"\bwrites=\d+"), "writes=<n>"),
    )

    def __init__(self, binary: Path, url: str, log: Path, prefix: Sequence[str] = ()) -> None:
        """Starts the server. `prefix` is a command that then runs the server, such as `env`."""
        self.log = log
        self._log_position = 0
        options = ["--listen", f"{HOST}:0", "--database-url", url, "--log", "warn"]
        command = [*prefix, str(binary), *options]
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                env=clean_environment(), start_new_session=True)
        self._address: Optional[str] = None
        threading.Thread(target=self._read_output, daemon=True).start()

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(r"API:\s+http://([^/\s]+)/api/posts", line)
            if found:
                self._address = found.group(1)

    def address(self) -> str:
        """The host and port of the server. Waits until it has printed them."""
        return wait_until("the server has printed its address", self._printed_address, START_TIMEOUT)

    def _printed_address(self) -> Optional[str]:
        if self._address is None and self.process.poll() is not None:
            raise SetupError("\n".join(["the server exited during its start:", *self.new_log_lines()]))
        return self._address

    def is_running(self) -> bool:
        return self.process.poll() is None

    def new_log_lines(self) -> list[str]:
        """The lines logged since the last call: each kind of line once, with its count."""
        with self.log.open("rb") as file:
            file.seek(self._log_position)
            text = file.read().decode(errors="replace")
            self._log_position = file.tell()
        for pattern, replacement in self.VARIABLE_PARTS:
            text = pattern.sub(replacement, text)
        lines = (line for line in text.splitlines() if line.strip())
        return [line[:LOG_LINE_LENGTH] for line in counted(lines)[:LOG_LINES]]

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


# --- Clients --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """A request and its result. Its times are values of `time.monotonic()`."""

    request: str
    sent: float
    received: float
    status: Optional[int]  # None if there was no response.
    retry_after: Optional[str] = None
    post: Optional[uuid.UUID] = None
    error: str = ""

    @property
    def seconds(self) -> float:
        return self.received - self.sent

    @property
    def is_acknowledged_write(self) -> bool:
        return self.post is not None

    def fault(self) -> Optional[str]:
        """What is wrong with the response, or None. Success and 503 are valid in any state of the database."""
        if self.status is None:
            return f"{self.request}: no response ({self.error})"
        if self.status == 503 and not self.retry_after:
            return f"{self.request}: 503 without Retry-After"
        if self.status != 503 and not 200 <= self.status <= 299:
            return f"{self.request}: {self.status}"
        return None


class Client:
    """A client with a persistent connection to an instance."""

    _numbers = itertools.count(1)

    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(address, timeout=REQUEST_TIMEOUT)

    def create_post(self) -> Answer:
        number = next(self._numbers)
        body = json.dumps({"title": f"Post {number}", "content": f"The content of post {number}."})
        return self._send("POST", "/api/posts", body)

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None)

    def patch(self, path: str, fields: dict[str, object]) -> Answer:
        return self._send("PATCH", path, json.dumps(fields))

    def delete(self, path: str) -> Answer:
        return self._send("DELETE", path, None)

    def _send(self, method: str, path: str, body: Optional[str]) -> Answer:
        headers = {"Content-Type": "application/json"} if body else {}
        sent, status = time.monotonic(), None
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            # If the database fails in the middle of a streamed list, the server closes the connection.
            status = response.status if method == "GET" and response.chunked else None
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            if status is not None:
                return Answer(method, sent, time.monotonic(), status, error=repr(error))
            return Answer(method, sent, time.monotonic(), None, error=repr(error))
        received = time.monotonic()
        post = uuid.UUID(json.loads(content)["id"]) if response.status == 201 else None
        return Answer(method, sent, received, response.status, response.headers["Retry-After"], post)


class Load:
    """Threads that send requests to an instance until they are stopped. Collects the responses."""

    def __init__(self, address: str, requests: Sequence[Callable[[Client], Answer]]) -> None:
        """Starts one thread for each of `requests`. The thread repeats its request."""
        self.answers: list[Answer] = []
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(Client(address), request), daemon=True)
            for request in requests
        ]
        for thread in self._threads:
            thread.start()

    def _repeat(self, client: Client, request: Callable[[Client], Answer]) -> None:
        while not self._stopped.is_set():
            answer = request(client)
            self.answers.append(answer)
            succeeded = answer.status is not None and answer.status < 300
            self._stopped.wait(PAUSE_AFTER_ANSWER if succeeded else PAUSE_AFTER_FAILURE)
        client.connection.close()

    def stop(self) -> None:
        """Stops the threads and waits for outstanding responses."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(REQUEST_TIMEOUT + 5)
            if thread.is_alive():
                raise SetupError("a client thread did not stop")

    def wait_for_write(self, sent_after: float, timeout: float) -> Optional[Answer]:
        """Waits for the first acknowledged write that was sent after a given time. Returns None at the timeout."""
        end = time.monotonic() + timeout
        position = 0
        while time.monotonic() < end:
            while position < len(self.answers):
                answer = self.answers[position]
                position += 1
                if answer.is_acknowledged_write and answer.sent > sent_after:
                    return answer
            time.sleep(0.01)
        return None


def acknowledged_posts(answers: Iterable[Answer]) -> set[uuid.UUID]:
    return {answer.post for answer in answers if answer.post is not None}


def statuses(answers: Iterable[Answer]) -> str:
    """Each status with its count, as text."""
    counted = Counter(str(answer.status or "none") for answer in answers)
    return " ".join(f"{status}:{count}" for status, count in sorted(counted.items()))


def counted(texts: Iterable[str]) -> list[str]:
    """Each distinct text with its count, the most frequent first."""
    return [f"{count} x {text}" for text, count in Counter(texts).most_common()]
