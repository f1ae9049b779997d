"""The ring of Gaussians, how samples of it are judged, and the table."""

import argparse
import pathlib
from collections.abc import Callable
from collections.abc import Sequence

import keras
import numpy as np
import result_files

import keras_regan as kr

RING = kr.datasets.gaussian_ring()


def covered(samples: np.ndarray) -> tuple[int, float]:
    """Returns how many modes are covered and the share of good samples."""
    metric = kr.metrics.ModeCoverage(RING)
    metric.update_state(None, samples)
    values = metric.result()
    return int(values["modes"]), values["good_samples"]


def compare(
    names: Sequence[str],
    train: Callable[[str, int], tuple[int, float, bool]],
    arguments: argparse.Namespace,
) -> None:
    """Trains with each setting and prints, or saves, what became of it.

    Args:
        names: The settings.
        train: Called with a setting and a seed; returns the modes covered, the
            share of good samples and whether all stayed finite.
        arguments: `seeds`, `steps` and `output`, a file for every run or
            `None`.
    """
    results = {}
    print("| setting | finite | modes of 8 | good samples |")
    print("|---|---|---|---|")
    for name in names:
        runs = np.array([train(name, s) for s in range(arguments.seeds)])
        mean, errors = runs.mean(axis=0), np.zeros(3)
        if len(runs) > 1:
            errors = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
        print(
            f"| `{name}` | {'yes' if runs[:, 2].all() else 'NO'} "
            f"| {mean[0]:.1f} ± {errors[0]:.1f} "
            f"| {100 * mean[1]:.1f} ± {100 * errors[1]:.1f} % |",
            flush=True,
        )
        results[name] = {
            "modes": runs[:, 0].tolist(),
            "good": runs[:, 1].tolist(),
            "finite": runs[:, 2].astype(bool).tolist(),
        }
        if arguments.output:
            # After each setting: an interrupted comparison keeps the rest.
            text = {
                "backend": keras.backend.backend(),
                "keras": keras.__version__,
                "steps": arguments.steps,
                "settings": results,
            }
            result_files.write(pathlib.Path(arguments.output), text)


def arguments_of(description: str, *, steps: int, seeds: int, settings):
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    add = parser.add_argument
    add("--steps", type=int, default=steps, help="(%(default)s)")
    add("--seeds", type=int, default=seeds, help="(%(default)s)")
    add("--settings", nargs="+", choices=settings, default=list(settings))
    add("--output", help="a JSON file for the results")
    return parser.parse_args()
