"""Generates a client from docs/openapi.json, checks the types in test.py, and runs test.py.

Run: BLOG_URL=http://127.0.0.1:5000 BLOG_KEY=… .venv/bin/python run.py
"""
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[2] / "docs" / "openapi.json"
GENERATED = HERE / "generated"

STEPS = [
    ["openapi_python_client", "generate", f"--path={DOCUMENT}", f"--output-path={GENERATED / 'blog_api_client'}",
     "--meta=none", "--overwrite", "--fail-on-warning"],
    ["mypy", "--strict", "--follow-imports=silent", "test.py"],
    ["unittest", "-v", "test"],
]


def main() -> None:
    GENERATED.mkdir(exist_ok=True)
    # The generator runs ruff to format the client. PATH leads it to the ruff of its own virtual
    # environment.
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": programs, "PYTHONPATH": str(GENERATED), "MYPYPATH": str(GENERATED)}
    for step in STEPS:
        subprocess.run([sys.executable, "-m", *step], cwd=HERE, env=environment, check=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"failed: {' '.join(failed.cmd)}")
