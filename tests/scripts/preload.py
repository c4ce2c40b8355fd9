"""Compiles C libraries that replace functions of the C library in a program (LD_PRELOAD)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cluster import SetupError

# The functions that open a file. They call `open_file`, which the library defines before.
OPEN = r"""
int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_file(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_file(path, flags, mode);
}
"""


def compile_library(text: str, library: Path) -> None:
    """Compiles the text of a library."""
    done = subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-x", "c", "-", "-o", str(library), "-ldl", "-pthread"],
                          input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise SetupError(f"cc failed: {done.stderr[-500:]}")
