"""Tutorials: scripts in cells, and the outputs that are stored with them.

A script is divided by lines that begin with `# %%`. A cell whose first line is
`# %% [markdown]` holds text, all others hold code.
"""

import base64
import hashlib
import json
import pathlib
import re
from dataclasses import dataclass

FOLDER = pathlib.Path(__file__).parents[1] / "tutorials"
OUTPUTS = FOLDER / "outputs"
# The order in which the site lists them.
NAMES = (
    "first_gan",
    "hard_regularization",
    "soft_regularization",
    "conditions",
    "watch_for_collapse",
    "choose_factors",
    "few_images",
    "own_data",
)


@dataclass(frozen=True)
class Cell:
    """A part of a tutorial: text in Markdown, or code."""

    is_code: bool
    source: str


@dataclass(frozen=True)
class Output:
    """What a cell of code printed, and the pictures that it drew."""

    text: str
    pictures: tuple[str, ...]


def script_of(name: str) -> pathlib.Path:
    """Returns where a tutorial is."""
    return FOLDER / f"{name}.py"


def cells_of(name: str) -> list[Cell]:
    """Reads a tutorial."""
    text = script_of(name).read_text(encoding="utf-8")
    parts = re.split(r"^# %%(.*)\n", text, flags=re.MULTILINE)[1:]
    return [
        _cell(title.strip() != "[markdown]", body.strip())
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    ]


def _cell(is_code: bool, source: str) -> Cell:
    if is_code:
        return Cell(True, source)
    lines = [line.removeprefix("#") for line in source.splitlines()]
    return Cell(False, "\n".join(line.removeprefix(" ") for line in lines))


def fingerprint(cells: list[Cell]) -> str:
    """Returns what changes when the code of a tutorial changes."""
    code = "\n\n".join(cell.source for cell in cells if cell.is_code)
    return hashlib.sha256(code.encode()).hexdigest()


def outputs_of(name: str) -> dict:
    """Returns what was stored when a tutorial ran at full size."""
    file = OUTPUTS / f"{name}.json"
    stored = json.loads(file.read_text(encoding="utf-8"))
    stored["outputs"] = [
        Output(output["text"], tuple(output["pictures"]))
        for output in stored["outputs"]
    ]
    return stored


def page(name: str) -> str:
    """Returns a tutorial with its outputs, in Markdown."""
    stored = outputs_of(name)
    outputs = iter(stored["outputs"])
    cells = cells_of(name)
    parts = [cells[0].source, _header(name, stored)]
    for cell in cells[1:]:
        if cell.is_code:
            parts += [f"```python\n{cell.source}\n```", *_shown(next(outputs))]
        else:
            parts.append(cell.source)
    return "\n\n".join(parts) + "\n"


def _header(name: str, stored: dict) -> str:
    return (
        f":::{{note}}\nDownload this page {{download}}`as a notebook "
        f"<notebooks/{name}.ipynb>` or {{download}}`as a script <{name}.py>`. "
        f"The outputs below are those of one run on {stored['machine']}. It "
        f"took {stored['processor_seconds']} seconds of processor time.\n:::"
    )


def _shown(output: Output) -> list[str]:
    parts = []
    if output.text:
        parts.append(
            f":::{{code-block}} text\n:class: output\n\n{output.text}\n:::"
        )
    for picture in output.pictures:
        parts.append(f"![What the code above draws](outputs/{picture})")
    return parts


def notebook(name: str) -> dict:
    """Returns a tutorial with its outputs, as a Jupyter notebook."""
    outputs = iter(outputs_of(name)["outputs"])
    cells = [
        _code_cell(number, cell.source, next(outputs))
        if cell.is_code
        else _cell_of_notebook(number, "markdown", cell.source)
        for number, cell in enumerate(cells_of(name))
    ]
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell_of_notebook(number: int, kind: str, source: str) -> dict:
    return {
        "id": f"cell-{number}",
        "cell_type": kind,
        "metadata": {},
        "source": source,
    }


def _code_cell(number: int, source: str, output: Output) -> dict:
    shown = []
    if output.text:
        text = output.text + "\n"
        shown.append({"output_type": "stream", "name": "stdout", "text": text})
    for picture in output.pictures:
        content = base64.b64encode((OUTPUTS / picture).read_bytes()).decode()
        data = {"image/png": content, "text/plain": "<Figure>"}
        shown.append(
            {"output_type": "display_data", "data": data, "metadata": {}}
        )
    cell = _cell_of_notebook(number, "code", source)
    return {**cell, "execution_count": None, "outputs": shown}
