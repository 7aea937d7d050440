"""What a verification found, as data, as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symbp.numeric.ladder import Verdict


@dataclass(frozen=True)
class Comparison:
    """Two values that should be equal: what they are, where they were compared, and the verdict."""

    what: str
    where: str
    """Where the error is largest: sizes, point and element; empty where nothing had to be evaluated."""
    verdict: Verdict
    error: float
    """The largest relative error."""
    elements: int
    """How many elements were compared, over all sizes and points."""
    skipped: int = 0
    """Elements at a kink, where no derivative exists, or too small to tell from 0."""
    note: str = ""
    agreed: int = 0
    """The elements that were seen to agree."""

    @property
    def is_open(self) -> bool:
        """Whether nothing was seen to agree, though there is something to compare."""
        return self.verdict in (Verdict.COSTLY, Verdict.UNMET) or (
            self.verdict is Verdict.UNDECIDED and not self.agreed
        )


@dataclass(frozen=True)
class TableRow:
    """One line of the gradient check as courses teach it, in double precision."""

    element: str
    derived: float
    central: float
    error: float


@dataclass(frozen=True)
class Place:
    """Sizes at which points were drawn, and the functions that stood for generic ones."""

    sizes: Mapping[str, int]
    points: int
    functions: Mapping[str, str]


@dataclass(frozen=True)
class Certificate:
    """Everything that was compared. `passed` is true where nothing differs, is left undecided or was met nowhere.

    `refused` says why nothing was compared at all; then nothing is passed either.
    """

    of: str
    places: tuple[Place, ...]
    comparisons: tuple[Comparison, ...]
    rows: tuple[TableRow, ...] = ()
    seed: int = 0
    digits: int = 0
    refused: str = ""

    @property
    def ok(self) -> bool:
        return not self.failures and not self.refused

    @property
    def passed(self) -> bool:
        return self.ok

    @property
    def failures(self) -> tuple[Comparison, ...]:
        """The comparisons that differ, could not be decided, or were met nowhere."""
        return tuple(c for c in self.comparisons if c.verdict in (Verdict.DIFFERS, Verdict.UNDECIDED, Verdict.UNMET))

    @property
    def wrong(self) -> tuple[Comparison, ...]:
        """The comparisons that differ."""
        return tuple(c for c in self.comparisons if c.verdict is Verdict.DIFFERS)

    def statement(self, counted: bool = False) -> bool | str:
        """What a document may say of itself where nothing differs: True, or a sentence about what was left open.

        `counted`: also where nothing was left open, how many statements hold in which way.
        """
        if self.refused:
            return f"Unverified: {self.refused}."
        every = len(self.comparisons)
        left = [c for c in self.comparisons if c.is_open]
        partly = sum(c.verdict is Verdict.UNDECIDED and not c.is_open for c in self.comparisons)
        if not left and not partly:
            return self._how() if counted else True
        some = any(c.agreed or c.verdict in (Verdict.AGREES, Verdict.PROVED) for c in self.comparisons)
        parts = [f"{len(left)} of {every} statements could not be compared ({_reasons(left)})"] if left else []
        if partly:
            parts.append(f"{partly} of {every} statements could not be compared everywhere")
        return f"{'Verified' if some else 'Unverified'}; {', and '.join(parts)}: see symbp verify."

    def _how(self) -> str:
        every, proved = len(self.comparisons), self.count(Verdict.PROVED)
        if not proved:
            return f"Verified: {every} statements agree with the forward equations at random points."
        return (
            f"Verified: of {every} statements, {proved} hold by their form alone and {every - proved} agree with the "
            "forward equations at random points."
        )

    @property
    def spared(self) -> tuple[Comparison, ...]:
        """What was not compared because it takes too much."""
        return tuple(c for c in self.comparisons if c.verdict is Verdict.COSTLY)

    def count(self, verdict: Verdict) -> int:
        return sum(c.verdict is verdict for c in self.comparisons)

    def data(self) -> dict[str, Any]:
        """The certificate as JSON's types."""
        return {
            "schema": 1,
            "of": self.of,
            "passed": self.passed,
            "seed": self.seed,
            "digits": self.digits,
            "refused": self.refused,
            "places": [
                {"sizes": dict(p.sizes), "points": p.points, "functions": dict(p.functions)} for p in self.places
            ],
            "comparisons": [
                {
                    "what": c.what, "verdict": c.verdict.value, "elements": c.elements, "skipped": c.skipped,
                    "error": float(f"{c.error:.1e}"), "where": c.where, "note": c.note,
                }
                for c in self.comparisons
            ],
            "table": [
                {"element": r.element, "derived": r.derived, "central": r.central, "error": r.error}
                for r in self.rows
            ],
        }

    def json(self) -> str:
        return json.dumps(self.data(), ensure_ascii=False, indent=2) + "\n"

    def text(self, table: bool = False) -> str:
        """The certificate for a terminal; with `table`, the gradient check in double precision first."""
        parts = [self._table(), ""] if table else []
        width = max((len(c.what) for c in self.comparisons), default=0)
        parts += [_line(c, width) for c in self.comparisons]
        parts += ["", *(_place(p) for p in self.places), self._summary()]
        return "\n".join(parts) + "\n"

    def _summary(self) -> str:
        if self.refused:
            return f"not checked: {self.refused}"
        counts = Counter(c.verdict for c in self.comparisons)
        told = ", ".join(f"{counts[v]} {_PLURAL[v]}" for v in Verdict if counts[v])
        word = "passed" if self.passed else "FAILED"
        return f"{word}: {told} (precision {self.digits} digits and up, seed {self.seed})"

    def _table(self) -> str:
        width = max((len(r.element) for r in self.rows), default=0)
        head = f"{'element':<{width}}  {'derived':>22}  {'central difference':>22}  relative error"
        lines = [
            f"{r.element:<{width}}  {r.derived:>22.15g}  {r.central:>22.15g}  {r.error:.1e}" for r in self.rows
        ]
        return "\n".join([head, *lines])


_PLURAL = {
    Verdict.PROVED: "proved", Verdict.ABSENT: "about nothing", Verdict.UNMET: "met nowhere", Verdict.AGREES: "agree",
    Verdict.COSTLY: "not compared", Verdict.UNDECIDED: "undecided", Verdict.DIFFERS: "differ",
}


def _line(c: Comparison, width: int) -> str:
    match c.verdict:
        case Verdict.PROVED:
            told = "proved by normal form"
        case Verdict.ABSENT:
            told = "is about no element at any sizes"
        case Verdict.UNMET:
            told = "is about no element at these sizes and points"
        case Verdict.AGREES:
            told = f"agrees at {c.elements} {'value' if c.elements == 1 else 'values'}, error {c.error:.0e}"
        case Verdict.COSTLY:
            told = "not compared"
        case _:
            told = f"{c.verdict.value}: relative error {c.error:.1e} at {c.where}"
    skipped = f", {c.skipped} skipped" if c.skipped else ""
    note = f" ({c.note})" if c.note else ""
    return f"{c.what:<{width}}  {told}{skipped}{note}"


def _place(p: Place) -> str:
    sizes = ", ".join(f"{s} = {v}" for s, v in p.sizes.items()) or "no sizes"
    functions = "".join(f", {f} = {g}" for f, g in p.functions.items())
    return f"at {sizes}{functions}: {p.points} random {'point' if p.points == 1 else 'points'}"


def _reasons(left: Sequence[Comparison]) -> str:
    """Why statements could not be compared, and how many for each reason."""
    costly = sum(c.verdict is Verdict.COSTLY for c in left)
    unmet = sum(c.verdict is Verdict.UNMET for c in left)
    reasons = {
        "met at kinks only, or where values are too small or too close to tell apart": len(left) - costly - unmet,
        "too long to work out": costly,
        "about nothing at the sizes and points tried": unmet,
    }
    return ", ".join(f"{count} {reason}" for reason, count in reasons.items() if count)
