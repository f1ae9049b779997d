"""Does a generator that is told a class still use its latents?

    KERAS_BACKEND=jax python benchmarks/class_spread.py

trains perceptrons on ten classes of Gaussian points (means on a circle of
radius 2, standard deviation 0.3 in both directions) with a reconstruction of
the real point that came with each label, which teaches a generator to answer
with the mean of its class. It prints, for each setting, the standard deviation
within a class, mean over classes, of 500 samples each, and how far the means of
classes are from the right ones, both per coordinate, with every seed.
"""

import argparse
import pathlib
import time

import keras
import numpy as np
import result_files

import keras_regan as kr

CLASSES = 10
SPREAD = 0.3
BATCH = 64
FILE = pathlib.Path(__file__).with_suffix(".json")
regularizers = kr.regularizers

SETTINGS = {
    "none": [],
    "ModeSeeking": [regularizers.ModeSeeking(0.3)],
    "DiversitySensitive": [regularizers.DiversitySensitive(12.0, bound=0.4)],
    "PairwiseDistance": [regularizers.PairwiseDistance(5.0, margin=0.6)],
    "ModeSeeking, other classes": [
        regularizers.ModeSeeking(0.3, across_conditions=True)
    ],
}


def means() -> np.ndarray:
    """Returns the mean of each class."""
    angle = 2.0 * np.pi * np.arange(CLASSES) / CLASSES
    return 2.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def points(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws points and their labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(CLASSES, size=count)
    noise = SPREAD * random.normal(size=(count, 2))
    return (means()[labels] + noise).astype("float32"), labels.astype("int32")


def train(setting: str, each: int, seed: int, steps: int) -> dict[str, float]:
    """Trains one GAN and looks at what it makes of each label.

    Args:
        setting: A key of `SETTINGS`.
        each: `samples_per_condition` of `compile`.
        seed: Of weights, data and latents.
        steps: How many to take.
    """
    keras.utils.set_random_seed(seed)
    gan = kr.RegularizedGAN(
        *kr.networks.mlp(
            (2,), latent_dim=4, num_classes=CLASSES, output_activation=None
        ),
        seed=seed,
    )
    gan.compile(
        keras.optimizers.Adam(1e-3, beta_1=0.5),
        keras.optimizers.Adam(1e-3, beta_1=0.5),
        generator_regularizers=[
            regularizers.Reconstruction(10.0),
            *SETTINGS[setting],
        ],
        discriminator_regularizers=[kr.penalties.R1(0.1)],
        samples_per_condition=each,
    )
    samples, labels = points(BATCH * steps, seed)
    start = time.process_time()
    gan.fit(samples, labels, batch_size=BATCH, verbose=0)
    seconds = time.process_time() - start
    made = gan.generate(
        conditions=np.arange(CLASSES), samples_per_condition=500, seed=seed
    )
    off = np.abs(made.mean(axis=1) - means()).mean()
    return {
        "spread": round(float(made.std(axis=1).mean()), 4),
        "means off by": round(float(off), 4),
        "processor seconds": round(seconds, 2),
    }


def main() -> None:
    """Trains with each setting, prints a table and writes the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=600)
    arguments = parser.parse_args()
    runs = {}
    for setting in SETTINGS:
        for each in (1, 2):
            name = f"{setting}, {each} of each condition"
            runs[name] = [
                train(setting, each, seed, arguments.steps)
                for seed in range(arguments.seeds)
            ]
            spreads = [run["spread"] for run in runs[name]]
            print(f"{name}: spread {spreads}", flush=True)
    facts = {
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
        "steps": arguments.steps,
        "spread of the data": SPREAD,
    }
    result_files.write(FILE, {**facts, "runs": runs})


if __name__ == "__main__":
    main()
