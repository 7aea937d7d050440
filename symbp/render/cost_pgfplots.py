r"""A plot of counts as the source of a pgfplots picture.

A logarithmic axis is given the logarithms themselves: TeX's numbers end long before these counts do.
"""

from __future__ import annotations

from fractions import Fraction

from symbp.cost.large import logarithm
from symbp.render.cost_axes import Axis, Tick
from symbp.render.cost_plot import Plot
from symbp.render.writer import Writer

HEAD = "% \\usepackage{pgfplots} \\pgfplotsset{compat=1.16}"

STYLES = ("thick, blue", "thick, teal, dashed", "thick, orange, densely dotted", "thick, magenta, dashdotted",
          "thick, gray, loosely dotted")


def pgfplots(plot: Plot, writer: Writer) -> str:
    """A tikzpicture for a document that has pgfplots; `writer` writes its words as LaTeX."""
    up = plot.vertical
    unit = 0 if up.logarithmic else _unit(up)
    options = {
        "title": f"{{{writer.sentence(plot.title)}}}",
        "xlabel": f"{{{writer.sentence(plot.across)}}}",
        "ylabel": f"{{{writer.sentence(plot.up)}}}",
        "width": "10.5cm", "height": "7.5cm",
        "xmin": _number(plot.horizontal.low), "xmax": _number(plot.horizontal.high),
        "ymin": _number(up.low / 10**unit), "ymax": _number(up.high / 10**unit),
        "ytick": f"{{{', '.join(_number(m / 10**unit) for m in up.marks)}}}",
        "yticklabels": f"{{{', '.join(map(_label, up.ticks))}}}",
        "xtick": f"{{{', '.join(map(_number, plot.horizontal.marks))}}}",
        "scaled ticks": "false", "grid": "major",
        "legend style": "{at={(0.5,-0.2)}, anchor=north, legend columns=2, cells={anchor=west}}",
    }
    lines = [HEAD, "\\begin{tikzpicture}", "\\begin{axis}["]
    lines += [f"  {key}={value}," for key, value in options.items()]
    lines.append("]")
    for k, curve in enumerate(plot.curves):
        points = " ".join(
            f"({x},{_height(y, up, unit)})" for x, y in zip(plot.at, curve.values, strict=True)
        )
        lines.append(f"\\addplot[{STYLES[k % len(STYLES)]}] coordinates {{{points}}};")
        lines.append(f"\\addlegendentry{{{writer.sentence(curve.name)}}}")
    return "\n".join((*lines, "\\end{axis}", "\\end{tikzpicture}")) + "\n"


def _height(value: int, axis: Axis, unit: int) -> str:
    if axis.logarithmic:
        return f"{logarithm(max(1, value)):.5f}"
    return str(value) if not unit else f"{float(Fraction(value, 10**unit)):.6f}"


def _unit(axis: Axis) -> int:
    """The power of ten that a linear axis counts in, so that TeX can hold its numbers."""
    return max(0, int(logarithm(int(axis.high))) - 3) if axis.high >= 10**7 else 0


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6f}"


def _label(tick: Tick) -> str:
    power = f"10^{{{tick.exponent}}}" if tick.exponent else ""
    if power and tick.mantissa == 1:
        return f"${power}$"
    shown = f"{tick.mantissa:,}".replace(",", "{,}")
    return f"${shown}\\cdot {power}$" if power else f"${shown}$"
