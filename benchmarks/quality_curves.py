"""What is read off curves of quality against seconds: tables and a figure."""

import math
import pathlib
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import kept_runs
import numpy as np
import result_files
from paired import difference

Run = dict[str, Any]
# By title, then by seed.
Runs = Mapping[str, Mapping[int, Run]]


def at(run: Run, seconds: float, column: str) -> float:
    """Returns a value at some seconds, between judgements along a line."""
    curve = run["curve"]
    return float(
        np.interp(
            seconds,
            [point["seconds"] for point in curve],
            [point[column] for point in curve],
        )
    )


def best(run: Run) -> float:
    """Returns the least distance, which need not be that at the end."""
    return min(point["fd"] for point in run["curve"])


def seconds_to(run: Run, target: float) -> float:
    """Returns when the distance first was at most `target`.

    Between two judgements it is taken to change along a line; before the first
    one nothing is known, so it counts from there. Infinite if it never was.
    """
    before = None
    for point in run["curve"]:
        if point["fd"] <= target:
            if before is None:
                return point["seconds"]
            share = (before["fd"] - target) / (before["fd"] - point["fd"])
            seconds = before["seconds"]
            return seconds + share * (point["seconds"] - seconds)
        # What is not finite gives no line.
        before = point if math.isfinite(point["fd"]) else None
    return math.inf


def quality_table(runs: Runs, seconds: Sequence[float]) -> str:
    """Returns the distance at fixed seconds, and how many steps those are."""
    titles = [f"{second:.0f} s" for second in seconds]
    lines = [
        f"| FD at | seeds | {' | '.join(titles)} | KD x 1000 | images "
        "| first step |",
        "|---" * (len(seconds) + 5) + "|",
    ]
    for title, by_seed in runs.items():
        results = list(by_seed.values())
        ends = [run["curve"][-1] for run in results]
        cells = [
            *(
                kept_runs.cell([at(run, s, "fd") for run in results], 1)
                for s in seconds
            ),
            kept_runs.cell([1e3 * end["kd"] for end in ends], 1),
            f"{np.mean([end['images'] for end in ends]):.0f}",
            f"{np.mean([r['first_step_seconds'] for r in results]):.1f} s",
        ]
        lines.append(f"| {title} | {len(results)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def time_table(runs: Runs, first: str) -> str:
    """Returns the seconds to the best distance of `first`, seed by seed."""
    lines = [
        f"| to the best FD of {first} | reached | seconds | ratio "
        "| 95 % by seeds |",
        "|---" * 5 + "|",
    ]
    for title, by_seed in runs.items():
        seeds = [seed for seed in by_seed if seed in runs[first]]
        if not seeds:
            continue
        theirs = [runs[first][seed] for seed in seeds]
        needed = [
            seconds_to(by_seed[seed], best(run))
            for seed, run in zip(seeds, theirs, strict=True)
        ]
        reached = [s for s in needed if math.isfinite(s)]
        cells = [f"{len(reached)} of {len(needed)}", "-", "-", "-"]
        if len(reached) == len(needed):
            cells[1] = kept_runs.cell(needed, 0)
            of_first = [seconds_to(run, best(run)) for run in theirs]
            mean, low, high = ratio(of_first, needed)
            cells[2] = f"{mean:.2f}"
            if len(seeds) > 1:
                cells[3] = f"{low:.2f} to {high:.2f}"
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def ratio(
    before: Sequence[float], after: Sequence[float]
) -> tuple[float, float, float]:
    """Returns the geometric mean of ratios of pairs, and its 95 % interval."""
    gap = difference(np.log(before), np.log(after))
    return tuple(math.exp(value) for value in (gap.mean, gap.low, gap.high))


def summary(runs: Runs) -> dict[str, Any]:
    """Returns all curves, rounded, small enough to be committed."""
    return {
        title: {
            str(seed): result_files.rounded(
                {
                    "first_step_seconds": run["first_step_seconds"],
                    "curve": {
                        column: [point[column] for point in run["curve"]]
                        for column in run["curve"][0]
                    },
                }
            )
            for seed, run in by_seed.items()
        }
        for title, by_seed in runs.items()
    }


def draw(path: pathlib.Path, runs: Runs, seconds: Iterable[float]) -> None:
    """Draws the distance against seconds: means, and each seed's thin line."""
    from matplotlib.figure import Figure

    seconds = list(seconds)
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for index, (title, by_seed) in enumerate(runs.items()):
        color = f"C{index % 10}"
        # Colours begin again after ten.
        line = ("-", "--", ":")[index // 10 % 3]
        for run in by_seed.values():
            axes.plot(
                [point["seconds"] for point in run["curve"]],
                [point["fd"] for point in run["curve"]],
                line,
                color=color,
                linewidth=0.6,
                alpha=0.6,
            )
        means = [
            np.mean([at(run, s, "fd") for run in by_seed.values()])
            for s in seconds
        ]
        axes.plot(seconds, means, line, color=color, label=title)
    axes.set_yscale("log")
    axes.set_xlabel("processor seconds of training")
    axes.set_ylabel("FD")
    figure.legend(loc="outside right upper", fontsize="small")
    figure.savefig(path, dpi=90)
