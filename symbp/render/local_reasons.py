"""Why a local derivative is so: from which equation, what is held fixed, which term of a sum is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from symbp.calculus.derivation import HeldFixed, Identity, OneTerm, Rule, Solved, Step
from symbp.calculus.expression import Access, Reduce, walk
from symbp.render.blocks import Citation, Inline, Sentence
from symbp.render.cited import Cited
from symbp.render.lines import Lines
from symbp.render.prose import Prose
from symbp.render.reasons import Reasons

LOCAL_RULES = (Rule.LOCAL, Rule.FIXED, Rule.IDENTITY)
"""The rules of steps that tell a local derivative."""

Run = tuple[Step, ...]
"""The lines of one local derivative: its value last."""


class LocalReasons:
    """The sentences in front of local derivatives."""

    def __init__(self, lines: Lines, prose: Prose, cited: Cited) -> None:
        self.lines = lines
        self.prose = prose
        self.cited = cited

    def grouped(self, runs: Sequence[Run]) -> Iterator[list[Run]]:
        """Neighbours that share their reasons: all that one equation is linear in, or those of one sentence."""
        for _, group in groupby(runs, key=self._key):
            yield list(group)

    def _key(self, run: Run) -> object:
        linear = self._linear(run)
        return linear if linear else tuple(self.sentences([run]))

    def sentences(self, runs: Sequence[Run]) -> list[Sentence]:
        """What is said in front of the displays of such neighbours."""
        linear = self._linear(runs[0])
        if linear:
            return [self._coefficients(linear, runs)]
        return [*self._read(runs[0]), (*self._from(runs[0]), *self._folded(runs[0]))]

    def _linear(self, run: Run) -> str:
        """The label of the equation that is linear in what it is differentiated by; "" where there is more to say."""
        plain = len(run) == 1 and run[0].rule is Rule.FIXED
        held = [n for n in run[0].notes if isinstance(n, HeldFixed) and n.linear]
        return held[0].label if plain and len(held) == len(run[0].notes) and len({n.label for n in held}) == 1 else ""

    def _coefficients(self, label: str, runs: Sequence[Run]) -> Sentence:
        """From (F3): all else held fixed, the other terms of the sum too, the coefficients of w and b are left."""
        held = [(run, n) for run in runs for n in run[0].notes if isinstance(n, HeldFixed)]
        wrts = {n.wrt: Reasons(self.lines, self.prose, run).formula(n.wrt) for run, n in held}
        number = "coefficients" if len(wrts) > 1 else "coefficient"
        key = f"told.{number}_of_terms" if any(n.binder is not None for _, n in held) else f"told.{number}"
        return self.prose.say(key, label=Citation(label), wrt=self.prose.listed(list(wrts.values())))

    def _read(self, run: Run) -> list[Sentence]:
        """What the equation reads is the quantity at some values of its summed indices alone."""
        reasons = Reasons(self.lines, self.prose, run)
        return [s for note in run[0].notes if isinstance(note, Solved) for s in reasons.solved(note)]

    def _from(self, run: Run) -> Sentence:
        first, last = run[0], run[-1]
        reasons = Reasons(self.lines, self.prose, run)
        labels = self.prose.listed([Citation(label) for label in first.because if label])
        proofs = [n for n in last.notes if isinstance(n, Identity)]
        if proofs and proofs[0].label:
            identities: list[Inline] = [Citation(n.label) for n in proofs]
            return self.prose.say("told.identity", labels=labels, identity=self.prose.listed(identities))
        if proofs:
            return self.prose.say("told.identity_plain", labels=labels)
        note = next((n for n in first.notes if isinstance(n, HeldFixed | OneTerm)), None)
        if isinstance(note, OneTerm):
            return self._one_term(run, note, reasons)
        if isinstance(note, HeldFixed) and note.linear:
            key = "told.coefficient" if note.binder is None else "told.coefficient_of_terms"
            return self.prose.say(key, label=Citation(note.label), wrt=(reasons.formula(note.wrt),))
        return self.prose.say("told.local_fixed" if note is not None else "told.local", labels=labels)

    def _one_term(self, run: Run, note: OneTerm, reasons: Reasons) -> Sentence:
        """Of the terms of the sum only the one of index m contains ŷ_m."""
        places = [reasons.position(n.at) for n in run[0].notes if isinstance(n, OneTerm) and n.label == note.label]
        summed = any(isinstance(e, Reduce) for e in walk(run[-1].after))
        key = "told.local_one_term_summed" if summed else "told.local_one_term"
        wrt: Access = note.wrt
        return self.prose.say(
            key, label=Citation(note.label), at=self.prose.listed(places), wrt=reasons.formula(wrt)
        )

    def _folded(self, run: Run) -> Sentence:
        """…, then written by its name again: by the equations that the second line takes."""
        last = run[-1]
        if len(run) == 1 or any(isinstance(n, Identity) for n in last.notes):
            return ()
        return self.prose.say("told.folded", labels=self.cited.by(last.because))
