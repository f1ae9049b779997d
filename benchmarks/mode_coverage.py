r"""How many modes of a mixture, how well and how evenly? PacGAN's protocol.

    KERAS_BACKEND=jax python benchmarks/mode_coverage.py

trains a recipe on the ring of 8 and on the grid of 25 Gaussians with 20 seeds,
and tables the modes of 2,500 samples, the share of them within 3 standard
deviations of a mode, and the reverse KL divergence, with standard errors. More:

    ... --settings parts --seeds 0 1 2 3 4   the recipe, each part left out
    ... --settings members --seeds 0 1 2     every member of the catalogue,
                                             alone and with the recipe
    ... --settings soft --seeds 0 1 2 3 4    a plain GAN, which loses modes,
                                             with each member for variety

Every run is kept in the output folder and none is repeated, so that commands
with different seeds or mixtures may run side by side and the last one tables
all. A run takes a minute on one core; `--steps 100` shows that it works.
"""

import argparse
import pathlib
import time
from collections.abc import Callable
from typing import Any

import kept_runs
import keras
import members_on_ring
import mode_settings
import numpy as np
from paired import against

import keras_regan as kr

MIXTURES = {
    "ring": kr.datasets.gaussian_ring(),
    "grid": kr.datasets.gaussian_grid(),
}
# As many as in the papers.
SAMPLES = 2500
COLUMNS = {
    "modes": ("modes", 1, 2),
    "good_samples": ("good samples in %", 100, 2),
    "reverse_kl": ("reverse KL", 1, 4),
    "processor_seconds": ("processor seconds", 1, 0),
}


def main() -> None:
    """Trains what is missing and tables what is there."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    settings = chosen(arguments.settings, arguments.steps)
    for mixture in arguments.mixtures:
        files = {
            name: [
                output / f"{mixture}, {name}, seed {seed}.json"
                for seed in arguments.seeds
            ]
            for name in settings
        }
        for name, setting in settings.items():
            for seed, file in zip(arguments.seeds, files[name], strict=True):
                kept_runs.keep(
                    file,
                    protocol(arguments),
                    lambda m=mixture, make=setting, s=seed: run(
                        m, make(), s, arguments
                    ),
                )
        report(output, mixture, arguments, kept_runs.read(files))


def chosen(which: list[str], steps: int) -> dict[str, Callable[[], dict]]:
    """Returns the settings of that name, or of that kind."""
    kinds = {
        "parts": mode_settings.parts(steps),
        "members": mode_settings.members(steps),
        "soft": mode_settings.soft(steps),
    }
    table = {k: v for kind in kinds.values() for k, v in kind.items()}
    result = {}
    for name in which:
        result |= kinds[name] if name in kinds else {name: table[name]}
    return result


def run(
    mixture: str,
    setting: dict[str, Any],
    seed: int,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Trains one GAN and judges its samples."""
    keras.utils.set_random_seed(seed)
    truth = MIXTURES[mixture]
    modes = len(truth.centers)
    gan = kr.RegularizedGAN(
        *members_on_ring.build(modes=modes, **setting.pop("networks", {})),
        ema_momentum=0.999,
        seed=seed,
    )
    gan.compile(
        generator_optimizer=adam(arguments.steps),
        discriminator_optimizer=adam(arguments.steps),
        steps_per_execution=steps_at_once(arguments.steps),
        **setting,
    )
    steps_an_epoch = min(1000, arguments.steps)
    samples, labels = truth.sample_with_modes(
        arguments.batch * steps_an_epoch, seed
    )
    scale = samples.std()
    data = (samples / scale, labels)[: 1 + gan.conditional]
    start = time.perf_counter(), time.process_time()
    gan.fit(
        *data,
        batch_size=arguments.batch,
        epochs=arguments.steps // steps_an_epoch,
        verbose=0,
    )
    seconds = time.perf_counter() - start[0]
    processor = time.process_time() - start[1]
    labels = np.arange(SAMPLES) % modes if gan.conditional else None
    made = scale * gan.generate(SAMPLES, conditions=labels, seed=seed)
    metric = kr.metrics.ModeCoverage(truth)
    metric.update_state(None, made)
    return {
        **{name: float(value) for name, value in metric.values().items()},
        "seconds": seconds,
        "processor_seconds": processor,
    }


def steps_at_once(steps: int) -> int:
    """Returns how many steps a call takes; on PyTorch, Keras knows one."""
    return 1 if keras.backend.backend() == "torch" else min(50, steps)


def adam(steps: int) -> keras.optimizers.Optimizer:
    """Returns the optimizer of one network."""
    rate = keras.optimizers.schedules.CosineDecay(mode_settings.RATE, steps)
    return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.99)


def protocol(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns what two runs must have in common to be compared."""
    return kept_runs.protocol(arguments, ["steps", "batch"])


def report(
    output: pathlib.Path,
    mixture: str,
    arguments: argparse.Namespace,
    runs: dict[str, list[dict]],
) -> None:
    """Writes and prints the table of a mixture, and its values."""
    stem = output / f"table, {mixture}, {' '.join(arguments.settings)}"
    kept_runs.write_summary(stem.with_suffix(".json"), runs, COLUMNS)
    text = kept_runs.table(runs, COLUMNS)
    if "plain" in runs:
        text += "\n" + against(runs, "plain", COLUMNS)
    stem.with_suffix(".md").write_text(text)
    print(f"\n{mixture}\n\n{text}")


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--mixtures", nargs="+", choices=MIXTURES, default=list(MIXTURES))
    add(
        "--settings",
        nargs="+",
        default=["recipe"],
        help="names of settings, `parts`, `members` or `soft` (recipe)",
    )
    add("--seeds", type=int, nargs="+", default=list(range(20)), help="(0..19)")
    add("--steps", type=int, default=10_000, help="(%(default)s)")
    add("--batch", type=int, default=256, help="(%(default)s)")
    add("--output", default="runs/mode_coverage", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
