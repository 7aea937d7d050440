"""What the README shows is what happens."""

from __future__ import annotations

from pathlib import Path

from tests.readme import README, blocks, examples, failures_in_python, rerun_console

TEXT = README.read_text(encoding="utf-8")
CI = (Path(__file__).resolve().parent.parent / ".ci" / "run").read_text(encoding="utf-8")


def test_every_console_command_prints_what_is_shown() -> None:
    assert rerun_console(TEXT) == TEXT


def test_the_python_session_goes_as_shown() -> None:
    assert failures_in_python(TEXT) == ""


def test_there_is_something_to_run() -> None:
    commands = [e.command for block in blocks(TEXT, "console") for e in examples(block)]
    assert sum(c.startswith("symbp ") for c in commands) >= 4
    assert list(blocks(TEXT, "pycon"))


def test_two_commands_do_the_set_up_and_the_continuous_integration_runs_the_second() -> None:
    assert "```sh\npip install . && symbp derive examples/watermelon.bp\npip install '.[dev]' && pytest\n```" in TEXT
    assert "README.md" in CI
    assert 'eval "$readme_command"' in CI
