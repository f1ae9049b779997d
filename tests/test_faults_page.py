"""The page of faults names tests that there are."""

import pathlib
import re

import pytest

pytestmark = pytest.mark.host

ROOT = pathlib.Path(__file__).parents[1]
PAGE = (ROOT / "docs/faults.md").read_text(encoding="utf-8")


def named_tests():
    """Returns pairs of file and function; a file stands for what follows."""
    file = None
    for path, name in re.findall(r"`([\w/.]*)::(\w+)`", PAGE):
        file = path or file
        yield file, name


def test_all_tests_exist():
    tests = list(named_tests())
    assert len(tests) > 30
    for file, name in tests:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert f"\ndef {name}(" in source, (file, name)


def test_every_row_has_a_test():
    rows = [
        line
        for line in PAGE.splitlines()
        if line.startswith("|") and not line.startswith(("| fault", "|---"))
    ]
    assert len(rows) > 15
    for row in rows:
        assert "::" in row, row
