"""Measures how the rates of the server depend on the number of posts and on the number of connections.

    python3 tests/scripts/scales.py --plot

Without --smoke, the script first builds the release programs. The server runs on SQLite, on one processor, and the load on
another. The script measures single posts, the first page, a cursor page in the middle of the list, and creates:

* with 1,000 to 1,000,000 posts. The cache of responses is off. Each run of creates begins with a new copy of the store;
* with 1 to 512 connections, and 10,000 posts at the start. `hot` is a server with its cache.

In each round, each number gets the same load for some seconds, one after another. The script prints the medians, and the
ratio to the rate of the least number in the same round.

With --plot, the script draws the medians to docs/plots/size.svg and docs/plots/connections.svg.

Exit code: 0 if all measurements were made, 2 if they cannot be made.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import sqlite3
import statistics
from pathlib import Path
from typing import Callable, NamedTuple, Sequence

from cluster import existing_binary, parse, run_test
from plots import Axis, Curve, Panel, plot, steps
from rates import CREATE, PAGE, SMOKE, Load, Requests, Result, Target, add_options, get, ids_of, run, server
from stores import Connection, Place, fill, next_of, parser_for_stores, posts

PLOTS = Path(__file__).resolve().parents[2] / "docs" / "plots"
CREATES: dict[str, Requests] = {"create": [{"method": "POST", "path": "/api/posts", "headers": {}, "body": CREATE}]}
SIZES = (1_000, 10_000, 100_000, 1_000_000)
CONNECTIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
MOST_REQUESTS = 10_000
READS = ("post", "page", "deep")


class Point(NamedTuple):
    """The medians of a measurement."""

    rate: float
    p99: float
    ratio: float  # To the first point of the curve, in the same round.


Points = dict[str, list[Point]]


def requests(address: str) -> dict[str, Requests]:
    ids = ids_of(address)
    some = ids[::max(1, len(ids) // MOST_REQUESTS)]
    return {"post": [get(f"/api/posts/{each}") for each in some], "page": [get(PAGE)],
            "deep": [get(middle(address, len(ids)))], **CREATES}


def middle(address: str, count: int) -> str:
    """The path of a cursor page in the middle of the list."""
    connection, path = Connection(address), "/api/posts?fields=id&limit=100"
    for _ in range(max(1, count // 200)):
        path = next_of(connection.get(path)) or path
    return path.replace("fields=id&", "").replace("limit=100", "limit=20")


def points(runs: Sequence[Callable[[], Result]], rounds: int) -> list[Point]:
    """Measures the points of a curve."""
    for measurement in runs:
        measurement()  # Opens connections and fills caches.
    results: list[list[Result]] = [[] for _ in runs]
    for _ in range(rounds):
        for result, measurement in zip(results, runs):
            result.append(measurement())
    return [Point(statistics.median(each.rate for each in result), statistics.median(each.p99 or 0 for each in result),
                  statistics.median(each.rate / first.rate for each, first in zip(result, results[0])))
            for result in results]


def show(title: str, unit: str, values: Sequence[int], curves: Points) -> None:
    print(f"\n{title}: per second; p99 in ms; ratio to the first\n\n| {unit} | {' | '.join(curves)} |\n|--:|{'--:|' * len(curves)}")
    for number, value in enumerate(values):
        cells = [f"{each[number].rate:,.0f}; {each[number].p99:.2f}; {each[number].ratio:.2f}" for each in curves.values()]
        print(f"| {value:,} | {' | '.join(cells)} |", flush=True)


def over_sizes(where: Place, load: Load, options: argparse.Namespace) -> Points:
    urls, targets = [], []
    for size in options.sizes:
        urls.append(where.new_store("sqlite"))
        fill(where.binary, urls[-1], posts(size))
        address = server(where, urls[-1], "--cache-bytes", "0").address()
        targets.append(Target(f"{size} posts", address, requests(address)))
    curves = {kind: points([functools.partial(load.run, target, kind, options.connections) for target in targets], options.rounds)
              for kind in READS}
    curves["create"] = points([functools.partial(create_on_copy, where, load, url, options.connections) for url in urls],
                              options.rounds)
    return curves


def create_on_copy(where: Place, load: Load, url: str, connections: int) -> Result:
    copy = where.new_store("sqlite")
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite://"))) as source, \
            contextlib.closing(sqlite3.connect(copy.removeprefix("sqlite://"))) as target:
        source.backup(target)
    running = server(where, copy, "--cache-bytes", "0")
    result = load.run(Target("copy", running.address(), CREATES), "create", connections)
    running.end()
    for file in where.folder.glob(f"{Path(copy).name}*"):
        file.unlink()
    return result


def over_connections(where: Place, load: Load, options: argparse.Namespace) -> Points:
    url = where.new_store("sqlite")
    fill(where.binary, url, posts(options.posts))
    hot, cold = server(where, url).address(), server(where, url, "--cache-bytes", "0").address()
    curves = {}
    for name, address, kind in (("hot", hot, "post"), ("post", cold, "post"), ("page", cold, "page"), ("create", cold, "create")):
        target = Target(name, address, requests(address))
        curves[name] = points([functools.partial(load.run, target, kind, number) for number in options.numbers], options.rounds)
    return curves


def draw(file: str, name: str, subtitle: str, axis: Axis, rates: Panel, curves: Points) -> None:
    times = [Curve(label, [point.p99 for point in each]) for label, each in curves.items()]
    PLOTS.mkdir(exist_ok=True)
    (PLOTS / file).write_text(plot(name, subtitle, [rates, Panel("p99", "milliseconds", times, axis)]), encoding="utf-8")
    print(f"plot: {PLOTS / file}")


def measure(where: Place, options: argparse.Namespace) -> bool:
    load = Load(existing_binary(options.programs / "load"), where.folder, options.seconds, 1)
    by_connections = over_connections(where, load, options)
    show("Connections", "connections", options.numbers, by_connections)
    by_size = over_sizes(where, load, options)
    show("Posts", "posts", options.sizes, by_size)
    if options.plot:
        axis = steps("connections", options.numbers)
        rates = [Curve(name, [point.rate / 1000 for point in each]) for name, each in by_connections.items()]
        draw("connections.svg", "Rates over the number of connections", f"{options.posts:,} posts in SQLite", axis,
             Panel("Rate", "thousand per second", rates, axis), by_connections)
        axis = steps("posts", options.sizes)
        ratios = [Curve(name, [point.ratio for point in each]) for name, each in by_size.items()]
        draw("size.svg", "Rates over the number of posts", f"{options.connections} connections, without the cache", axis,
             Panel("Rate", "ratio to 1,000 posts", ratios, axis), by_size)
    return True


def main() -> None:
    parser = parser_for_stores(__doc__, kinds=("sqlite",))
    add_options(parser)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="the numbers of posts (default: %(default)s)")
    parser.add_argument("--numbers", type=int, nargs="+", default=CONNECTIONS, help="the numbers of connections (default: %(default)s)")
    parser.add_argument("--plot", action="store_true", help="draw docs/plots/size.svg and docs/plots/connections.svg")
    options = parse(parser, sizes=(300, 600), numbers=(1, 4), **SMOKE)
    run_test(lambda: run(measure, options))


if __name__ == "__main__":
    main()
