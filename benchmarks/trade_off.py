"""Quality against variety as a factor grows: one curve for each setting."""

import json
import pathlib
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from pair_runs import Run

# The values of one factor, one for each seed.
Results = list[dict[str, Any]]


def kept(
    folder: pathlib.Path, seeds: Collection[int]
) -> dict[str, dict[float, Results]]:
    """Returns all runs of a folder with these seeds, by setting and factor.

    Only factors that all of the seeds were run with are there.
    """
    found: dict[str, dict[float, Results]] = {}
    for file in sorted(folder.glob("*, seed *.json")):
        run = Run.of(file)
        if run.seed in seeds:
            of_setting = found.setdefault(run.setting, {})
            result = json.loads(file.read_text())
            of_setting.setdefault(run.factor, []).append(result)
    whole = {
        setting: {
            factor: results
            for factor, results in sorted(factors.items())
            if len(results) == len(seeds)
        }
        for setting, factors in found.items()
    }
    return {setting: factors for setting, factors in whole.items() if factors}


def draw(
    path: pathlib.Path,
    runs: Mapping[str, Mapping[float, Results]],
    variety: tuple[str, str],
    qualities: Sequence[tuple[str, str]],
) -> None:
    """Draws means over seeds: a point for each factor, with its number.

    Args:
        path: Where the picture is written.
        runs: As from `kept`. Those of "none" are a horizontal line.
        variety: The key of what is drawn to the right, and its title.
        qualities: The same of what is drawn upwards, one picture each.
    """
    figure = Figure(figsize=(5 * len(qualities), 4.5), layout="constrained")
    several = figure.subplots(1, len(qualities), squeeze=False)[0]
    for axes, (quality, title) in zip(several, qualities, strict=True):
        axes.set(xlabel=variety[1], ylabel=title)
        for setting, factors in runs.items():
            of_factors = factors.values()
            x, y = (
                [np.mean([r[key] for r in results]) for results in of_factors]
                for key in (variety[0], quality)
            )
            if setting == "none":
                axes.axhline(y[0], color="black", lw=0.8)
                axes.plot(x, y, "o", color="black", label=setting)
                continue
            axes.plot(x, y, "o-", ms=4, label=setting)
            for factor, *point in zip(factors, x, y, strict=True):
                # What has no factor counts as one of zero.
                axes.annotate(f"{factor:g}" if factor else "", point, size=7)
    figure.legend(
        *several[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=2,
        fontsize=8,
    )
    figure.savefig(path, dpi=90)
