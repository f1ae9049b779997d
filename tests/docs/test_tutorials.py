"""The tutorials run, and what the site shows of them is what they do."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from extensions import tutorials
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]
LARGEST_PICTURE = 150_000
# Which ones run in every test run; the others are `thorough`.
QUICK = {"choose_factors"}


@pytest.mark.host
def test_every_script_is_listed():
    scripts = {path.stem for path in tutorials.FOLDER.glob("*.py")}
    assert scripts == {*tutorials.NAMES} and len(scripts) >= 8
    index = (tutorials.FOLDER / "index.md").read_text(encoding="utf-8")
    for name in tutorials.NAMES:
        assert f":link: {name}\n" in index and f"\n{name}\n" in index


@pytest.mark.host
@pytest.mark.parametrize("name", tutorials.NAMES)
def test_stored_outputs_are_those_of_the_script(name):
    cells = tutorials.cells_of(name)
    stored = tutorials.outputs_of(name)
    again = f"run `python docs/run_tutorials.py {name}`"
    assert stored["code"] == tutorials.fingerprint(cells), again
    assert len(stored["outputs"]) == sum(cell.is_code for cell in cells)
    assert stored["processor_seconds"] < 360
    pictures = [p for output in stored["outputs"] for p in output.pictures]
    assert pictures
    for picture in pictures:
        path = tutorials.OUTPUTS / picture
        assert path.stat().st_size < LARGEST_PICTURE, picture
        Image.open(path).verify()


@pytest.mark.host
def test_no_picture_is_left_over():
    shown = {
        picture
        for name in tutorials.NAMES
        for output in tutorials.outputs_of(name)["outputs"]
        for picture in output.pictures
    }
    assert shown == {path.name for path in tutorials.OUTPUTS.glob("*.png")}


@pytest.mark.host
def test_pages_and_notebooks_have_all_cells_and_outputs():
    for name in tutorials.NAMES:
        page, notebook = tutorials.page(name), tutorials.notebook(name)
        assert page.startswith("# ")
        outputs = iter(tutorials.outputs_of(name)["outputs"])
        cells = tutorials.cells_of(name)
        for cell, shown in zip(cells, notebook["cells"], strict=True):
            assert shown["source"] == cell.source and cell.source in page
            assert (shown["cell_type"] == "code") is cell.is_code
            if cell.is_code:
                output = next(outputs)
                assert output.text in page
                kinds = [o["output_type"] for o in shown["outputs"]]
                assert kinds.count("display_data") == len(output.pictures)
        json.dumps(notebook)


@pytest.mark.parametrize(
    "name",
    [
        name
        if name in QUICK
        else pytest.param(name, marks=pytest.mark.thorough)
        for name in tutorials.NAMES
    ],
)
@pytest.mark.usual_on("torch")
def test_it_runs(name, tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    result = subprocess.run(
        [sys.executable, ROOT / "docs/run_tutorials.py", "--tiny", name],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    assert f"{name}: " in result.stdout
