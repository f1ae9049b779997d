"""Choose the factors of a hard and a soft regularizer on held-out images.

    python examples/choose_lambda.py

tries factors for L1 on the generator's weights and for the pairwise distance
of its outputs, on the pictures of garments that come with the repository, and
says what to use, how sure that is, and what it is worth. A few minutes on two
cores, by two processes. If it is killed, the same command goes on. With more
cores:

    python examples/choose_lambda.py --workers 8

On several machines, start the same command on each, with a database:

    python examples/choose_lambda.py --storage postgresql+psycopg://user@host/db
"""

import argparse
import pathlib
import subprocess
import sys

import keras
from image_data import load_images
from measures import mean_pairwise_distance
from measures import random_features

import keras_regan as kr

OBJECTIVE = kr.search.Objective("val_fd_random", "min")
SPACE = {
    "hard": kr.search.LogUniform(1e-6, 1e-2),
    "soft": kr.search.LogUniform(1e-2, 10.0),
}


def main() -> None:
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    try:
        result = search_together(arguments, output)
    except KeyboardInterrupt:
        raise SystemExit("Interrupted. The same command goes on.") from None
    result.to_csv(output / "trials.csv")
    result.draw_factors(output / "factors.png")
    result.draw_grids(output / "grids.png", count=36)
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
    """Searches in as many processes as were asked for."""
    command = [sys.executable, __file__, *sys.argv[1:], "--workers", "1"]
    others = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(arguments.workers - 1)
    ]
    result = search(arguments, output)
    for other in others:
        if other.wait() != 0:
            print("A worker has failed; what it had begun is taken over.")
    return search(arguments, output) if others else result


def search(
    arguments: argparse.Namespace, output: pathlib.Path
) -> kr.search.SearchResult:
    train = load_images("fashion_mnist_subset", split="train").images
    held_out = load_images("fashion_mnist_subset", split="test").images
    train, held_out = train[: arguments.images], held_out[: arguments.images]
    features = random_features(train.shape[1:])
    # Samples are not pushed further apart than real ones are.
    margin = mean_pairwise_distance(train)

    def build(factors: dict[str, float]) -> kr.RegularizedGAN:
        generator, discriminator = kr.networks.dcgan(
            train.shape[1:], width=arguments.width
        )
        gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.99)
        gan.compile(
            generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
            discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
            generator_regularizers=[
                kr.regularizers.L1(factors["hard"]),
                kr.regularizers.PairwiseDistance(
                    factors["soft"], margin=margin
                ),
            ],
            metrics=[kr.metrics.FrechetDistance(features)],
        )
        return gan

    factor_search = kr.search.FactorSearch(
        build,
        SPACE,
        OBJECTIVE,
        seeds=arguments.seeds,
        storage=arguments.storage or output / "search.journal",
    )
    return factor_search.fit(
        train,
        validation_data=held_out,
        trials=arguments.trials,
        epochs=arguments.epochs,
        batch_size=arguments.batch,
        # Judged after the last epoch only.
        validation_freq=arguments.epochs,
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--trials", type=int, default=7, help="(%(default)s)")
    add("--epochs", type=int, default=8, help="(%(default)s)")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(0 1 2)")
    add("--images", type=int, default=2000, help="(%(default)s)")
    # A batch that divides the images saves TensorFlow a second compilation.
    add("--batch", type=int, default=40, help="(%(default)s)")
    add("--width", type=int, default=8, help="of the DCGAN (%(default)s)")
    add("--workers", type=int, default=2, help="processes (%(default)s)")
    add("--storage", help="a journal file or a URL (in the output folder)")
    add("--output", default="runs/choose_lambda", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
