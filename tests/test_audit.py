"""No text from a user makes the interpreter compile, run, import or open anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_hostile_texts_cause_no_audit_event() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.audit"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    )
    counts, _, events = done.stdout.partition("\n")
    texts, derived = map(int, counts.split())
    assert events == ""
    assert texts > 300
    assert derived > 20
