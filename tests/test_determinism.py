"""Every example in every format, byte for byte alike under ten hash seeds."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def digests(seed: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.digests"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ten_hash_seeds_give_the_same_bytes() -> None:
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        first, *others = workers.map(digests, range(10))
    assert len(first.splitlines()) > 70
    for other in others:
        assert other == first
