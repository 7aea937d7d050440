"""Every example in every format, byte for byte alike under ten hash seeds."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = """
from hashlib import sha256
from tests.golden_examples import ROOT, cases, encoding_of, output
commands = {n: [*c, "--no-verify"] if c[0] == "derive" else c for n, c in cases().items()}
commands["a certificate"] = ["verify", "--points", "1", "--table", str(ROOT / "examples" / "linear321.bp")]
for name, command in commands.items():
    print(name, sha256(output(command, encoding_of(name)).encode()).hexdigest())
"""


def digests(seed: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ten_hash_seeds_give_the_same_bytes() -> None:
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        first, *others = workers.map(digests, range(10))
    assert len(first.splitlines()) > 30
    for other in others:
        assert other == first
