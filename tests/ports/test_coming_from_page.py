"""The page "Coming from" has the programs that are ported, and their lines."""

import operator
import pathlib
import re

import pytest
from ports.table import PROGRAMS

import keras_regan as kr

pytestmark = pytest.mark.host

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs/coming_from.md").read_text(encoding="utf-8")


def test_table_has_all_programs_and_no_others():
    written = [line for line in PAGE.splitlines() if line.startswith("| [")]
    assert written == [program.row for program in PROGRAMS]


def test_names_on_the_page_exist():
    names = re.findall(r"\bkr\.([\w.]+)", PAGE)
    assert len(names) > 8
    for name in names:
        operator.attrgetter(name)(kr)


def test_readme_says_how_many():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"what {len(PROGRAMS)} public GANs look like here" in readme


def test_ports_are_enough():
    assert len(PROGRAMS) >= 15
    assert sum(not program.long_to_trace for program in PROGRAMS) >= 15
    assert all(p.lines_after < p.lines_before for p in PROGRAMS)
