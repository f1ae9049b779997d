"""Does a search find the factor that a sweep finds?

    KERAS_BACKEND=jax python benchmarks/search_on_ring.py

Sweeps the factor of `PairwiseDistance` on a ring of Gaussians with several
seeds, takes as good range what reaches nine tenths of the best mean, and then
searches from one range of four decades, with 20 trials of one training each,
once with every seed.
"""

import argparse
import pathlib

import keras
import numpy as np
import result_files
from ring import RING

import keras_regan as kr

SAMPLES = RING.sample(256 * 100, seed=1)
HELD_OUT = RING.sample(2500, seed=2)
OBJECTIVE = kr.search.Objective("val_good_samples", "max")


def build(factors: dict[str, float]) -> kr.RegularizedGAN:
    generator, discriminator = kr.networks.mlp(
        (2,), latent_dim=16, hidden=(128, 128), output_activation=None
    )
    gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.99)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        generator_regularizers=[
            kr.regularizers.PairwiseDistance(factors["soft"])
        ],
        metrics=[kr.metrics.ModeCoverage(RING)],
        steps_per_execution=1 if keras.backend.backend() == "torch" else 50,
    )
    return gan


def fit(space, arguments, *, seeds, trials=None, sampler="default"):
    """Returns what a search over a space finds."""
    search = kr.search.FactorSearch(
        build, {"soft": space}, OBJECTIVE, sampler=sampler, seeds=seeds
    )
    return search.fit(
        SAMPLES,
        validation_data=HELD_OUT,
        trials=trials,
        batch_size=256,
        epochs=max(arguments.steps // 100, 1),
        validation_freq=max(arguments.steps // 100, 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--steps", type=int, default=2500, help="(%(default)s)")
    add("--seeds", type=int, default=5, help="(%(default)s)")
    add("--trials", type=int, default=20, help="(%(default)s)")
    add("--values", type=int, default=9, help="of the sweep (%(default)s)")
    add("--output", help="a JSON file for the results")
    arguments = parser.parse_args()
    seeds = range(arguments.seeds)
    values = np.geomspace(1e-3, 10.0, arguments.values)
    sweep = fit(values, arguments, seeds=seeds, sampler="grid")
    rows = sorted(sweep.table(), key=lambda row: row["soft"])
    for row in rows:
        print(
            f"{row['soft']:8.3g}: {row[OBJECTIVE.name]:.3f} "
            f"+- {row[OBJECTIVE.name + '_error']:.3f}"
        )
    least = 0.9 * sweep.best().mean()
    good = [row["soft"] for row in rows if row[OBJECTIVE.name] >= least]
    low, high = min(good), max(good)
    print(f"good: {low:.3g} to {high:.3g}")
    found = [
        fit(
            kr.search.LogUniform(1e-3, 10.0),
            arguments,
            seeds=[seed],
            trials=arguments.trials,
        ).best_factors["soft"]
        for seed in seeds
    ]
    inside = sum(low <= factor <= high for factor in found)
    print("found:", ", ".join(f"{factor:.3g}" for factor in found))
    print(f"{inside} of {len(found)} inside")
    if arguments.output:
        text = {
            "backend": keras.backend.backend(),
            "keras": keras.__version__,
            "steps": arguments.steps,
            "sweep": rows,
            "good": [low, high],
            "found": found,
        }
        result_files.write(pathlib.Path(arguments.output), text)


if __name__ == "__main__":
    main()
