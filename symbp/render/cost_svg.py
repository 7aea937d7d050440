"""A plot of counts as SVG, readable on light and on dark paper."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from symbp.render.cost_axes import Tick
from symbp.render.cost_plot import Plot
from symbp.render.writer import Writer

WIDTH, HEIGHT = 720, 460
LEFT, RIGHT, TOP, BOTTOM = 92, 24, 92, 60
LINE = 20
"""What an entry of the legend takes in height."""
LETTER = 7.2
"""What a letter takes in width, on average; a Chinese one twice as much."""
MOST_DOTS = 25
"""Points up to which each is marked."""

DASHES = ("", "7 4", "2 3", "10 3 2 3")
"""Curves are told apart by their dashes too."""

STYLE = """\
:root { color-scheme: light dark; }
.paper { fill: #ffffff; }
text { fill: #1f2328; font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif; }
.title { font-size: 15px; font-weight: 600; }
.axis { stroke: #57606a; stroke-width: 1; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.c0 { stroke: #0072b2; } .c1 { stroke: #00785a; } .c2 { stroke: #c04a00; } .c3 { stroke: #a3467f; }
.d0 { fill: #0072b2; } .d1 { fill: #00785a; } .d2 { fill: #c04a00; } .d3 { fill: #a3467f; }
@media (prefers-color-scheme: dark) {
.paper { fill: #0d1117; }
text { fill: #e6edf3; }
.axis { stroke: #9da7b3; }
.grid { stroke: #30363d; }
.c0 { stroke: #6cb6ff; } .c1 { stroke: #3fc79a; } .c2 { stroke: #ff9d4d; } .c3 { stroke: #e69ac8; }
.d0 { fill: #6cb6ff; } .d1 { fill: #3fc79a; } .d2 { fill: #ff9d4d; } .d3 { fill: #e69ac8; }
}"""

COLOURS = 4

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def svg(plot: Plot, writer: Writer) -> str:
    """The whole file; `writer` writes its words as plain text."""
    title, across, up = (escape(writer.sentence(s)) for s in (plot.title, plot.across, plot.up))
    names = [escape(writer.sentence(c.name)) for c in plot.curves]
    rows = _legend(names)
    top = TOP + LINE * (max(row for row, _ in rows) if rows else 0)
    middle = (top + HEIGHT - BOTTOM) / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'role="img" aria-labelledby="title">',
        f'<title id="title">{title}</title>',
        f"<style>\n{STYLE}\n</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{LEFT}" y="30">{title}</text>',
        *_legend_lines(names, rows),
        *_upright(plot, top),
        *_level(plot, top),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 16}" text-anchor="middle">{across}</text>',
        f'<text transform="translate(22 {middle:.1f}) rotate(-90)" text-anchor="middle">{up}</text>',
        *_curves(plot, top),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _across(part: float) -> str:
    return f"{LEFT + part * (WIDTH - LEFT - RIGHT):.1f}"


def _up(part: float, top: int) -> str:
    return f"{HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - top):.1f}"


def _legend(names: list[str]) -> list[tuple[int, float]]:
    """For each entry its row, and where it starts."""
    found: list[tuple[int, float]] = []
    row, x = 0, float(LEFT)
    for name in names:
        width = 42 + LETTER * sum(1 if c < "\u2e80" else 2 for c in name) + 18
        if x > LEFT and x + width > WIDTH:
            row, x = row + 1, float(LEFT)
        found.append((row, x))
        x += width
    return found


def _legend_lines(names: list[str], rows: list[tuple[int, float]]) -> Iterator[str]:
    for k, (name, (row, x)) in enumerate(zip(names, rows, strict=True)):
        y = 58 + LINE * row
        yield f'<line class="curve c{k % COLOURS}" x1="{x:.1f}" y1="{y}" x2="{x + 32:.1f}" y2="{y}"{_dashed(k)}/>'
        yield f'<text x="{x + 42:.1f}" y="{y + 4.5}">{name}</text>'


def _dashed(k: int) -> str:
    dashes = DASHES[k % len(DASHES)]
    return f' stroke-dasharray="{dashes}"' if dashes else ""


def _upright(plot: Plot, top: int) -> Iterator[str]:
    """The vertical axis: a line across the plot at each tick."""
    for tick in plot.vertical.ticks:
        y = _up(tick.place, top)
        yield f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>'
        yield f'<text x="{LEFT - 8}" y="{float(y) + 4.5:.1f}" text-anchor="end">{_label(tick)}</text>'
    yield f'<line class="axis" x1="{LEFT}" y1="{top}" x2="{LEFT}" y2="{HEIGHT - BOTTOM}"/>'


def _level(plot: Plot, top: int) -> Iterator[str]:
    """The horizontal axis with its ticks."""
    bottom = HEIGHT - BOTTOM
    yield f'<line class="axis" x1="{LEFT}" y1="{bottom}" x2="{WIDTH - RIGHT}" y2="{bottom}"/>'
    for tick in plot.horizontal.ticks:
        x = _across(tick.place)
        yield f'<line class="axis" x1="{x}" y1="{bottom}" x2="{x}" y2="{bottom + 5}"/>'
        yield f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{_label(tick)}</text>'


def _curves(plot: Plot, top: int) -> Iterator[str]:
    """The lowest first, so that what explodes lies on top."""
    for k, curve in enumerate(plot.curves):
        points = [(_across(x), _up(y, top)) for x, y in plot.points(curve.values)]
        joined = " ".join(f"{x},{y}" for x, y in points)
        yield f'<polyline class="curve c{k % COLOURS}" points="{joined}"{_dashed(k)}/>'
        if len(points) <= MOST_DOTS:
            yield from (f'<circle class="d{k % COLOURS}" cx="{x}" cy="{y}" r="3"/>' for x, y in points)


def _label(tick: Tick) -> str:
    """72,000; 10⁵⁰; 2·10⁹."""
    if not tick.exponent:
        return f"{tick.mantissa:,}"
    power = f"10{str(tick.exponent).translate(_RAISED)}"
    return power if tick.mantissa == 1 else f"{tick.mantissa:,}·{power}"
