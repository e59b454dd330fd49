"""Is every part of the bench there, and does one table hold what all of them found? (What they find, no test says.)"""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest
from rich.table import Table

from tests import bench
from tests.benches import kept
from tests.benches.kept import Found, Ratio


@pytest.mark.parametrize("part", bench.PARTS)
def test_every_part_can_be_measured(part: str) -> None:
    assert callable(importlib.import_module(f"tests.benches.{part}").measure)


def test_the_long_parts_are_parts() -> None:
    assert set(bench.LONG) < set(bench.PARTS)


def found(seconds: str, times: float) -> Found:
    table = Table("what", "seconds")
    table.add_row("a thing", seconds)
    return Found([table, "a line"], [Ratio("a thing", "another", times)])


def test_what_was_measured_before_stays_until_it_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "bench")
    kept.keep("check", found("11.1", 1.5))
    kept.keep("build", found("22.2", 2.5))
    kept.keep("check", found("33.3", 3.5))
    text = kept.write_all(list(bench.PARTS)).read_text(encoding="utf-8")
    assert "11.1" not in text
    assert "1.50" not in text
    for part, seconds, times in (("check", "33.3", "3.50"), ("build", "22.2", "2.50")):
        assert seconds in text
        [line] = [line for line in text.splitlines() if f"│ {part} " in line]
        assert times in line
    assert f"{os.cpu_count()} cores" in text
    assert "a line" in text
    assert "3.50" in capsys.readouterr().out
    assert (tmp_path / "bench.txt").is_file()


def test_a_part_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "chek"])
    with pytest.raises(SystemExit):
        bench.main()
    assert "there is no part 'chek'; there are marking, check" in capsys.readouterr().err
