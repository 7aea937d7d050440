"""Errors that people see: each carries its evidence and formats itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symbp.language.syntax import Source, Span


class SymbpError(Exception):
    """Anything that symbp tells its user instead of an answer. `exit_status` is the command's."""

    exit_status = 2


@dataclass(frozen=True)
class Diagnostic:
    """One mistake: where, what, and what to do about it. `also` holds further places with their labels."""

    source: Source
    span: Span
    message: str
    hint: str = ""
    also: tuple[tuple[Span, str], ...] = ()


class LanguageError(SymbpError):
    """A text that is no model; one diagnostic for each mistake, in the order of the text."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(d.message for d in diagnostics))


class ModelError(SymbpError):
    """A request or a Model that makes no sense: an unknown name to differentiate by, an unschedulable cycle."""


class Refused(SymbpError):
    """A result that is too large to write out; says the size."""


class DomainError(SymbpError):
    """A value that isn't defined: the equation, the indices and the operation are named."""


class CheckFailed(SymbpError):
    """A certificate with a difference in it."""

    exit_status = 1
