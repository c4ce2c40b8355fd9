"""Tests that no acknowledged write is lost when the machine loses power.

    cargo build --release --package server
    python3 tests/scripts/power_loss.py

The script loads a library into the server (LD_PRELOAD). The library records every change of the SQLite
files and of their names, and every sync, in their order. Clients create, change and delete posts. A client
notes the number of recorded events before it sends a request and after it has received the response.
Between two parts of the load, the script stops the server and starts it again.

Then the script replays the record up to chosen events, the crash points. At each crash point it constructs
the files that a power loss may leave. A write is in the file if a sync of this file began after the write
and ended before the crash point. The same is true for the name of a file and a sync of its folder. A policy
decides which other writes are in the file:

* none: no other write;
* prefix: the other writes up to a random one, which may be incomplete;
* subset: each other write or not, at random;
* sectors: each sector of 512 bytes of each other write or not, at random;
* all: every other write. SIGKILL has the same result.

For each result, the script checks that

* every acknowledged create, change and deletion is in the store, and every stored post was sent by a client;
* the integrity checks of SQLite and of its full-text index find no error;
* the counters of posts are correct.

For some crash points it also starts the server on the files, and reads all posts from it.

The script checks the record itself too: a replay of all events must result in the same bytes as the files
of the server, while the server is idle and after it has stopped. During the load, the library delays each
sync by 1 ms. So a response that the server sends before the end of a sync arrives before it.

The controls replay the same record with other rules. The test fails if they do not find the expected fault:

* NORMAL: emulates `PRAGMA synchronous = NORMAL`. A sync of the log after a commit has no effect. A sync of
  the log before a checkpoint, or of a new header of the log, has an effect. Acknowledged writes must be
  lost, and the integrity checks must find no error.
* late log: a sync of the log has an effect only when the next sync of the log ends. This emulates a server
  that acknowledges a write one commit too early. Acknowledged writes must be lost.
* late database: a sync of the database file has an effect only when the next one ends. The integrity checks
  must find errors.

One client creates posts one after the other before the load. For this part the script prints the number of
syncs for each create, and the ratio of the time of a create to the time of a sync. The median must be at
most 1.5 syncs for each create.

Needs Linux and `cc`. Exit code: 0 if the test passes, 1 if it fails, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import bisect
import contextlib
import enum
import functools
import mmap
import os
import random
import re
import shutil
import sqlite3
import statistics
import struct
import tempfile
import time
import uuid
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple, Optional, Sequence

from cluster import Server, SetupError, parse, run_test, wait_until
from preload import OPEN, compile_library
from stores import Connection, Place, Verdict, conclude, encoded, frequent_words, has_full_text_search, parser_for_stores, \
    run_concurrently, test_on_each

POINTS = 600
WRITES = 6_000
SINGLE_CREATES = 200
CLIENTS = 8
SERVER_STARTS = 6
MAX_SYNCS = 1.5  # The accepted median of syncs for each create of a single client.
CREATES, PATCHES = 0.3, 0.55  # The other writes are deletions.
SYNC_DELAY_MICROS = 1_000
SECTOR = 512
LOG_HEADER_BYTES = 32  # Section 4.1 of the file format of SQLite.
IDLE_SECONDS = 0.3
MEMORY_FOLDER, MEMORY_BYTES = Path("/dev/shm"), 2 << 30


# --- The record -----------------------------------------------------------------------------------

LIBRARY = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { CREATE, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, UNLINK };

/* The clients read `events`, the number of events in the record. */
struct shared { uint64_t events; volatile uint32_t delay_micros; };
static struct shared *shared;

/* `size` bytes of data follow each event: a name, or the written bytes. */
struct event { uint32_t kind, size; uint64_t inode, offset, nanoseconds; };

static int record_file = -1;
static char database[4096], folder[4096];
static struct { dev_t device; ino_t inode; } tracked[64];
static int tracked_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...), (*real_unlink)(const char *);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off_t);

__attribute__((constructor)) static void start(void) {
    real_open = dlsym(RTLD_NEXT, "open64");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    const char *path = getenv("RECORD_DATABASE"), *record = getenv("RECORD_FILE");
    const char *control = getenv("RECORD_CONTROL");
    if (!path || !record || !control || strlen(path) >= sizeof database) return;
    int file = real_open(control, O_RDWR | O_CLOEXEC);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    record_file = real_open(record, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (shared == MAP_FAILED || record_file < 0) abort();
    strcpy(database, path);
    strcpy(folder, path);
    *strrchr(folder, '/') = 0;
}

/* Returns the end of the path of a recorded file: "", "-wal" or "-journal". Otherwise, NULL. The file
   "-shm" is not recorded, because SQLite creates it again after a crash. */
static const char *suffix_of(const char *path) {
    size_t length = strlen(database);
    if (record_file < 0 || strncmp(path, database, length)) return NULL;
    const char *suffix = path + length;
    return !*suffix || !strcmp(suffix, "-wal") || !strcmp(suffix, "-journal") ? suffix : NULL;
}

static int position_of(dev_t device, ino_t inode) {
    for (int at = 0; at < tracked_count; at++)
        if (tracked[at].device == device && tracked[at].inode == inode) return at;
    return -1;
}

/* Returns the inode of a recorded file or of its folder, or 0. The lock must be held. */
static ino_t inode_of(int file) {
    struct stat status;
    if (record_file < 0 || fstat(file, &status)) return 0;
    return position_of(status.st_dev, status.st_ino) < 0 ? 0 : status.st_ino;
}

/* Appends an event, and returns its number. The lock must be held. */
static uint64_t append(uint32_t kind, ino_t inode, uint64_t offset, uint64_t nanoseconds,
                       const void *data, size_t size) {
    struct event event = {kind, size, inode, offset, nanoseconds};
    struct iovec parts[] = {{&event, sizeof event}, {(void *)data, size}};
    if (writev(record_file, parts, 2) != (ssize_t)(sizeof event + size)) abort();
    return __atomic_fetch_add(&shared->events, 1, __ATOMIC_SEQ_CST);
}

static int open_file(const char *path, int flags, mode_t mode) {
    const char *suffix = suffix_of(path);
    if (!suffix && (record_file < 0 || strcmp(path, folder))) return real_open(path, flags, mode);
    pthread_mutex_lock(&lock);
    int is_new = suffix && flags & O_CREAT && access(path, F_OK);
    int file = real_open(path, flags, mode), error = errno;
    struct stat status;
    if (file >= 0 && !fstat(file, &status)) {
        if (position_of(status.st_dev, status.st_ino) < 0) {
            if (tracked_count == sizeof tracked / sizeof *tracked) abort();
            tracked[tracked_count].device = status.st_dev;
            tracked[tracked_count++].inode = status.st_ino;
        }
        if (is_new) append(CREATE, status.st_ino, 0, 0, suffix, strlen(suffix));
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return file;
}


int unlink(const char *path) {
    const char *suffix = suffix_of(path);
    if (!suffix) return real_unlink(path);
    pthread_mutex_lock(&lock);
    struct stat status;
    int exists = !stat(path, &status), result = real_unlink(path), error = errno;
    if (!result && exists) {
        append(UNLINK, status.st_ino, 0, 0, suffix, strlen(suffix));
        /* Another file can get the same inode. */
        int at = position_of(status.st_dev, status.st_ino);
        if (at >= 0) tracked[at] = tracked[--tracked_count];
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

ssize_t pwrite64(int file, const void *from, size_t size, off_t offset) {
    pthread_mutex_lock(&lock);
    ino_t inode = inode_of(file);
    if (!inode) {
        pthread_mutex_unlock(&lock);
        return real_pwrite(file, from, size, offset);
    }
    ssize_t result = real_pwrite(file, from, size, offset);
    int error = errno;
    if (result > 0) append(WRITE, inode, offset, 0, from, result);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

ssize_t pwrite(int file, const void *from, size_t size, off_t offset) {
    return pwrite64(file, from, size, offset);
}

ssize_t write(int file, const void *from, size_t size) {
    pthread_mutex_lock(&lock);
    /* SQLite does not call `write` for these files. */
    if (inode_of(file)) abort();
    pthread_mutex_unlock(&lock);
    return real_write(file, from, size);
}

int ftruncate64(int file, off_t length) {
    pthread_mutex_lock(&lock);
    ino_t inode = inode_of(file);
    int result = real_ftruncate(file, length), error = errno;
    if (inode && !result) append(TRUNCATE, inode, length, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
}

static int synchronize(int file, int (*real)(int)) {
    pthread_mutex_lock(&lock);
    ino_t inode = inode_of(file);
    uint64_t begin = inode ? append(SYNC_BEGIN, inode, 0, 0, NULL, 0) : 0;
    pthread_mutex_unlock(&lock);
    if (!inode) return real(file);
    if (shared->delay_micros) usleep(shared->delay_micros);
    uint64_t started = now();
    int result = real(file), error = errno;
    uint64_t took = now() - started;
    pthread_mutex_lock(&lock);
    if (!result) append(SYNC_END, inode, begin, took, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int fsync(int file) { return synchronize(file, real_fsync); }
int fdatasync(int file) { return synchronize(file, real_fdatasync); }
"""

# `struct event` of the library.
EVENT = struct.Struct("=IIQQQ")
DATABASE, LOG, JOURNAL, FOLDER = "", "-wal", "-journal", "/"


class Kind(enum.IntEnum):
    CREATE = 0
    WRITE = 1
    TRUNCATE = 2
    SYNC_BEGIN = 3
    SYNC_END = 4
    UNLINK = 5


class Event(NamedTuple):
    kind: Kind
    inode: int
    file: str  # The end of the name of the file, or `FOLDER`.
    offset: int  # TRUNCATE: the new length. SYNC_END: the number of the event SYNC_BEGIN.
    start: int  # Where the written bytes are in the record.
    size: int
    nanoseconds: int


class Recorder:
    """The library that records the changes of files, and the file that it shares with this script."""

    def __init__(self, database: Path, folder: Path) -> None:
        self.record = folder / "record"
        self._library = folder / "recorder.so"
        self._control = folder / "control"
        self._database = database
        compile_library(LIBRARY + OPEN, self._library)
        self.record.touch()
        self._control.write_bytes(bytes(mmap.PAGESIZE))
        with self._control.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def prefix(self) -> list[str]:
        """Returns the start of a command line that loads the library into a program."""
        return ["env", f"LD_PRELOAD={self._library}", f"RECORD_DATABASE={self._database}",
                f"RECORD_FILE={self.record}", f"RECORD_CONTROL={self._control}"]

    def events(self) -> int:
        """Returns the number of events until now."""
        return struct.unpack_from("=Q", self._map)[0]

    def delay_syncs(self, micros: int) -> None:
        struct.pack_into("=I", self._map, 8, micros)

    def wait_until_idle(self) -> None:
        last, since = self.events(), time.monotonic()

        def idle() -> bool:
            nonlocal last, since
            if self.events() != last:
                last, since = self.events(), time.monotonic()
            return time.monotonic() - since > IDLE_SECONDS

        wait_until("the server does not change its files", idle, 30)


class Record:
    """The recorded events."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.events: list[Event] = []
        names: dict[int, str] = {}
        position = 0
        while position < len(self.data):
            kind, size, inode, offset, nanoseconds = EVENT.unpack_from(self.data, position)
            position += EVENT.size
            if kind == Kind.CREATE:
                names[inode] = self.data[position:position + size].decode()
            # Every file has an event CREATE, because the folder was empty. The folder has none.
            file_name = names.get(inode, FOLDER)
            self.events.append(Event(Kind(kind), inode, file_name, offset, position, size, nanoseconds))
            position += size

    def bytes_of(self, event: Event) -> bytes:
        return self.data[event.start:event.start + event.size]

    def syncs(self, file: str) -> list[int]:
        """Returns the numbers of the events SYNC_END of a file."""
        return [number for number, event in enumerate(self.events)
                if event.kind == Kind.SYNC_END and event.file == file]

    @functools.cached_property
    def checkpoints(self) -> list[range]:
        """For each checkpoint, the events from the sync of the log to the sync of the database."""
        begins = [number for number in self.syncs(LOG) if self._is_before_checkpoint(number)]
        ends = [*self.syncs(DATABASE), len(self.events)]
        return [range(begin, ends[bisect.bisect(ends, begin)] + 1) for begin in begins]

    @functools.cached_property
    def log_headers(self) -> list[int]:
        """The events that write a header of the log. SQLite writes one when it begins to overwrite the log."""
        return [number for number, event in enumerate(self.events) if self._is_log_header(event)]

    def _is_before_checkpoint(self, sync: int) -> bool:
        following = self.events[sync + 1] if sync + 1 < len(self.events) else None
        return following is not None and following.file == DATABASE and following.kind in (Kind.WRITE, Kind.TRUNCATE)

    @staticmethod
    def _is_log_header(event: Event) -> bool:
        return event.file == LOG and event.kind == Kind.WRITE and event.offset == 0 and event.size == LOG_HEADER_BYTES

    def _is_after_log_header(self, sync: int) -> bool:
        before = (self.events[number] for number in range(self.events[sync].offset - 1, -1, -1))
        return self._is_log_header(next(each for each in before if each.kind == Kind.WRITE and each.file == LOG))

    def effects(self, rule: str) -> dict[int, int]:
        """Maps the end of each sync that has an effect to an event. The writes before this event become durable."""
        effects = {number: event.offset for number, event in enumerate(self.events) if event.kind == Kind.SYNC_END}
        if rule == NORMAL:
            for number in self.syncs(LOG):
                if not self._is_before_checkpoint(number) and not self._is_after_log_header(number):
                    del effects[number]
        elif rule in (LATE_LOG, LATE_DATABASE):
            previous = 0
            for number in self.syncs(LOG if rule == LATE_LOG else DATABASE):
                previous, effects[number] = effects[number], previous
        return effects


# --- The replay -----------------------------------------------------------------------------------

FULL, NORMAL, LATE_LOG, LATE_DATABASE = "FULL", "NORMAL", "late log", "late database"
POLICIES = ("none", "prefix", "subset", "sectors", "all")

# The files of an SQLite database, by the end of their names.
Files = dict[str, bytearray]


@dataclass
class File:
    """An inode. `durable` is its content after the syncs. Each pending event has its number."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, Event]] = field(default_factory=list)


class NameChange(NamedTuple):
    number: int
    name: str
    file: Optional[File]  # `None`: the name was removed.


class Disk:
    """The durable state of the files, and the changes that no sync has made durable."""

    def __init__(self, record: Record, rule: str = FULL) -> None:
        self.events = 0
        self._record = record
        self._effects = record.effects(rule)
        self._files: dict[int, File] = {}
        self._names: dict[str, File] = {}
        self._pending_names: list[NameChange] = []

    def replay(self, until: int) -> None:
        """Applies the events up to and without the event `until`."""
        for number in range(self.events, until):
            event = self._record.events[number]
            if event.kind == Kind.CREATE:
                self._files[event.inode] = File()
                self._pending_names.append(NameChange(number, event.file, self._files[event.inode]))
            elif event.kind == Kind.UNLINK:
                self._pending_names.append(NameChange(number, event.file, None))
            elif event.kind in (Kind.WRITE, Kind.TRUNCATE):
                self._files[event.inode].pending.append((number, event))
            elif number in self._effects:
                self._make_durable(event, self._effects[number])
        self.events = until

    def _make_durable(self, sync: Event, before: int) -> None:
        if sync.file == FOLDER:
            split = sum(each.number < before for each in self._pending_names)
            apply_names(self._names, self._pending_names[:split])
            del self._pending_names[:split]
            return
        file = self._files[sync.inode]
        split = sum(number < before for number, _ in file.pending)
        for _, event in file.pending[:split]:
            self._apply(file.durable, event)
        del file.pending[:split]

    def _apply(self, content: bytearray, event: Event) -> None:
        if event.kind == Kind.TRUNCATE:
            resize(content, event.offset)
        else:
            overwrite(content, event.offset, self._record.bytes_of(event))

    def after_power_loss(self, policy: str, rng: random.Random) -> Files:
        """Returns the files after a power loss. Changes that no sync made durable are in them according to a policy."""
        pending = [number for file in self._files.values() for number, _ in file.pending]
        pending = sorted(pending + [each.number for each in self._pending_names])
        cut = rng.choice(pending) if pending and policy == "prefix" else -1
        likelihood = rng.random()
        if policy in ("none", "all"):
            names_kept = len(self._pending_names) if policy == "all" else 0
        elif policy == "prefix":
            names_kept = sum(each.number < cut for each in self._pending_names)
        else:
            # A file system with a journal keeps the order of changes of names.
            names_kept = rng.randint(0, len(self._pending_names))
        names = dict(self._names)
        apply_names(names, self._pending_names[:names_kept])
        files: Files = {}
        for name, file in names.items():
            files[name] = content = bytearray(file.durable)
            for number, event in file.pending:
                if policy == "all" or policy == "prefix" and number < cut \
                        or policy == "subset" and rng.random() < likelihood:
                    self._apply(content, event)
                elif policy == "prefix" and number == cut and event.kind == Kind.WRITE:
                    overwrite(content, event.offset, self._record.bytes_of(event)[:rng.randint(0, event.size)])
                elif policy == "sectors":
                    self._apply_sectors(content, event, likelihood, rng)
        return files

    def _apply_sectors(self, content: bytearray, event: Event, likelihood: float, rng: random.Random) -> None:
        if event.kind == Kind.TRUNCATE:
            if rng.random() < likelihood:
                self._apply(content, event)
            return
        data = self._record.bytes_of(event)
        position = 0
        while position < len(data):
            end = position + SECTOR - (event.offset + position) % SECTOR
            if rng.random() < likelihood:
                overwrite(content, event.offset + position, data[position:end])
            position = end


def apply_names(names: dict[str, File], changes: Sequence[NameChange]) -> None:
    for change in changes:
        if change.file is None:
            names.pop(change.name, None)
        else:
            names[change.name] = change.file


def resize(content: bytearray, length: int) -> None:
    if length < len(content):
        del content[length:]
    else:
        content.extend(bytes(length - len(content)))


def overwrite(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        resize(content, offset)
    content[offset:offset + len(data)] = data


def stored_files(database: Path) -> Files:
    paths = {end: Path(f"{database}{end}") for end in (DATABASE, LOG, JOURNAL)}
    return {end: bytearray(path.read_bytes()) for end, path in paths.items() if path.exists()}


# --- The load -------------------------------------------------------------------------------------

DELETED = -1


class Write(NamedTuple):
    """A write of a post, and the numbers of events when it was sent and when it was acknowledged."""

    sent: int
    acknowledged: int
    version: int  # `DELETED`: the write deletes the post.


@dataclass
class Post:
    """The acknowledged writes of a post. Its title and its content have the version."""

    id: uuid.UUID
    name: str
    writes: list[Write]

    def find(self, version: Optional[int], last: int) -> int:
        """Returns the index of the write with this version, or -1. `None`: the store does not have the post.

        `last` is the index of the last write that can be in the store. For a version that no client has
        sent, returns an index after all writes.
        """
        if version is None:
            return last if last >= 0 and self.writes[last].version == DELETED else -1
        return next((index for index, write in enumerate(self.writes) if write.version == version), len(self.writes))

    def expected(self, events: int) -> tuple[int, int]:
        """Returns the indexes of the last acknowledged and of the last sent write. -1: there is none."""
        acknowledged = sum(write.acknowledged <= events for write in self.writes) - 1
        sent = sum(write.sent < events for write in self.writes) - 1
        return acknowledged, sent


def title_of(name: str, version: int) -> str:
    return f"{name} version {version}"


class Writer:
    """A client that writes its own posts, one request after the other."""

    def __init__(self, number: int, recorder: Recorder, seed: int) -> None:
        self.posts: list[Post] = []
        self.create_seconds: list[float] = []
        self._live: list[Post] = []
        self._number = number
        self._recorder = recorder
        self._rng = random.Random(seed * 1_000 + number)

    def create(self, connection: Connection) -> None:
        name = f"post {self._number}.{len(self.posts)}"
        body = self._body(name, 0)
        started = time.perf_counter()
        sent, acknowledged, answer = self._send(connection, "POST", "/api/posts", body, 201)
        self.create_seconds.append(time.perf_counter() - started)
        post = Post(uuid.UUID(answer["id"]), name, [Write(sent, acknowledged, 0)])  # type: ignore[index]
        self.posts.append(post)
        self._live.append(post)

    def write(self, connection: Connection, count: int) -> None:
        """Creates, changes and deletes posts."""
        for _ in range(count):
            choice = self._rng.random()
            if choice < CREATES or not self._live:
                self.create(connection)
                continue
            index = self._rng.randrange(len(self._live))
            post = self._live[index]
            if choice < CREATES + PATCHES:
                version = post.writes[-1].version + 1
                body = self._body(post.name, version)
                sent, acknowledged, _ = self._send(connection, "PATCH", f"/api/posts/{post.id}", body, 200)
            else:
                version = DELETED
                del self._live[index]
                sent, acknowledged, _ = self._send(connection, "DELETE", f"/api/posts/{post.id}", None, 204)
            post.writes.append(Write(sent, acknowledged, version))

    def _body(self, name: str, version: int) -> bytes:
        words = " ".join(self._rng.choices(frequent_words(), k=self._rng.randint(20, 80)))
        title = title_of(name, version)
        return encoded({"title": title, "content": f"{title}: {words}"})

    def _send(self, connection: Connection, method: str, path: str, body: Optional[bytes],
              expected: int) -> tuple[int, int, object]:
        sent = self._recorder.events()
        answer = connection.request(method, path, body=body)
        # Later events may be in this number. Then fewer crash points require this write.
        acknowledged = self._recorder.events()
        if answer.status != expected:
            raise SetupError(f"{method} {path}: {answer.status} {answer.body[:200]!r}")
        return sent, acknowledged, answer.json() if answer.body else None


# --- The check ------------------------------------------------------------------------------------


class Result(NamedTuple):
    """The result for one crash point."""

    lost: int  # The number of lost acknowledged writes.
    problems: list[str]


Row = tuple[bytes, str, str]


class NotReadable(Exception):
    """SQLite cannot read the posts."""


def posts_in(database: Path, full_text: bool) -> tuple[list[Row], list[str]]:
    """Returns the posts in a database, and the problems that the integrity checks find."""
    problems = []
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as db:
        try:
            db.execute("PRAGMA synchronous = OFF")
            integrity = [text for (text,) in db.execute("PRAGMA integrity_check")]
            if integrity != ["ok"]:
                problems.append(f"integrity check: {integrity[:2]}")
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            # Before the migrations, there are no tables.
            rows = db.execute("SELECT id, title, content FROM posts").fetchall() if "posts" in tables else []
            if "post_counts" in tables:
                (total,) = db.execute("SELECT sum(posts) FROM post_counts").fetchone()
                if total != len(rows):
                    problems.append(f"the counters have {total} posts instead of {len(rows)}")
        except sqlite3.DatabaseError as error:
            raise NotReadable(str(error)) from None
        if full_text and "post_words" in tables:
            try:
                # With this rank, FTS5 also compares its index to the posts.
                db.execute("INSERT INTO post_words (post_words, rank) VALUES ('integrity-check', 1)")
            except sqlite3.DatabaseError as error:
                problems.append(f"integrity check of the full-text index: {error}")
    return rows, problems


def compare(rows: Sequence[Row], posts: dict[bytes, Post], events: int) -> Result:
    """Compares the posts in a store to the writes that were sent and acknowledged before an event."""
    versions: dict[bytes, int] = {}
    problems = []
    for id, title, content in rows:
        post = posts.get(id)
        title, content = str(title), str(content)  # In a corrupt file, they can have another type.
        found = re.fullmatch(r"(post \S+) version (\d+)", title)
        if post is None or found is None or found.group(1) != post.name or not content.startswith(f"{title}: "):
            problems.append(f"the store has a post that no client has sent: {title!r}")
        elif id in versions:
            problems.append(f"the store has a post twice: {title!r}")
        else:
            versions[id] = int(found.group(2))
    lost = 0
    for id, post in posts.items():
        first, last = post.expected(events)
        found_index = post.find(versions.get(id), last)
        if found_index > last:
            problems.append(f"the store has a write of {post.name!r} that was not sent yet")
        lost += max(0, first - found_index)
    return Result(lost, problems)


def write_files(files: Files, folder: Path) -> Path:
    database = folder / "blog.db"
    for end in (DATABASE, LOG, JOURNAL, "-shm"):
        path = Path(f"{database}{end}")
        path.unlink(missing_ok=True)
        if end in files:
            path.write_bytes(files[end])
    return database


class Task(NamedTuple):
    """Crash points to replay in one process."""

    record: Path
    posts: dict[bytes, Post]
    rule: str
    policies: Sequence[str]
    points: Sequence[int]
    seed: int
    scratch: Path


def run_task(task: Task) -> list[tuple[int, str, Result]]:
    """Checks the files after a power loss at each crash point, with each policy."""
    disk = Disk(Record(task.record), task.rule)
    full_text = has_full_text_search()
    results = []
    with tempfile.TemporaryDirectory(dir=task.scratch) as folder:
        for point in sorted(task.points):
            disk.replay(point)
            for policy in task.policies:
                rng = random.Random(f"{task.seed} {point} {policy}")
                database = write_files(disk.after_power_loss(policy, rng), Path(folder))
                try:
                    rows, problems = posts_in(database, full_text)
                except NotReadable as error:
                    results.append((point, policy, Result(0, [str(error)])))
                    continue
                result = compare(rows, task.posts, point)
                results.append((point, policy, Result(result.lost, problems + result.problems)))
    return results


# --- The test -------------------------------------------------------------------------------------


def around(numbers: Iterable[int]) -> list[int]:
    """Returns the crash points immediately before and after each of some events."""
    return [number + after for number in numbers for after in (0, 1)]


def choose_points(record: Record, posts: Sequence[Post], count: int, rng: random.Random) -> list[int]:
    """Chooses different crash points.

    A sixth of them are in each of these groups: at the acknowledgement of a write, around a sync of the log,
    in a checkpoint, around a new header of the log, around a change of a name or of a length, and anywhere.
    Some groups can be smaller. Then more crash points are anywhere.
    """
    acknowledged = [write.acknowledged for post in posts for write in post.writes]
    begins = [record.events[number].offset for number in record.syncs(LOG)]
    names = [number for number, event in enumerate(record.events)
             if event.file == FOLDER or event.kind in (Kind.CREATE, Kind.UNLINK, Kind.TRUNCATE)]
    groups: list[Sequence[int]] = [
        acknowledged, around(begins + record.syncs(LOG)), [each for part in record.checkpoints for each in part],
        [each + n for each in record.log_headers for n in range(5)], around(names), range(len(record.events) + 1),
    ]
    points: set[int] = set()
    for group in groups:
        distinct = sorted({each for each in group if each <= len(record.events)} - points)
        points.update(rng.sample(distinct, min(len(distinct), count // len(groups))))
    rest = sorted(set(range(len(record.events) + 1)) - points)
    points.update(rng.sample(rest, min(len(rest), count - len(points))))
    return sorted(points)


def record_load(where: Place, recorder: Recorder, url: str, options: argparse.Namespace,
                verdict: Verdict) -> tuple[list[Writer], range]:
    """Runs the server under load. Returns the clients, and the events of the part with a single client."""
    database = Path(url.removeprefix("sqlite://"))
    single, *writers = [Writer(number, recorder, options.seed) for number in range(CLIENTS + 1)]
    singly = range(0)
    for part in range(2):
        server = where.serve(url, recorder.prefix())
        if part == 0:
            singly = run_single_client(single, server, recorder)
        recorder.delay_syncs(SYNC_DELAY_MICROS)
        connections = [Connection(server.address()) for _ in writers]
        run_concurrently(*(functools.partial(writer.write, connection, options.writes // 2 // CLIENTS)
                           for writer, connection in zip(writers, connections)))
        recorder.delay_syncs(0)
        recorder.wait_until_idle()
        check_record(recorder, database, "while the server is idle", verdict)
        server.end()
        for line in server.new_log_lines():
            print(f"  logged: {line}")
        verdict.expect(server.process.returncode == 0, f"the exit code of the server is {server.process.returncode}")
        check_record(recorder, database, "after the server has stopped", verdict)
    return [single, *writers], singly


def run_single_client(writer: Writer, server: Server, recorder: Recorder) -> range:
    connection = Connection(server.address())
    writer.create(connection)  # The first request opens the connection.
    start = recorder.events()
    for _ in range(SINGLE_CREATES):
        writer.create(connection)
    return range(start, recorder.events())


def check_record(recorder: Recorder, database: Path, when: str, verdict: Verdict) -> None:
    """Replays all events, and compares the result to the files."""
    events = recorder.events()
    record = Record(recorder.record)
    disk = Disk(record)
    disk.replay(len(record.events))
    replayed, actual = disk.after_power_loss("all", random.Random()), stored_files(database)
    same = replayed == actual and len(record.events) == events
    verdict.expect(same, f"{when}, the files differ from the replay of the record")
    sizes = ", ".join(f"blog.db{end}: {len(content):,} bytes" for end, content in sorted(actual.items()))
    print(f"  {when}: the replay of {events:,} events is {'' if same else 'not '}identical to the files ({sizes})",
          flush=True)


def report_single_client(record: Record, singly: range, writer: Writer, verdict: Verdict) -> None:
    """Prints the number of syncs for each create of a single client, and the ratio of their times."""
    ends = [number for number in singly if record.events[number].kind == Kind.SYNC_END]
    writes = [post.writes[0] for post in writer.posts[1:]]
    starts = [write.sent for write in writes]
    counts = Counter(bisect.bisect_right(starts, number) - 1 for number in ends)
    syncs = [counts[index] for index in range(len(writes))]
    create = statistics.median(writer.create_seconds[1:]) * 1e3
    sync = statistics.median(record.events[number].nanoseconds for number in ends) / 1e6
    median = statistics.median(syncs)
    print(f"  one client: {len(writes)} creates, p50 {median:g} syncs for each, mean {statistics.mean(syncs):.2f}; "
          f"p50 of a create {create:.2f} ms, p50 of a sync {sync:.2f} ms, ratio {create / sync:.2f}", flush=True)
    verdict.expect(median <= MAX_SYNCS, f"a create of a single client needs {median:g} syncs")


def run_server(where: Place, task: Task, verdict: Verdict) -> None:
    """Starts the server on the files after a power loss, and compares the posts that it returns."""
    disk = Disk(Record(task.record), task.rule)
    for number, point in enumerate(sorted(task.points)):
        disk.replay(point)
        policy = task.policies[number % len(task.policies)]
        folder = where.folder / f"recovered-{number}"
        folder.mkdir()
        files = disk.after_power_loss(policy, random.Random(f"{task.seed} {point} {policy}"))
        try:
            server = where.serve(f"sqlite://{write_files(files, folder)}")
            listed = Connection(server.address()).get("/api/posts?fields=id,title,content").json()
        except SetupError as error:
            verdict.expect(False, f"the server at event {point}, policy {policy}: {error}")
            continue
        rows = [(uuid.UUID(each["id"]).bytes, each["title"], each["content"]) for each in listed]  # type: ignore
        server.end()
        lost, problems = compare(rows, task.posts, point)
        verdict.expect(not lost and not problems,
                       f"the server at event {point}, policy {policy}: {lost} lost writes, {problems[:2]}")
    print(f"  the server was started on the files of {len(task.points)} crash points", flush=True)


class Summary(NamedTuple):
    """A row of the table."""

    rule: str
    policy: str
    points: int
    points_with_loss: int
    lost: int
    points_with_problems: int

    def line(self) -> str:
        return "| " + " | ".join(map(str, self)) + " |"


HEADER = ("| rule | other writes in the file | crash points | crash points with lost writes "
          "| lost acknowledged writes | crash points with failed checks |\n|---|---|--:|--:|--:|--:|")


def replay_all(tasks: Sequence[Task], verdict: Verdict) -> list[Summary]:
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        results: dict[tuple[str, str], list[tuple[int, Result]]] = {}
        for task, found in zip(tasks, pool.map(run_task, tasks)):
            for point, policy, result in found:
                results.setdefault((task.rule, policy), []).append((point, result))
    summaries = []
    for (rule, policy), found_results in results.items():
        for point, result in found_results:
            if rule == FULL:
                verdict.expect(result.lost == 0, f"event {point}, policy {policy}: {result.lost} writes are lost")
            if rule in (FULL, NORMAL):
                verdict.expect(not result.problems, f"{rule}, event {point}, policy {policy}: {result.problems[:2]}")
        summaries.append(Summary(
            rule, policy, len(found_results), sum(result.lost > 0 for _, result in found_results),
            sum(result.lost for _, result in found_results), sum(bool(result.problems) for _, result in found_results)))
    return summaries


def tasks_for(task: Task, processes: int) -> Iterator[Task]:
    """Splits the crash points between processes."""
    for number in range(processes):
        yield task._replace(points=task.points[number::processes])


def test_on(kind: str, where: Place, options: argparse.Namespace) -> bool:
    verdict = Verdict()
    print(f"seed {options.seed}", flush=True)
    rng = random.Random(options.seed)
    # `where.folder` is on a disk, because the times of syncs are measured there.
    folder = (where.folder / "data").resolve()
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        has_memory = MEMORY_FOLDER.is_dir() and shutil.disk_usage(MEMORY_FOLDER).free >= MEMORY_BYTES
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY_FOLDER if has_memory else None)))
        recorder = Recorder(folder / "blog.db", scratch)
        started = time.monotonic()
        writers, singly = record_load(where, recorder, f"sqlite://{folder}/blog.db", options, verdict)
        if verdict.faults:
            return conclude(kind, [], verdict)
        record = Record(recorder.record)
        posts = {post.id.bytes: post for writer in writers for post in writer.posts}
        kinds = Counter(event.kind for event in record.events)
        print(f"  recorded in {time.monotonic() - started:.0f} s: {sum(len(each.writes) for each in posts.values()):,} "
              f"acknowledged writes; {kinds[Kind.WRITE]:,} writes to files, {kinds[Kind.SYNC_END]:,} syncs, "
              f"{len(record.checkpoints)} checkpoints, {len(record.log_headers)} headers of the log, "
              f"{len(record.data) / 1e6:.0f} MB", flush=True)
        report_single_client(record, singly, writers[0], verdict)
        verdict.expect(len(record.log_headers) > 2, "the server has not overwritten the log: use more --writes")
        if not has_full_text_search():
            print("  not checked: the full-text index, because Python's SQLite has no FTS5")

        points = choose_points(record, list(posts.values()), options.points, rng)
        task = Task(recorder.record, posts, FULL, POLICIES, points, options.seed, scratch)
        processes = os.cpu_count() or 1
        tasks = [each for rule, policies in ((FULL, POLICIES), (NORMAL, POLICIES), (LATE_LOG, ("none",)),
                                             (LATE_DATABASE, ("none",)))
                 for each in tasks_for(task._replace(rule=rule, policies=policies), processes)]
        started = time.monotonic()
        summaries = replay_all(tasks, verdict)
        print(f"  replayed in {time.monotonic() - started:.0f} s", flush=True)
        # The first point is most likely during the migrations.
        started_at = points[:1] + rng.sample(points[1:], max(0, min(options.starts, len(points)) - 1))
        run_server(where, task._replace(points=started_at), verdict)

    print(HEADER)
    for summary in summaries:
        print(summary.line())
    by_rule = {(each.rule, each.policy): each for each in summaries}
    controls = ((by_rule[NORMAL, "none"].lost, "NORMAL has lost no acknowledged write"),
                (by_rule[LATE_LOG, "none"].lost, "late syncs of the log have lost no acknowledged write"),
                (by_rule[LATE_DATABASE, "none"].points_with_problems, "late syncs of the database were not found"))
    for found, fault in controls:
        verdict.expect(found > 0, f"control: {fault}")
    return conclude(kind, [], verdict)


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite",))
    parser.add_argument("--points", type=int, default=POINTS, help="the number of crash points (default: %(default)s)")
    parser.add_argument("--writes", type=int, default=WRITES, help="the number of writes (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=SERVER_STARTS,
                        help="the number of crash points at which the server is started (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30),
                        help="the seed of the random choices (default: another one in each run)")
    options = parse(parser, points=60, writes=800, starts=2)
    run_test(lambda: test_on_each(test_on, options))


if __name__ == "__main__":
    main()
