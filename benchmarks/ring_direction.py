"""Which direction of the pairwise distance covers more modes of a ring?

    KERAS_BACKEND=jax python benchmarks/ring_direction.py

trains MLPs on a ring of 8 Gaussians (radius 1, standard deviation 0.01) with
several settings of `PairwiseDistance` and prints, for each, the mean and the
standard error over seeds of the modes covered and of the share of good
samples, both judged on 2,500 samples of the moving average: a sample is good
if it is within 3 standard deviations of the nearest mode, a mode is covered if
it has a good sample.
"""

import argparse
import json
import pathlib
import time

import keras
import numpy as np

import keras_regan as kr

MODES, RADIUS, DEVIATION = 8, 1.0, 0.01
ANGLES = 2 * np.pi * np.arange(MODES) / MODES
CENTERS = RADIUS * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)

SETTINGS = {
    "none": None,
    "repel 0.1": {"factor": 0.1},
    "repel 0.3": {"factor": 0.3},
    "repel 1.0": {"factor": 1.0},
    "repel 0.3, margin 1.0": {"factor": 0.3, "margin": 1.0},
    "repel 1.0, margin 1.0": {"factor": 1.0, "margin": 1.0},
    "attract 0.1": {"factor": 0.1, "direction": "attract"},
    "attract 0.3": {"factor": 0.3, "direction": "attract"},
    "attract 1.0": {"factor": 1.0, "direction": "attract"},
}


def ring(count: int, seed: int) -> np.ndarray:
    """Returns samples of the ring."""
    generator = np.random.default_rng(seed)
    centers = CENTERS[generator.integers(MODES, size=count)]
    noise = generator.normal(scale=DEVIATION, size=(count, 2))
    return (centers + noise).astype("float32")


def covered(samples: np.ndarray) -> tuple[int, float]:
    """Returns how many modes are covered and the share of good samples."""
    distances = np.linalg.norm(samples[:, None] - CENTERS[None], axis=-1)
    good = distances.min(axis=1) <= 3 * DEVIATION
    nearest = distances.argmin(axis=1)
    return len(set(nearest[good])), float(good.mean())


def train(setting: dict | None, seed: int, steps: int) -> tuple[int, float]:
    """Trains one GAN and judges its samples."""
    keras.utils.set_random_seed(seed)
    generator, discriminator = kr.networks.mlp(
        (2,), latent_dim=16, hidden=(128, 128), output_activation=None
    )
    gan = kr.RegularizedGAN(
        generator, discriminator, ema_momentum=0.999, seed=seed
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        generator_regularizers=[]
        if setting is None
        else [kr.regularizers.PairwiseDistance(**setting)],
        steps_per_execution=1 if keras.backend.backend() == "torch" else 50,
    )
    samples = ring(256 * 500, seed)
    gan.fit(samples, batch_size=256, epochs=steps // 500, verbose=0)
    return covered(gan.generate(2500, seed=seed))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--steps", type=int, default=2500, help="(%(default)s)")
    add("--seeds", type=int, default=5, help="(%(default)s)")
    add("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    add("--output", help="a JSON file for the results")
    arguments = parser.parse_args()
    results = {}
    print("| setting | modes of 8 | good samples | seconds a run |")
    print("|---|---|---|---|")
    for name in arguments.settings:
        start = time.perf_counter()
        runs = np.array(
            [
                train(SETTINGS[name], seed, arguments.steps)
                for seed in range(arguments.seeds)
            ]
        )
        seconds = (time.perf_counter() - start) / arguments.seeds
        errors = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
        mean = runs.mean(axis=0)
        print(
            f"| {name} | {mean[0]:.1f} ± {errors[0]:.1f} "
            f"| {100 * mean[1]:.0f} ± {100 * errors[1]:.0f} % "
            f"| {seconds:.0f} |",
            flush=True,
        )
        results[name] = {
            "modes": runs[:, 0].tolist(),
            "good": runs[:, 1].tolist(),
        }
    if arguments.output:
        results = {
            "backend": keras.backend.backend(),
            "keras": keras.__version__,
            "steps": arguments.steps,
            "settings": results,
        }
        text = json.dumps(results, indent=2) + "\n"
        pathlib.Path(arguments.output).write_text(text)


if __name__ == "__main__":
    main()
