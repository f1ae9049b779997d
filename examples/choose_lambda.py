"""Choose the factors of a hard and a soft regularizer on held-out images.

    python examples/choose_lambda.py

The task is that of `complete_images.py` on small images: complete half a
garment. The script tries factors for L1 on the generator's weights and for the
distance of two completions of the same half. It judges them by how close the
best of eight completions of a held-out half is to the truth, and prints the
best factors with their gain and its standard error. Only the right kind of
variety improves this number, so neither too little nor too much of it wins. The
script takes a few minutes on two cores, with two processes. If it is killed,
the same command continues. With more cores:

    python examples/choose_lambda.py --workers 8

On several machines, start the same command on each, with a database:

    python examples/choose_lambda.py --storage postgresql+psycopg://user@host/db
"""

import argparse
import pathlib
import subprocess
import sys

import numpy as np
from complete_images import SAMPLES
from complete_images import completing_gan
from complete_images import upper_halves
from image_data import load_images
from measures import mean_pairwise_distance
from measures import random_features

import keras_regan as kr

OBJECTIVE = kr.search.Objective("val_best_of_many_random", "min")
SPACE = {
    "hard": kr.search.LogUniform(1e-6, 1e-3),
    "soft": kr.search.LogUniform(0.5, 20.0),
}
ROWS = 6


def main() -> None:
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    try:
        result = search_together(arguments, output)
    except KeyboardInterrupt:
        raise SystemExit("Interrupted. The same command continues.") from None
    if arguments.search_only:
        return
    result.to_csv(output / "trials.csv")
    result.draw_factors(output / "factors.png")
    held_out = held_out_images(arguments)[:ROWS]
    result.draw_grids(
        output / "grids.png",
        count=SAMPLES * len(held_out),
        conditions=upper_halves(held_out),
        real=held_out,
    )
    for trial in sorted(result.trials, key=lambda trial: trial.mean()):
        factors = ", ".join(f"{k} {v:.2e}" for k, v in trial.factors.items())
        print(
            f"trial {trial.number:2d}: {factors}: {trial.mean():.4f} "
            f"+- {trial.standard_error():.4f} {trial.failure or ''}"
        )
    print(f"The table, the figure and the images are in {output}.")
    print(result.summary())
    if len(arguments.seeds) > 1:
        rule = kr.search.OneStandardError()
        print("By the one-standard-error rule:", result.summary(rule))


def search_together(
    arguments: argparse.Namespace, output: pathlib.Path
) -> kr.search.SearchResult:
    """Searches in several processes."""
    command = [sys.executable, __file__, *sys.argv[1:]]
    command += ["--workers", "1", "--search-only"]
    others = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(arguments.workers - 1)
    ]
    result = search(arguments, output)
    for other in others:
        if other.wait() != 0:
            print("A worker has failed; another one takes over its trial.")
    return search(arguments, output) if others else result


def search(
    arguments: argparse.Namespace, output: pathlib.Path
) -> kr.search.SearchResult:
    images = load_images(image_size=arguments.image_size).images
    images = images[: arguments.images]
    held_out = held_out_images(arguments)
    features = random_features(images.shape[1:])
    # The margin: push completions only as far apart as real images are.
    margin = mean_pairwise_distance(images, distance="l1")

    def build(factors: dict[str, float]) -> kr.RegularizedGAN:
        return completing_gan(
            images.shape[1:],
            arguments.width,
            [
                kr.regularizers.L1(factors["hard"]),
                kr.regularizers.PairwiseDistance(
                    factors["soft"], distance="l1", margin=margin
                ),
            ],
            learning_rate=3e-3,
            metrics=[
                kr.metrics.BestOfMany(features, samples_per_condition=SAMPLES)
            ],
        )

    factor_search = kr.search.FactorSearch(
        build,
        SPACE,
        OBJECTIVE,
        seeds=arguments.seeds,
        storage=arguments.storage or output / "search.journal",
    )
    return factor_search.fit(
        images,
        upper_halves(images),
        validation_data=(held_out, upper_halves(held_out)),
        trials=arguments.trials,
        epochs=arguments.epochs,
        batch_size=arguments.batch,
        # Only the last epoch is judged.
        validation_freq=arguments.epochs,
    )


def held_out_images(arguments: argparse.Namespace) -> np.ndarray:
    images = load_images(image_size=arguments.image_size, split="test").images
    return images[: arguments.held_out]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--trials", type=int, default=6, help="(%(default)s)")
    add("--epochs", type=int, default=8, help="(%(default)s)")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(0 1 2)")
    add("--images", type=int, default=4000, help="(%(default)s)")
    add("--held-out", type=int, default=200, help="images (%(default)s)")
    add("--image-size", type=int, default=16, help="(%(default)s)")
    # A batch that divides the images saves TensorFlow a second compilation.
    add("--batch", type=int, default=40, help="(%(default)s)")
    add("--width", type=int, default=16, help="of the U (%(default)s)")
    add("--workers", type=int, default=2, help="processes (%(default)s)")
    add("--search-only", action="store_true", help="report and draw nothing")
    add("--storage", help="a journal file or a URL (in the output folder)")
    add("--output", default="runs/choose_lambda", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
