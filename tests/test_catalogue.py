"""The table of all members is the one that the code makes."""

import importlib.util
import inspect
import pathlib

import pytest

import keras_regan

pytestmark = pytest.mark.host

SCRIPT = pathlib.Path(__file__).parents[1] / "docs/make_catalogue.py"
PACKAGES = [
    "augmentations",
    "constraints",
    "layers",
    "losses",
    "penalties",
    "regularizers",
]
# They cost what they are given.
ADAPTERS = {
    "layers.SampleRegularization",
    "losses.Weighted",
    "penalties.AcrossReplicas",
    "penalties.Scheduled",
}


@pytest.fixture(scope="module")
def catalogue():
    specification = importlib.util.spec_from_file_location("catalogue", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(catalogue):
    return catalogue.page()


def test_table_is_up_to_date(catalogue, page):
    written = catalogue.PAGE.read_text(encoding="utf-8")
    assert written == page, "run `python docs/make_catalogue.py`"


def test_every_member_has_one_line(catalogue, page):
    lines = {}
    for package in PACKAGES:
        names = [
            name
            for name, value in vars(getattr(keras_regan, package)).items()
            if inspect.isclass(value) and name not in catalogue.LEFT_OUT
        ]
        assert names, package
        for name in names:
            lines[f"{package}.{name}"] = page.count(f"| `{package}.{name}` |")
    assert lines == dict.fromkeys(lines, 1)


def test_every_line_is_whole(page):
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    for line in rows:
        cells = line.replace("\\|", "").split("|")[1:-1]
        assert len(cells) == 6, line
        member, formula, _, cost, measured, source = (
            cell.strip() for cell in cells
        )
        assert formula and cost and source, member
        package = member.strip("`").split(".")[0]
        adapter = member.strip("`") in ADAPTERS
        assert bool(measured) is not (adapter or package == "metrics"), member


def test_docstring_without_a_cost_is_seen(catalogue):
    class Silent:
        """Does something.

        Formula: `x`
        """

    with pytest.raises(ValueError, match="`Cost:`"):
        catalogue.row("penalties", Silent)
