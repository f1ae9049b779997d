"""The ring of Gaussians, how samples of it are judged, and the table."""

import argparse
import json
import pathlib
from collections.abc import Callable
from collections.abc import Sequence

import keras
import numpy as np

MODES, RADIUS, DEVIATION = 8, 1.0, 0.01
ANGLES = 2 * np.pi * np.arange(MODES) / MODES
CENTERS = RADIUS * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def labeled_ring(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns samples of the ring and the numbers of their modes."""
    generator = np.random.default_rng(seed)
    modes = generator.integers(MODES, size=count)
    noise = generator.normal(scale=DEVIATION, size=(count, 2))
    return (CENTERS[modes] + noise).astype("float32"), modes.astype("int32")


def ring(count: int, seed: int) -> np.ndarray:
    """Returns samples of the ring."""
    return labeled_ring(count, seed)[0]


def covered(samples: np.ndarray) -> tuple[int, float]:
    """Returns how many modes are covered and the share of good samples.

    A sample is good within three standard deviations of the nearest mode, a
    mode is covered if it has a good sample.
    """
    distances = np.linalg.norm(samples[:, None] - CENTERS[None], axis=-1)
    good = distances.min(axis=1) <= 3 * DEVIATION
    nearest = distances.argmin(axis=1)
    return len(set(nearest[good])), float(good.mean())


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
            pathlib.Path(arguments.output).write_text(
                json.dumps(text, indent=2) + "\n"
            )


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
