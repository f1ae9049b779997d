"""The page "Coming from" has the programs that are ported, and their lines."""

import pathlib

import pytest
from ports.table import PROGRAMS

pytestmark = pytest.mark.host

PAGE = pathlib.Path(__file__).parents[2] / "docs/coming_from.md"


def test_table_has_all_programs_and_no_others():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    written = [line for line in lines if line.startswith("| [")]
    assert written == [program.row for program in PROGRAMS]


def test_ports_are_enough():
    assert len(PROGRAMS) >= 15
    assert sum(not program.long_to_trace for program in PROGRAMS) >= 15
    assert all(p.lines_after < p.lines_before for p in PROGRAMS)
