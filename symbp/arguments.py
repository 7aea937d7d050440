"""What stands on a command line, read: names, sizes, values of integer inputs, and sweeps over a size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click

from symbp.console import UsageError, printable
from symbp.settings import LARGEST_SIZE

MOST_DIGITS = 9

Format = TypeVar("Format", bound=str)

_POWER = re.compile(r"(\d{1,3})\s*(?:\^|\*\*)\s*(\d{1,2})")
_SCIENTIFIC = re.compile(r"(\d{1,3})[eE]\+?(\d{1,2})")
_GROUPED = re.compile(r"\d{1,3}(?:[_'  ]\d{3})+")


class Once(click.Command):
    """A command whose options are given once, but for those that add up."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for parameter, times in Counter(order).items():
            if times > 1 and isinstance(parameter, click.Option) and not parameter.multiple and not parameter.is_flag:
                raise click.UsageError(f"`{parameter.opts[-1]}` is given {_times(times)}: one of these counts", ctx)
        return super().parse_args(ctx, args)


def _times(n: int) -> str:
    return "twice" if n == 2 else f"{n} times"


def names(values: Sequence[str]) -> tuple[str, ...]:
    """`w,v` and repeated options as names, in order, each once."""
    for value in values:
        if "[" in value:
            bare = printable(value.partition("[")[0])
            raise UsageError(f"`--wrt {printable(value)}`: write names without their indices, such as `--wrt {bare}`")
    found = [name.strip() for value in values for name in value.split(",")]
    if "" in found:
        raise UsageError("`--wrt` wants names with commas between them, such as `--wrt w,v`")
    return tuple(dict.fromkeys(found))


def name(value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise UsageError("`--of` wants a name, such as `--of E`")
    return value.strip() if value else None


def sizes(settings: Sequence[str]) -> dict[str, int]:
    """`d=3,q=2` and repeated options as sizes, each with one value."""
    found: dict[str, int] = {}
    for given, setting in ((value, s) for value in settings for s in value.split(",")):
        size, _, value = (part.strip() for part in setting.partition("="))
        if not setting.strip() and given.strip():
            raise UsageError(f"`--set {printable(given)}`: a comma stands between two sizes, as in `--set d=3,q=2`")
        if not size or not is_number(value):
            told = number_told(value) if size else None
            advice = told or "write a size and a positive integer, such as `--set d=3`"
            raise UsageError(f"`--set {printable(setting)}`: {advice}")
        _add(found, "--set", size, int(value))
    return found


def integers(values: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """`c=3` and `tok=3:1:2` as the values of integer inputs, each given once."""
    found: dict[str, tuple[int, ...]] = {}
    for value in (v for given in values for v in given.split(",")):
        array, _, numbers = (part.strip() for part in value.partition("="))
        parts = [n.strip() for n in numbers.split(":")]
        if not array or not all(is_number(p.removeprefix("-")) for p in parts):
            raise UsageError(
                f"`--values {printable(value)}`: write an integer input and its values, with colons between them, "
                "as in --values c=3 or tok=3:1:2"
            )
        _add(found, "--values", array, tuple(map(int, parts)))
    return found


Value = TypeVar("Value")


def _add(found: dict[str, Value], option: str, key: str, value: Value) -> None:
    if found.setdefault(key, value) != value:
        raise UsageError(f"`{option}` gives `{printable(key)}` two values; leave one of them out")


def sweep(text: str, settings: Mapping[str, int]) -> tuple[str, tuple[int, ...]]:
    """`L=1..50` or `d=10..100:10` as a size, which no setting gives, and its values. Raises UsageError."""
    from symbp.cost.sweep import MOST_POINTS

    size, _, values = (part.strip() for part in text.partition("="))
    ends, _, step = (part.strip() for part in values.partition(":"))
    first, dots, last = (part.strip() for part in ends.partition(".."))
    numbers = [first, last, step or "1"]
    shown = f"`--sweep {printable(text)}`"
    if not size or not dots or not all(map(is_number, numbers)):
        if "," in text:
            raise UsageError(f"{shown}: one size is swept; give the others a value, as in --set q=2")
        wrong = [n for n in (first, last) if size and dots and not is_number(n)]
        told = next((t for n in wrong if (t := number_told(n))), None)
        raise UsageError(f"{shown}: {told or 'write a size and its values, as in L=1..50 or d=10..100:10'}")
    low, high, stride = map(int, numbers)
    if stride == 0:
        raise UsageError(f"{shown}: the step is at least 1")
    if low > high:
        raise UsageError(f"{shown}: {low}..{high} is empty; write the smaller number first")
    count = (high - low) // stride + 1
    if count > MOST_POINTS:
        larger = stride * -(-count // MOST_POINTS)
        raise UsageError(
            f"{shown}: {count:,} values are too many, at most {MOST_POINTS:,} are counted; "
            f"take larger steps, as in {printable(size)}={low}..{high}:{larger}"
        )
    if size in settings:
        raise UsageError(
            f"`{printable(size)}` has a value by `--set` and others by `--sweep`; "
            f"leave {printable(size)} out of `--set`"
        )
    return size, tuple(range(low, high + 1, stride))


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def number_told(text: str) -> str | None:
    """How to write what seems to be meant as a number, or None."""
    limit = f"a size is an integer from 1 to {LARGEST_SIZE:,}"
    if text.isascii() and text.removeprefix("-").isdigit():
        return limit
    if match := _POWER.fullmatch(text):
        value = int(match[1]) ** int(match[2])
    elif match := _SCIENTIFIC.fullmatch(text):
        value = int(match[1]) * 10 ** int(match[2])
    elif _GROUPED.fullmatch(text):
        value = int(re.sub(r"\D", "", text))
    else:
        return None
    return f"write the integer out, {value}" if value <= LARGEST_SIZE else f"{limit}, written out"


def format_of(out: str | None, endings: Mapping[str, Format], style: str | None) -> Format | None:
    """The format that a file's ending says, None where it has none.

    Raises UsageError for an ending that says nothing, unless an option says the format.
    """
    ending = Path(out).suffix[1:].lower() if out else ""
    if ending and ending not in endings and style is None:
        known = ", ".join(f".{e}" for e in endings)
        raise UsageError(
            f"`-o {printable(out or '')}`: `.{printable(ending)}` says no format; there are {known}, or add `--format`"
        )
    return endings.get(ending)
