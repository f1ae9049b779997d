"""What do two samples of each condition cost?

    KERAS_BACKEND=tensorflow python benchmarks/condition_cost.py

takes steps of `networks.unet` on images of 28 x 28 pixels, of which the upper
half is the condition, with a reconstruction and R1: without a regularizer of
pairs, with one whose second samples are there already
(`samples_per_condition=2`), and with one for which the generator makes a second
batch. The settings take turns in one process; what is compared is processor
time, by the median over rounds of the ratio to the first setting in the same
round.
"""

import argparse
import pathlib
import time

import keras
import numpy as np
import result_files

import keras_regan as kr

FILE = pathlib.Path(__file__).with_suffix(".json")
BATCH = 32
SETTINGS = {
    "none": (False, 1),
    "none again": (False, 1),
    "each condition twice": (True, 2),
    "second batch": (True, 1),
}


def compiled(with_pairs: bool, each: int) -> kr.RegularizedGAN:
    """Returns a model to take steps with."""
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*kr.networks.unet((28, 28, 1), (28, 28, 1)), seed=0)
    pairs = [kr.regularizers.PairwiseDistance(2.0, distance="l1", margin=0.5)]
    gan.compile(
        generator_regularizers=[
            kr.regularizers.Reconstruction(10.0),
            *(pairs if with_pairs else []),
        ],
        discriminator_regularizers=[kr.penalties.R1(0.1)],
        samples_per_condition=each,
    )
    return gan


def main() -> None:
    """Measures and writes the JSON file, one entry for each backend."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=10)
    arguments = parser.parse_args()
    images = np.random.default_rng(0).uniform(
        -1, 1, (BATCH * arguments.steps, 28, 28, 1)
    )
    images = images.astype("float32")
    halves = images.copy()
    halves[:, 14:] = 0.0

    def seconds(gan):
        start = time.process_time()
        gan.fit(images, halves, batch_size=BATCH, shuffle=False, verbose=0)
        return time.process_time() - start

    gans = {name: compiled(*setting) for name, setting in SETTINGS.items()}
    for gan in gans.values():
        seconds(gan)
    rounds = [
        {name: seconds(gan) for name, gan in gans.items()}
        for _ in range(arguments.rounds)
    ]
    ratios = {
        name: [round(r[name] / r["none"], 4) for r in rounds] for name in gans
    }
    step = np.median([r["none"] for r in rounds]) / arguments.steps
    found = result_files.read(FILE)
    found[keras.backend.backend()] = {
        "keras": keras.__version__,
        "processor seconds of a step": round(float(step), 4),
        "ratios": ratios,
        "medians": {
            name: round(float(np.median(values)), 3)
            for name, values in ratios.items()
        },
    }
    result_files.write(FILE, found)
    print(found[keras.backend.backend()]["medians"])


if __name__ == "__main__":
    main()
