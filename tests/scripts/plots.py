"""Draws plots as SVG, in light and dark colours."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional, Sequence

WIDTH, HEIGHT = 820, 560
PANEL = (340, 170)  # The size of the plotted area of a panel.
COLUMNS, ROWS = (62, 460), (74, 332)  # The left and upper edges of the panels.
CURVES = ("first", "second", "third", "fourth")

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.small { font-size: 11px; fill: #57606a }
.background { fill: #ffffff }
.grid { stroke: #d0d7de; stroke-width: 1 }
.shaded { fill: #57606a; fill-opacity: 0.1 }
.line { fill: none; stroke-width: 1.5; stroke-linejoin: round }
.first { stroke: #0969da } .second { stroke: #bc4c00; stroke-dasharray: 5 3 }
.third { stroke: #1a7f37; stroke-dasharray: 2 2 } .fourth { stroke: #8250df; stroke-dasharray: 8 3 2 3 }
.key-first { fill: #0969da } .key-second { fill: #bc4c00 } .key-third { fill: #1a7f37 } .key-fourth { fill: #8250df }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .small { fill: #9198a1 }
  .background { fill: #0d1117 }
  .grid { stroke: #3d444d }
  .shaded { fill: #9198a1; fill-opacity: 0.18 }
  .first { stroke: #4493f8 } .second { stroke: #f0883e } .third { stroke: #3fb950 } .fourth { stroke: #ab7df8 }
  .key-first { fill: #4493f8 } .key-second { fill: #f0883e } .key-third { fill: #3fb950 } .key-fourth { fill: #ab7df8 }
}
"""


class Curve(NamedTuple):
    label: str
    values: Sequence[float]


class Axis(NamedTuple):
    """A horizontal axis."""

    unit: str
    # The position of each value of a curve, from 0 to 1.
    positions: Sequence[float]
    # The positions and texts of the labels.
    labels: Sequence[tuple[float, str]]


class Panel(NamedTuple):
    title: str
    unit: str  # On the vertical axis.
    curves: Sequence[Curve]
    axis: Axis


def linear(unit: str, values: Sequence[float]) -> Axis:
    """An axis from 0 to the last value."""
    end = values[-1]
    labels = [(tick / end, f"{tick:g}") for tick in ticks(end) if tick <= end * 1.001]
    return Axis(unit, [value / end for value in values], labels)


def steps(unit: str, values: Sequence[int]) -> Axis:
    """An axis with the same distance between any two values."""
    positions = [number / max(len(values) - 1, 1) for number in range(len(values))]
    return Axis(unit, positions, [(position, short(value)) for position, value in zip(positions, values)])


def short(number: int) -> str:
    for factor, suffix in ((1_000_000, "M"), (1_000, "k")):
        if number >= factor and number % factor == 0:
            return f"{number // factor}{suffix}"
    return str(number)


def plot(name: str, subtitle: str, panels: Sequence[Panel], shaded: Optional[float] = None) -> str:
    """Draws up to four panels. `shaded` is the position up to which the background of each panel is shaded."""
    height = HEIGHT if len(panels) > 2 else HEIGHT - (ROWS[1] - ROWS[0])
    body = [f'<text class="title" x="{COLUMNS[0] - 46}" y="24">{name}</text>',
            f'<text class="small" x="{COLUMNS[0] - 46}" y="42">{subtitle}</text>']
    for number, panel in enumerate(panels):
        body += draw_panel(panel, COLUMNS[number % 2], ROWS[number // 2], shaded)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'width="{WIDTH}" height="{height}">\n<title>{name}: {subtitle}</title>\n'
            f'<style>{STYLE}</style>\n'
            f'<rect class="background" width="{WIDTH}" height="{height}"/>\n'
            + "\n".join(body) + "\n</svg>\n")


def draw_panel(panel: Panel, left: int, top: int, shaded: Optional[float]) -> Iterator[str]:
    width, height = PANEL
    bottom = top + height
    vertical = ticks(max(max(curve.values) for curve in panel.curves))

    def x(position: float) -> float:
        return left + width * position

    def y(value: float) -> float:
        return bottom - height * value / vertical[-1]

    yield f'<text class="title" x="{left}" y="{top - 10}">{panel.title}</text>'
    if shaded:
        yield f'<rect class="shaded" x="{left}" y="{top}" width="{width * shaded:.1f}" height="{height}"/>'
    for tick in vertical:
        yield f'<path class="grid" d="M{left} {y(tick):.1f}h{width}"/>'
        yield f'<text class="small" x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
    for position, label in panel.axis.labels:
        yield f'<path class="grid" d="M{x(position):.1f} {bottom}v4"/>'
        yield f'<text class="small" x="{x(position):.1f}" y="{bottom + 17}" text-anchor="middle">{label}</text>'
    yield f'<text class="small" x="{left + width / 2}" y="{bottom + 33}" text-anchor="middle">{panel.axis.unit}</text>'
    yield (f'<text class="small" text-anchor="middle" transform="translate({left - 42} '
           f'{top + height / 2}) rotate(-90)">{panel.unit}</text>')
    if len(panel.curves) > len(CURVES):
        raise ValueError(f"a panel can have {len(CURVES)} curves")
    for curve, style in zip(panel.curves, CURVES):
        points = " ".join(f"{x(position):.1f},{y(value):.1f}" for position, value in zip(panel.axis.positions, curve.values))
        yield f'<polyline class="line {style}" points="{points}"/>'
    if len(panel.curves) > 1:
        for number, (curve, style) in enumerate(zip(panel.curves, CURVES)):
            end = left + width - 62 * (len(panel.curves) - 1 - number)
            yield f'<text class="key-{style}" x="{end}" y="{top - 10}" text-anchor="end">{curve.label}</text>'


def ticks(greatest: float) -> list[float]:
    """Returns round numbers from 0 to at least `greatest`, with equal steps."""
    if greatest <= 0:
        return [0.0, 1.0]
    magnitude = 10.0 ** (len(str(int(greatest))) - 1) if greatest >= 1 else 0.1
    for step in (magnitude * factor for factor in (0.1, 0.2, 0.25, 0.5, 1, 2)):
        if greatest / step <= 5:
            break
    count = int(-(-greatest // step))
    return [number * step for number in range(count + 1)]
