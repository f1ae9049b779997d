"""Runs that are kept: none is repeated, and different ones are not mixed."""

import argparse
import json
import pathlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import result_files


def keep(
    file: pathlib.Path, protocol: Mapping[str, Any], make: Callable[[], dict]
) -> None:
    """Writes what `make` returns, with the machine and versions.

    Does nothing if the file is there, and ends the program if that was made in
    another way.
    """
    if file.exists():
        check_protocol(file, protocol)
        return
    result = {
        **make(),
        "machine": result_files.machine(),
        "protocol": protocol,
    }
    result_files.write(file, result)
    print(file.stem, json.dumps(result), flush=True)


def check_protocol(file: pathlib.Path, protocol: Mapping[str, Any]) -> None:
    """Ends the program if a run was made in another way."""
    found = json.loads(file.read_text())["protocol"]
    for name, value in protocol.items():
        if found.get(name) != value:
            raise SystemExit(
                f"{file} has another protocol: {name} was {found.get(name)} "
                f"and is {value} now. Choose another --output."
            )


def protocol(
    arguments: argparse.Namespace, names: Iterable[str]
) -> dict[str, Any]:
    """Returns what two runs must have in common to be compared."""
    return {
        **{name: getattr(arguments, name) for name in names},
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
    }


def read(
    files: Mapping[str, Iterable[pathlib.Path]],
) -> dict[str, list[dict[str, Any]]]:
    """Returns the runs that are there, by setting."""
    return {
        name: [json.loads(f.read_text()) for f in paths if f.exists()]
        for name, paths in files.items()
    }


def cell(values: Sequence[float], digits: int) -> str:
    """Returns a mean with its standard error."""
    mean = f"{np.mean(values):.{digits}f}"
    if len(values) == 1:
        return mean
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{mean} ± {error:.{digits}f}"


def table(
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    columns: Mapping[str, tuple[str, float, int]],
) -> str:
    """Returns means and standard errors of all that was measured.

    Args:
        runs: The runs of each setting. One without runs has no row.
        columns: By the key of a value: its title, what it is multiplied by
            and how many digits are shown.
    """
    titles = [title for title, _, _ in columns.values()]
    lines = [
        "| setting | runs | " + " | ".join(titles) + " |",
        "|---" * (len(titles) + 2) + "|",
    ]
    for name, results in runs.items():
        if results:
            cells = [
                cell([scale * r[column] for r in results], digits)
                for column, (_, scale, digits) in columns.items()
            ]
            lines.append(f"| {name} | {len(results)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write_summary(
    file: pathlib.Path,
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    columns: Iterable[str],
) -> None:
    """Writes the values of all runs, small enough to be committed.

    With the machine, versions and protocol of the first one.
    """
    first = next(run for results in runs.values() for run in results)
    values = {
        name: {
            column: result_files.rounded([run[column] for run in results], 5)
            for column in columns
        }
        for name, results in runs.items()
        if results
    }
    made_with = {k: first[k] for k in ("machine", "protocol") if k in first}
    summary = {**made_with, "runs": values}
    result_files.write(file, summary)
