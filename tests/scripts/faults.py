"""Injects faults into the store of a running server, and checks the responses and the stored posts.

    cargo build --release --package server
    python3 tests/scripts/faults.py

For each fault, clients read and write continuously. The script injects the fault and removes it
after some seconds. Then the script stops the server with SIGTERM and reads all posts from the
store. It checks that

* every response is a success, a 503 or a 507, and arrives within 5 s. If the store fails during a
  streamed list, the server may also close the connection;
* while the store cannot store writes, no write is acknowledged;
* reads succeed during a fault that only affects writes;
* the log contains the cause;
* writes and reads succeed again within 5 s after the end of the fault, without a restart. If a
  fault destroys posts, the script restores a backup and restarts the server, as an operator does;
* the store has every acknowledged post once, and does not have the deleted posts. SQLite's
  integrity check finds no error.

After an I/O error, the script injects the error again, ends the server with SIGKILL, and checks
the store again. The script prints a Markdown table with one row for each fault.

I/O errors come from a library that the script compiles with `cc` and loads into the server
(LD_PRELOAD). When an fsync fails, the library also removes the data that was written since the last
fsync, because the kernel may do so. For the full disk, the script mounts a tmpfs. If the script
cannot mount a tmpfs, the library returns the error ENOSPC. The table marks a fault as skipped if
the machine has no PostgreSQL server for it.

As a negative control, the script deletes an acknowledged post from the file of a stopped server.
Then the check must report that this post is lost.

Needs Linux, `cc`, `prlimit` of util-linux, and the programs of a PostgreSQL server. Exit code: 0
if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import dataclasses
import errno
import functools
import http.client
import json
import mmap
import os
import random
import re
import resource
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import threading
import time
import uuid
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, ContextManager, Iterable, Iterator, NamedTuple, Optional, Sequence

from cluster import (
    Answer, Client, Cluster, Load, Postgres, Server, SetupError, clean_environment, free_ports,
    parse, parser_for, run_test, temporary_folder,
)
from preload import OPEN, compile_library
from stores import (
    MANY, Connection, Place, Verdict, database_in, fill, place, posts, psql, run_concurrently,
)

POSTS = 600
WRITERS = 3
READERS = 2
FULL_DISK_BYTES = 24 << 20
FEW_FILES = 64
BURST_CLIENTS, BURST_REQUESTS = 10, 5
MANY_CLIENTS = 1_000  # More connections than the kernel queues for a server (listen backlog).
LONG_LOG_LINE = 110
MAX_LIST_BYTES = 8 << 20  # The list of all posts has about 300 KB.

# Seconds.
HEALTHY = 1.0
FAULTY = 4.0
LOCKED = 5.0
ANSWER_LIMIT = 5.0
RECOVERY_LIMIT = 5.0
PATIENCE = 15.0
# A request that was sent during a fault can get its response up to this time after the fault.
SETTLING = 3.0
STOP_LIMIT = 12.0

WRITES = ("POST", "PATCH", "DELETE")
# http.client reports these errors if the server closes the connection before the end of a list.
INCOMPLETE = ("IncompleteRead", "ConnectionResetError")


# --- I/O errors -----------------------------------------------------------------------------------

# The numbers at the start of the control file, in this order. See `struct control` below.
CONTROLS = ("read", "write", "sync", "open", "period")

LIBRARY = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first four members are the error numbers to return, or 0. A call fails if its number is a
   multiple of `period`. */
struct control { volatile int32_t read, write, sync, open, period; };
static struct control none, *control = &none;
static uint32_t calls;

/* The previous content of a part of a file. The part was written since the last fsync. */
struct change {
    struct change *next;
    dev_t device; ino_t inode; off_t offset, length, file_length;
    unsigned char content[];
};
static struct change *changes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pread)(int, void *, size_t, off_t);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off_t);
static int (*real_open)(const char *, int, ...);

__attribute__((constructor)) static void start(void) {
    real_pread = dlsym(RTLD_NEXT, "pread64");
    real_read = dlsym(RTLD_NEXT, "read");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_open = dlsym(RTLD_NEXT, "open64");
    const char *path = getenv("FAULT_CONTROL");
    int file = path ? real_open(path, O_RDWR) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) control = mapped;
    close(file);
}

static int is_database(int file) {
    char link[64], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, ".db") != NULL;
}

/* Returns whether this call fails. If so, sets errno. */
static int fails(int error) {
    if (!error || __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % control->period) return 0;
    errno = error;
    return 1;
}

static void remember(int file, size_t length, off_t offset) {
    struct stat status;
    if (fstat(file, &status)) return;
    struct change *change = malloc(sizeof *change + length);
    if (!change) abort();
    ssize_t known = real_pread(file, change->content, length, offset);
    *change = (struct change){changes, status.st_dev, status.st_ino, offset, known < 0 ? 0 : known,
                              status.st_size};
    changes = change;
}

/* Removes the changes of a file from the list. If `undo`, also reverses them in the file. */
static void forget(int file, int undo) {
    struct stat status;
    if (fstat(file, &status)) return;
    for (struct change **at = &changes; *at;) {
        struct change *change = *at;
        if (change->device != status.st_dev || change->inode != status.st_ino) {
            at = &change->next;
            continue;
        }
        if (undo) {
            if (real_pwrite(file, change->content, change->length, change->offset) < 0) abort();
            if (real_ftruncate(file, change->file_length)) abort();
        }
        *at = change->next;
        free(change);
    }
}

static int synchronize(int file, int (*real)(int)) {
    if (!is_database(file)) return real(file);
    pthread_mutex_lock(&lock);
    int failed = fails(control->sync);
    int result = failed ? -1 : real(file), error = errno;
    if (failed || !result) forget(file, failed);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int fsync(int file) { return synchronize(file, real_fsync); }
int fdatasync(int file) { return synchronize(file, real_fdatasync); }

ssize_t pread64(int file, void *to, size_t length, off_t offset) {
    if (control->read && is_database(file) && fails(control->read)) return -1;
    return real_pread(file, to, length, offset);
}

ssize_t read(int file, void *to, size_t length) {
    if (control->read && is_database(file) && fails(control->read)) return -1;
    return real_read(file, to, length);
}

ssize_t pwrite64(int file, const void *from, size_t length, off_t offset) {
    if (!is_database(file)) return real_pwrite(file, from, length, offset);
    if (fails(control->write)) return -1;
    pthread_mutex_lock(&lock);
    remember(file, length, offset);
    ssize_t result = real_pwrite(file, from, length, offset);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate64(int file, off_t length) {
    if (control->write && is_database(file) && fails(control->write)) return -1;
    return real_ftruncate(file, length);
}

static int open_file(const char *path, int flags, mode_t mode) {
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    if (writes && strstr(path, ".db") && fails(control->open)) return -1;
    return real_open(path, flags, mode);
}

"""


class IoErrors:
    """The library that returns I/O errors, and the file that controls it."""

    def __init__(self, folder: Path) -> None:
        self._library = folder / "io_errors.so"
        self._control = folder / "control"
        compile_library(LIBRARY + OPEN, self._library)
        self._control.write_bytes(bytes(mmap.PAGESIZE))
        with self._control.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.set()

    def prefix(self) -> list[str]:
        """Returns the start of a command line that loads the library into a program."""
        return ["env", f"LD_PRELOAD={self._library}", f"FAULT_CONTROL={self._control}"]

    def set(self, period: int = 1, **errors: int) -> None:
        """Sets the error of each kind of call. Without arguments, every call succeeds."""
        numbers = (errors.get(name, 0) for name in CONTROLS[:-1])
        self._map[:4 * len(CONTROLS)] = struct.pack(f"{len(CONTROLS)}i", *numbers, period)

    @contextlib.contextmanager
    def inject(self, period: int = 1, **errors: int) -> Iterator[None]:
        self.set(period, **errors)
        try:
            yield
        finally:
            self.set()


# --- Clients --------------------------------------------------------------------------------------


class Traffic:
    """The requests of the clients, and the writes that the server has acknowledged."""

    def __init__(self, ids: Sequence[uuid.UUID]) -> None:
        """`ids` are the posts of the store. Clients patch the last post and delete half of the others."""
        *others, self.patched = ids
        self.created = set(ids)
        self.deleted: set[uuid.UUID] = set()
        self.perhaps_deleted: set[uuid.UUID] = set()
        self.last_patch = 0  # The number of the last acknowledged patch.
        self.answers: list[Answer] = []
        self._next_patch = 0
        self._kept = others[::2]
        self._victims = deque(others[1::2])
        self._load: Optional[Load] = None

    def start(self, address: str) -> Load:
        writers = [self._create] * WRITERS + [self._patch, self._delete]
        readers = [self._get_post] * READERS + [self._get_page, self._get_all, self._search]
        self._load = Load(address, writers + readers)
        return self._load

    def stop(self) -> None:
        """Stops the clients and waits for their responses."""
        if self._load is not None:
            self._load.stop()
            self.answers += self._load.answers
            self._load = None

    def state(self) -> dict[str, object]:
        """Returns a copy of the expected state of the store. The clients must be stopped."""
        return {name: copy.copy(value) for name, value in vars(self).items()
                if name not in ("answers", "_load")}

    def restore(self, state: dict[str, object]) -> None:
        vars(self).update(state)

    def all_answers(self) -> list[Answer]:
        return self.answers + (list(self._load.answers) if self._load else [])

    def _create(self, client: Client) -> Answer:
        answer = client.create_post()
        if answer.post is not None:
            self.created.add(answer.post)
            kept = random.random() < 0.7
            (self._kept if kept else self._victims).append(answer.post)
        return answer

    def _patch(self, client: Client) -> Answer:
        self._next_patch += 1
        number = self._next_patch
        answer = client.patch(f"/api/posts/{self.patched}", {"title": patch_title(number)})
        if answer.status == 200:
            self.last_patch = number
        return answer

    def _delete(self, client: Client) -> Answer:
        victim = self._victims.popleft() if self._victims else random.choice(self._kept)
        with contextlib.suppress(ValueError):
            self._kept.remove(victim)
        answer = client.delete(f"/api/posts/{victim}")
        if answer.status == 204:
            self.deleted.add(victim)
        elif answer.status == 404 and victim in self.perhaps_deleted:
            # An earlier DELETE has deleted the post, although its response was not a success.
            return dataclasses.replace(answer, status=204)
        else:
            self.perhaps_deleted.add(victim)
            self._victims.append(victim)
        return answer

    def _get_post(self, client: Client) -> Answer:
        post = random.choice(self._kept)
        answer = client.get(f"/api/posts/{post}")
        if answer.status == 404 and post not in self._kept:
            answer = dataclasses.replace(answer, status=200)  # Deleted meanwhile.
        return dataclasses.replace(answer, request="GET post")

    def _get_page(self, client: Client) -> Answer:
        return dataclasses.replace(client.get("/api/posts?limit=20"), request="GET page")

    def _get_all(self, client: Client) -> Answer:
        return get_all(client)

    def _search(self, client: Client) -> Answer:
        answer = client.get(f"/api/posts?q={MANY[0]}+{MANY[1]}&limit=20")
        return dataclasses.replace(answer, request="search")


def get_all(client: Client) -> Answer:
    """Reads the list of all posts. Stops after `MAX_LIST_BYTES`, because a faulty list may be endless."""
    sent = time.monotonic()
    status, error = None, ""
    try:
        client.connection.request("GET", "/api/posts?fields=id,title")
        response = client.connection.getresponse()
        length = 0
        while part := response.read(1 << 16):
            length += len(part)
            if length > MAX_LIST_BYTES:
                raise http.client.HTTPException("the list is too long")
        status = response.status
    except (OSError, http.client.HTTPException) as failure:
        client.connection.close()
        error = repr(failure)
    return Answer("GET all", sent, time.monotonic(), status, error=error)


def patch_title(number: int) -> str:
    return f"Patch {number}"


class Stored(NamedTuple):
    """The posts in a store."""

    ids: set[uuid.UUID]
    doubled: int  # The number of titles of created posts that are in the store more than once.
    titles: dict[uuid.UUID, str]
    integrity: str


def stored(rows: Iterable[tuple[uuid.UUID, str]], integrity: str) -> Stored:
    titles = dict(rows)
    counts = Counter(title for title in titles.values() if title.startswith("Post "))
    return Stored(set(titles), sum(count > 1 for count in counts.values()), titles, integrity)


def stored_in_file(file: Path) -> Stored:
    with contextlib.closing(sqlite3.connect(file)) as database:
        try:
            rows = database.execute("SELECT id, title FROM posts").fetchall()
            integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            return Stored(set(), 0, {}, str(error))
    return stored(((uuid.UUID(bytes=id), title) for id, title in rows), integrity)


def stored_in_postgres(url: str) -> Stored:
    rows = (line.split("|", 1) for line in psql(url, "SELECT id, title FROM posts").splitlines())
    return stored(((uuid.UUID(id), title) for id, title in rows), "ok")


def compare(traffic: Traffic, store: Stored) -> tuple[int, list[str]]:
    """Returns the number of lost acknowledged writes, and each problem as text."""
    missing = traffic.created - traffic.deleted - traffic.perhaps_deleted - store.ids
    undeleted = traffic.deleted & store.ids
    title = store.titles.get(traffic.patched, "")
    found = re.fullmatch(r"Patch (\d+)", title)
    patch_lost = (int(found.group(1)) if found else 0) < traffic.last_patch
    problems = []
    if missing:
        problems.append(f"{len(missing)} acknowledged posts are lost")
    if undeleted:
        problems.append(f"{len(undeleted)} deleted posts are in the store")
    if patch_lost:
        problems.append(f"patch {traffic.last_patch} is lost: the title is {title!r}")
    if store.doubled:
        problems.append(f"{store.doubled} posts are in the store twice")
    if store.integrity != "ok":
        problems.append(f"integrity check: {store.integrity}")
    return len(missing) + len(undeleted) + patch_lost, problems


class NotRecovered(Exception):
    """The server did not recover after a fault."""


# --- Faults ---------------------------------------------------------------------------------------


@dataclass
class Scene:
    """A server with its store and its clients."""

    where: Place
    errors: IoErrors
    server: Server
    url: str
    traffic: Traffic
    prefix: Sequence[str]
    load: Load
    cluster: Optional[Cluster] = None
    notes: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite://"))

    @property
    def log_file(self) -> Path:
        return Path(f"{self.file}-wal")

    def start_clients(self) -> None:
        self.load = self.traffic.start(self.server.address())

    def wait_for_refused_write(self) -> None:
        """Waits until a write fails. The fault begins only then."""
        start = len(self.load.answers)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if any(each.request in WRITES and each.status != 201 and not succeeded(each)
                   for each in self.load.answers[start:]):
                return
            time.sleep(0.01)

    @contextlib.contextmanager
    def restored_after(self, damage: Callable[[], None], checkpoint: bool) -> Iterator[None]:
        """Copies the file and damages it. At the end, restores the copy and restarts the server.

        The restore removes the writes after the copy, so the check ignores these writes.
        """
        self.traffic.stop()
        backup = self.back_up(checkpoint)
        before, state = acknowledged(self.traffic), self.traffic.state()
        damage()
        self.start_clients()
        yield
        self.traffic.stop()
        during = acknowledged(self.traffic) - before
        if during:
            self.notes.append(f"{during} writes were acknowledged after the damage")
        self.notes += content_after_damage(self)
        self.traffic.restore(state)
        self.server.end()
        for path in self.file.parent.glob(f"{self.file.name}*"):
            path.unlink()
        backup.rename(self.file)
        self.restart()

    def back_up(self, checkpoint: bool = False) -> Path:
        """Copies the file as an operator does. If `checkpoint`, also makes a checkpoint."""
        backup = self.file.with_suffix(".backup")
        with contextlib.closing(sqlite3.connect(self.file)) as source:
            with contextlib.closing(sqlite3.connect(backup)) as target:
                source.backup(target)
            if checkpoint:
                source.execute("PRAGMA wal_checkpoint")
        return backup

    def restart(self) -> None:
        self.server.end()
        self.server = self.where.serve(self.url, self.prefix)
        self.start_clients()


def acknowledged(traffic: Traffic) -> int:
    return sum(each.request in WRITES and succeeded(each) for each in traffic.all_answers())


def succeeded(answer: Answer) -> bool:
    return answer.status is not None and 200 <= answer.status <= 299


def content_after_damage(scene: Scene) -> list[str]:
    """Reads posts from the damaged store, and compares them with the posts in the copy."""
    backup = stored_in_file(scene.file.with_suffix(".backup"))
    connection = Connection(scene.server.address(), timeout=ANSWER_LIMIT)
    counts: Counter[str] = Counter()
    for post in list(backup.titles)[:300]:
        if post in scene.traffic.perhaps_deleted | scene.traffic.deleted | {scene.traffic.patched}:
            continue
        try:
            answer = connection.request("GET", f"/api/posts/{post}")
        except OSError:
            counts["no response"] += 1
            continue
        if answer.status == 200 and answer.json()["title"] != backup.titles[post]:
            counts["200 with another title"] += 1
        else:
            counts[str(answer.status)] += 1
    return ["posts read after the damage: " + counts_text(counts)]


def counts_text(counts: Counter[str]) -> str:
    return ", ".join(f"{name} × {count}" for name, count in sorted(counts.items())) or "none"


@contextlib.contextmanager
def full_disk(scene: Scene) -> Iterator[None]:
    if not scene.file.parent.is_mount():
        scene.notes.append("simulated, because the script cannot mount a tmpfs")
        with scene.errors.inject(write=errno.ENOSPC):
            yield
        return
    filler = scene.file.parent / "filler"
    with filler.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        scene.wait_for_refused_write()
        yield
    filler.unlink()


def io_errors(period: int = 1, **errors: int) -> Callable[[Scene], ContextManager[None]]:
    return lambda scene: scene.errors.inject(period, **errors)


@contextlib.contextmanager
def locked(scene: Scene) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(scene.file, timeout=5, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def corrupt(scene: Scene) -> ContextManager[None]:
    """Writes random bytes over every fifth page except the first."""

    def damage() -> None:
        with scene.file.open("r+b") as file:
            page = int.from_bytes(file.read(18)[16:18], "big")
            for offset in range(page, os.fstat(file.fileno()).st_size, 5 * page):
                file.seek(offset)
                file.write(random.randbytes(page))

    return scene.restored_after(damage, checkpoint=True)


def truncated(scene: Scene) -> ContextManager[None]:
    half = scene.file.stat().st_size // 2
    return scene.restored_after(lambda: os.truncate(scene.file, half), checkpoint=True)


def log_truncated(scene: Scene) -> ContextManager[None]:
    return scene.restored_after(lambda: os.truncate(scene.log_file, 0), checkpoint=False)


@contextlib.contextmanager
def deleted(scene: Scene) -> Iterator[None]:
    """Deletes the file and its log. At the end, moves hard links of both files back."""
    links = {path: path.with_name(f"link-{path.name}") for path in (scene.file, scene.log_file)}
    for path, link in links.items():
        os.link(path, link)
        path.unlink()
    yield
    for path, link in links.items():
        link.rename(path)


@contextlib.contextmanager
def log_deleted(scene: Scene) -> Iterator[None]:
    link = scene.log_file.with_name(f"link-{scene.log_file.name}")
    scene.log_file.rename(link)
    yield
    link.rename(scene.log_file)


@contextlib.contextmanager
def replaced(scene: Scene) -> Iterator[None]:
    """Renames a copy over the file. At the end, moves a hard link of the original file back.

    Many clients read at once, so that the server opens more connections to the store.
    """
    link, other = scene.file.with_name("link.db"), scene.file.with_suffix(".copy")
    os.link(scene.file, link)
    shutil.copy(scene.file, other)
    other.rename(scene.file)
    read_at_once(scene.server.address())
    yield
    link.rename(scene.file)


def read_at_once(address: str) -> None:
    paths = ("/api/posts?limit=20", "/api/posts?limit=100", f"/api/posts?q={MANY[0]}&limit=20")

    def read(path: str) -> None:
        client = Client(address)
        for _ in range(BURST_REQUESTS):
            client.get(path)

    run_concurrently(*(functools.partial(read, path) for path in paths * BURST_CLIENTS))


@contextlib.contextmanager
def replaced_by_backup(scene: Scene) -> Iterator[None]:
    """Renames a backup over the file. At the end, follows the instructions in the log.

    So the script stops the server, deletes the log of the replaced file, and starts the server. The
    restore removes the writes after the backup, so the check ignores these writes.
    """
    scene.traffic.stop()
    backup = scene.back_up()
    state = scene.traffic.state()
    scene.start_clients()
    time.sleep(HEALTHY)
    backup.rename(scene.file)
    yield
    scene.traffic.stop()
    scene.traffic.restore(state)
    scene.server.end()
    for suffix in ("-wal", "-shm"):
        Path(f"{scene.file}{suffix}").unlink(missing_ok=True)
    scene.restart()


@contextlib.contextmanager
def many_connections(scene: Scene) -> Iterator[None]:
    """Opens connections until one fails, because the server accepts no more connections."""
    host, port = scene.server.address().rsplit(":", 1)
    with contextlib.ExitStack() as stack:
        opened = 0
        with contextlib.suppress(OSError):
            while opened < MANY_CLIENTS:
                stack.enter_context(socket.create_connection((host, int(port)), timeout=0.5))
                opened += 1
        used = descriptors(scene.server)
        scene.notes.append(f"{opened} connections, {used} of {FEW_FILES} descriptors used")
        yield
    # After the other connections are closed, a new client must get a response.
    answer = Client(scene.server.address()).get("/")
    if answer.status != 200 or answer.seconds > ANSWER_LIMIT:
        raise NotRecovered(f"a new client got {answer.status} after {answer.seconds:.1f} s")


@contextlib.contextmanager
def no_free_descriptor(scene: Scene) -> Iterator[None]:
    """Sets the limit of open files of the running server below the number of open files."""
    pid = scene.server.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, limits[1]))
    # The server cannot accept this connection until the limit is raised.
    waiting = Client(scene.server.address())
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(waiting.get("/")))
    thread.start()
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    raised = time.monotonic()
    thread.join()
    if answers[0].status != 200 or answers[0].received > raised + RECOVERY_LIMIT:
        raise NotRecovered(f"a client that waited got {answers[0].status} ({answers[0].error})")


def descriptors(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


OTHER_BACKENDS = ("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                  "WHERE datname = current_database() AND pid <> pg_backend_pid()")


@contextlib.contextmanager
def backends_terminated(scene: Scene) -> Iterator[None]:
    """Terminates a random backend of the server every 50 ms, until the end of the fault."""
    loop = """DO $$ BEGIN LOOP
        PERFORM pg_stat_clear_snapshot();
        PERFORM pg_terminate_backend(pid) FROM (
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND application_name <> 'psql'
            ORDER BY random() LIMIT 1) AS chosen;
        PERFORM pg_sleep(0.05);
    END LOOP; END $$"""
    process = subprocess.Popen(["psql", "-Xq", "-c", loop, scene.url], env=clean_environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    yield
    psql(scene.url, f"{OTHER_BACKENDS} AND application_name = 'psql'")
    process.wait(10)


@contextlib.contextmanager
def all_backends_terminated(scene: Scene) -> Iterator[None]:
    def terminate() -> None:
        scene.notes.append(f"{psql(scene.url, OTHER_BACKENDS)} backends terminated")

    # The termination is 0.2 s after the start of the fault. So the affected requests count as
    # requests during the fault.
    timer = threading.Timer(0.2, terminate)
    timer.start()
    yield
    timer.join()


@contextlib.contextmanager
def postgres_stopped(scene: Scene) -> Iterator[None]:
    assert scene.cluster is not None
    scene.cluster.stop("fast")
    yield
    scene.cluster.start()


@dataclass(frozen=True)
class Fault:
    """A fault, and the required behaviour of the server during the fault."""

    name: str
    text: str
    inject: Callable[[Scene], ContextManager[None]]
    # "all": every write is refused. "some": at least one is refused. "none": all succeed.
    # "any number": not checked, because no write may be in progress when the fault happens.
    refused_writes: str = "all"
    # Whether every read must succeed.
    reads_succeed: bool = False
    # A regular expression that the log must match.
    logged: str = ""
    seconds: float = FAULTY
    store: str = "sqlite"
    small_disk: bool = False
    few_files: bool = False
    # Whether to inject the fault again, and then end the server with SIGKILL.
    kill: bool = False
    # Whether the operator restores a backup and restarts the server.
    restore: bool = False


FAULTS = (
    # A small write may fit in the blocks that a refused larger write left in the log.
    Fault("full-disk", "disk full (tmpfs)", full_disk, refused_writes="some", reads_succeed=True,
          small_disk=True, logged="database or disk is full", kill=True),
    Fault("read-only", "file system read-only (EROFS from writes)",
          io_errors(write=errno.EROFS, sync=errno.EROFS, open=errno.EROFS), reads_succeed=True,
          logged="disk I/O error|readonly", kill=True),
    Fault("locked", "another process holds the write lock for 5 s", locked, reads_succeed=True,
          logged="database is locked", seconds=LOCKED),
    Fault("read-error", "EIO from every read", io_errors(read=errno.EIO),
          logged="disk I/O error|malformed", kill=True),
    Fault("write-error", "EIO from every write", io_errors(write=errno.EIO), reads_succeed=True,
          logged="disk I/O error", kill=True),
    Fault("sync-error", "EIO from every fsync, written data lost", io_errors(sync=errno.EIO),
          reads_succeed=True, logged="disk I/O error", kill=True),
    Fault("intermittent", "EIO from every 401st read, write and fsync",
          io_errors(401, read=errno.EIO, write=errno.EIO, sync=errno.EIO), refused_writes="some",
          logged="disk I/O error", kill=True),
    Fault("corrupt", "random bytes in every 5th page", corrupt, refused_writes="some",
          logged="malformed", restore=True),
    Fault("truncated", "file truncated to half", truncated, logged="was truncated", restore=True),
    Fault("log-truncated", "write-ahead log truncated", log_truncated, logged="was truncated",
          restore=True),
    Fault("deleted", "file and log deleted, then put back", deleted, reads_succeed=True,
          logged="was deleted"),
    Fault("log-deleted", "write-ahead log deleted, then put back", log_deleted,
          reads_succeed=True, logged="was deleted"),
    Fault("replaced", "file replaced by a copy, then put back", replaced, reads_succeed=True,
          logged="was replaced"),
    Fault("replaced-by-backup", "file replaced by a backup, then a restart", replaced_by_backup,
          logged="was replaced", restore=True),
    Fault("connections", f"too many connections for {FEW_FILES} descriptors", many_connections,
          refused_writes="none", reads_succeed=True, few_files=True),
    Fault("descriptors", "no free descriptor", no_free_descriptor, refused_writes="none",
          reads_succeed=True),
    Fault("backends", "PostgreSQL backends terminated one by one", backends_terminated,
          refused_writes="some", seconds=5.0, store="postgres", logged="terminat"),
    Fault("all-backends", "all PostgreSQL backends terminated at once", all_backends_terminated,
          refused_writes="any number", store="postgres", logged="terminat"),
    Fault("postgres-stopped", "PostgreSQL stopped and started", postgres_stopped,
          store="postgres", logged="refused|shutting down|terminat"),
)
SMOKE = ("full-disk", "sync-error", "all-backends")


# --- Rows -----------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A row of the table."""

    fault: str
    writes: str
    reads: str
    log: str
    recovery: str
    posts: str

    def line(self) -> str:
        return "| " + " | ".join(each.replace("|", "\\|") for each in self) + " |"


HEADER = Row("fault", "writes", "reads", "log", "recovery", "acknowledged / lost")


def summary(answers: Sequence[Answer]) -> str:
    """Returns the counts of statuses for each kind of request, and the time of the slowest response."""
    if not answers:
        return "no response"
    texts = []
    for request in sorted({each.request for each in answers}):
        counts = Counter(outcome(each) for each in answers if each.request == request)
        texts.append(f"{request}: {counts_text(counts)}")
    slowest = max(each.seconds for each in answers)
    return "; ".join(texts) + f"; slowest {slowest:.1f} s"


def outcome(answer: Answer) -> str:
    if answer.status is not None:
        return str(answer.status)
    return "incomplete" if is_incomplete_list(answer) else "none"


def is_incomplete_list(answer: Answer) -> bool:
    return answer.request == "GET all" and answer.error.startswith(INCOMPLETE)


def is_allowed(answer: Answer) -> bool:
    """Returns whether a client can handle the response: a success, a 503 or a 507, in time.

    The list of all posts is streamed. If the store fails during the response, the server closes
    the connection.
    """
    return succeeded(answer) or answer.status in (503, 507) or is_incomplete_list(answer)


def check_answers(answers: Sequence[Answer], verdict: Verdict) -> None:
    bad = Counter(f"{each.request}: {each.status or each.error}"
                  for each in answers if not is_allowed(each))
    for text, count in bad.most_common(5):
        verdict.expect(False, f"{count} x {text}")
    slow = [each for each in answers if each.seconds > ANSWER_LIMIT]
    verdict.expect(not slow, f"{len(slow)} responses took longer than {ANSWER_LIMIT} s")


def check_window(fault: Fault, answers: Sequence[Answer], verdict: Verdict) -> None:
    """Checks the responses to the requests that were sent during a fault."""
    writes = [each for each in answers if each.request in WRITES]
    refused = sum(not succeeded(each) for each in writes)
    expected = {"all": refused == len(writes) > 0, "some": refused > 0, "none": refused == 0,
                "any number": True}
    verdict.expect(expected[fault.refused_writes],
                   f"{refused} of {len(writes)} writes were refused, not {fault.refused_writes}")
    failed = sum(not succeeded(each) for each in answers if each.request not in WRITES)
    if fault.reads_succeed:
        verdict.expect(failed == 0, f"{failed} reads failed")


def recovery_time(scene: Scene, removed: float, verdict: Verdict) -> str:
    """Waits until the server has recovered. Checks that all requests succeed from then on."""
    write = scene.load.wait_for_write(removed, PATIENCE)
    recovered = write.received - removed if write else float("inf")
    verdict.expect(recovered <= RECOVERY_LIMIT, f"the first write succeeded after {recovered} s")
    time.sleep(SETTLING + HEALTHY)
    later = [each for each in scene.load.answers if each.sent > removed + SETTLING]
    failed = Counter(f"{each.request}: {each.status or each.error}"
                     for each in later if not succeeded(each))
    verdict.expect(not failed, f"after the recovery: {counts_text(failed)}")
    kinds = {each.request for each in later if succeeded(each)}
    verdict.expect(len(kinds) == 7, f"only these requests succeed after the recovery: {kinds}")
    return f"{recovered:.2f} s"


def check_store(scene: Scene, verdict: Verdict) -> str:
    is_file = scene.cluster is None
    store = stored_in_file(scene.file) if is_file else stored_in_postgres(scene.url)
    lost, problems = compare(scene.traffic, store)
    for problem in problems:
        verdict.expect(False, problem)
    known = scene.traffic.created | scene.traffic.deleted
    refused = sum(post not in known for post in store.ids)
    text = f"{acknowledged(scene.traffic)} / {lost}"
    return f"{text}, {refused} refused but stored" if refused else text


def stop(server: Server, verdict: Verdict) -> None:
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    try:
        code = server.process.wait(STOP_LIMIT)
        verdict.expect(code == 0, f"after SIGTERM, the exit code is {code}")
    except subprocess.TimeoutExpired:
        verdict.expect(False, "the server did not stop after SIGTERM")
    took = time.monotonic() - started
    verdict.expect(took < STOP_LIMIT, f"the server stopped after {took:.1f} s")


def kill_during(fault: Fault, scene: Scene, verdict: Verdict) -> str:
    """Starts the server again, injects the fault, and kills the server."""
    scene.server = scene.where.serve(scene.url, scene.prefix)
    scene.start_clients()
    time.sleep(HEALTHY)
    with fault.inject(scene):
        time.sleep(HEALTHY)
        scene.server.process.kill()
        scene.server.process.wait(10)
        scene.traffic.stop()
    return check_store(scene, verdict)


def logged(scene: Scene, fault: Fault, verdict: Verdict) -> str:
    """Prints the most frequent log lines, and returns a summary of the log."""
    text = scene.server.log.read_text(errors="replace")
    if fault.restore:  # The script has restarted the server, so the fault is in the previous log.
        logs = scene.where.folder.glob("server-*.log")
        last = sorted(logs, key=lambda path: path.stat().st_mtime)[-2:]
        text = "".join(path.read_text(errors="replace") for path in last)
    if fault.logged:
        found = re.search(fault.logged, text)
        verdict.expect(found is not None, f"the log does not match {fault.logged!r}")
    kinds = Counter(message(line) for line in text.splitlines() if line.strip())
    for line, count in kinds.most_common(6):
        print(f"  logged {count} x {line}", flush=True)
    if not kinds:
        return "nothing"
    # Prefer the line with the cause to a line that only says that a request failed.
    matches = [line for line in kinds if fault.logged and re.search(fault.logged, line)]
    first = max(matches or kinds, key=kinds.__getitem__)
    cause = re.search(r'cause="((?:[^"\\]|\\.)*)', first)
    shown = cause.group(1).replace('\\"', '"') if cause else first
    for prefix in ("post store is not available: ", "post store failed: ", "the store failed: ",
                   "the store is not available: ", "the query failed: "):
        shown = shown.rpartition(prefix)[2]
    shown = re.sub(r'"/\S+/blog\S*\.db', '"blog.db', shown).partition("\\n")[0]
    return f"{sum(kinds.values())} lines, such as: {shown[:LONG_LOG_LINE]}"


def message(line: str) -> str:
    for pattern, replacement in Server.VARIABLE_PARTS:
        line = pattern.sub(replacement, line)
    return line[:400]


def run_row(fault: Fault, scene: Scene, seconds: float, verdict: Verdict) -> Row:
    time.sleep(HEALTHY)
    before = scene.traffic.all_answers()
    verdict.expect(all(map(succeeded, before)), "requests failed before the fault")
    injected = removed = time.monotonic()
    try:
        with fault.inject(scene):
            injected = time.monotonic()
            time.sleep(seconds)
            removed = time.monotonic()
        recovery = recovery_time(scene, time.monotonic(), verdict)
    except (NotRecovered, SetupError) as error:  # SetupError: the server did not start again.
        verdict.expect(False, str(error))
        recovery = f"none: {str(error).splitlines()[-1]}"
    running = scene.server.is_running()
    verdict.expect(running, "the server has exited")
    scene.traffic.stop()
    if running:
        stop(scene.server, verdict)
    answers = scene.traffic.answers
    window = [each for each in answers if each.sent >= injected and each.received <= removed]
    check_answers(answers, verdict)
    check_window(fault, window, verdict)
    log = logged(scene, fault, verdict)
    store = check_store(scene, verdict)
    if fault.kill:
        store = kill_during(fault, scene, verdict)
        scene.notes.append("killed during the fault")
    if fault.restore:
        recovery = f"{recovery} after a restart by the operator"
    if scene.notes:
        store += " (" + "; ".join(scene.notes) + ")"
    writes = [each for each in window if each.request in WRITES]
    reads = [each for each in window if each.request not in WRITES]
    return Row(f"{fault.name}: {fault.text}", summary(writes), summary(reads), log, recovery, store)


# --- The test -------------------------------------------------------------------------------------


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mounts a tmpfs of `FULL_DISK_BYTES`. If that fails, yields an ordinary folder."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={FULL_DISK_BYTES}", "tmpfs", str(folder)]
    mounted = False
    with contextlib.suppress(OSError):
        mounted = subprocess.run(["mount", *options], capture_output=True).returncode == 0
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def start_scene(fault: Fault, where: Place, errors: IoErrors, cluster: Optional[Cluster]) -> Scene:
    if fault.store == "postgres":
        assert cluster is not None
        server_url = f"postgres://postgres@127.0.0.1:{cluster.port}/postgres"
        name = "faults_" + uuid.uuid4().hex[:8]
        psql(server_url, f"CREATE DATABASE {name}")
        url = database_in(server_url, name)
    elif fault.small_disk:
        disk = small_disk(where.folder / f"disk-{uuid.uuid4().hex[:8]}")
        folder = where.stack.enter_context(disk)
        url = f"sqlite://{folder}/blog.db"
    else:
        url = where.new_store("sqlite")
    lines = list(posts(POSTS, seed=random.randrange(1 << 30)))
    fill(where.binary, url, iter(lines))
    traffic = Traffic([uuid.UUID(json.loads(line)["id"]) for line in lines])
    prefix: list[str] = []
    if fault.few_files:
        prefix = ["prlimit", f"--nofile={FEW_FILES}:{FEW_FILES}"]
    elif fault.store == "sqlite":
        prefix = errors.prefix()
    server = where.serve(url, prefix)
    load = traffic.start(server.address())
    return Scene(where, errors, server, url, traffic, prefix, load,
                 cluster if fault.store == "postgres" else None)


def negative_control(where: Place, errors: IoErrors, verdict: Verdict) -> None:
    """Deletes an acknowledged post from the file. Then `compare` must report this post as lost."""
    nothing = Fault("control", "", lambda _: contextlib.nullcontext())
    scene = start_scene(nothing, where, errors, None)
    time.sleep(HEALTHY)
    scene.traffic.stop()
    scene.server.end()
    before, problems = compare(scene.traffic, stored_in_file(scene.file))
    verdict.expect(before == 0, f"negative control: {problems}")
    post = next(iter(scene.traffic.created - scene.traffic.deleted - {scene.traffic.patched}))
    with contextlib.closing(sqlite3.connect(scene.file)) as database:
        database.execute("DELETE FROM posts WHERE id = ?", (post.bytes,))
        database.commit()
    lost, problems = compare(scene.traffic, stored_in_file(scene.file))
    print(f"negative control: {problems}", flush=True)
    verdict.expect(lost == 1, f"negative control: {lost} lost posts were found instead of one")


def start_cluster(postgres: Postgres, stack: contextlib.ExitStack) -> Cluster:
    folder = stack.enter_context(temporary_folder(postgres, "faults"))
    cluster = Cluster(postgres, folder / "database", free_ports(1)[0])
    stack.callback(cluster.kill)
    cluster.initialize()
    cluster.start()
    return cluster


def test(options: argparse.Namespace) -> bool:
    rows: list[Row] = []
    failed = 0
    faults = [fault for fault in FAULTS if fault.name in options.fault] * options.rounds
    options.postgres = None
    with contextlib.ExitStack() as stack:
        where = stack.enter_context(place(options))
        errors = IoErrors(where.folder)
        cluster, no_cluster = None, ""
        if any(fault.store == "postgres" for fault in faults):
            try:
                cluster = start_cluster(Postgres(options.postgres_bin), stack)
            except SetupError as error:
                no_cluster = str(error)
        for fault in faults:
            print(f"{fault.name}", flush=True)
            if fault.store == "postgres" and cluster is None:
                rows.append(Row(f"{fault.name}: {fault.text}", f"skipped: {no_cluster}",
                                "", "", "", ""))
                continue
            seconds = min(fault.seconds, options.seconds or fault.seconds)
            verdict = Verdict()
            scene = start_scene(fault, where, errors, cluster)
            try:
                row = run_row(fault, scene, seconds, verdict)
            finally:
                errors.set()
                scene.traffic.stop()
                scene.server.end()
            rows.append(row)
            failed += bool(verdict.faults)
            print(row.line(), flush=True)
        verdict = Verdict()
        negative_control(where, errors, verdict)
    print()
    print(HEADER.line())
    print("|" + "---|" * len(HEADER))
    for row in rows:
        print(row.line())
    passed = not failed and not verdict.faults
    print(f"{len(rows)} rows: " + ("passed" if passed else f"FAILED in {failed} rows"), flush=True)
    return passed


def main() -> None:
    parser = parser_for(__doc__, 1)
    names = [fault.name for fault in FAULTS]
    parser.add_argument("--fault", action="append", choices=names, metavar="NAME",
                        help="only this fault; can be repeated (default: all): " + ", ".join(names))
    parser.add_argument("--seconds", type=float,
                        help="the maximum seconds of each fault (default: 4 or 5)")
    options = parse(parser, fault=list(SMOKE), seconds=1.0)
    options.fault = options.fault or names
    run_test(lambda: test(options))


if __name__ == "__main__":
    main()
