r"""What the truncation trick trades, with and without orthogonal weights.

    python benchmarks/truncation.py --data fashion_mnist.npz

The same DCGANs with the same seeds are trained without and with `Orthogonal`
on the generator. Each then makes samples from latents within smaller and
smaller bounds, `generate(truncation=...)`. It prints quality and variety at
each bound, compares the two settings seed by seed, and draws precision against
recall. Orthogonal weights are said to make a generator amenable to truncation
(BigGAN): precision should rise further, and quality as a whole not break.

Features are those of a small classifier that is trained on the labels of the
data. Every run is kept, and one that is there is not repeated.
"""

import argparse
import pathlib
import time
from typing import Any

import kept_runs
import keras
import numpy as np
from diversity import classifier
from diversity import extractor
from diversity import load
from image_judge import QUALITY
from image_judge import ImageJudge
from matplotlib.figure import Figure
from pair_runs import Run
from pair_runs import keep_all
from pair_runs import runs_of
from paired import against

import keras_regan as kr

BOUNDS = [None, 1.0, 0.7, 0.5, 0.4, 0.3]


def main() -> None:
    """Trains what is missing and reports what is there."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    train, held_out = load(arguments.data)
    judge = ImageJudge(
        held_out[: arguments.samples],
        extractor(classifier(arguments.data, output / "classifier.keras")),
        output,
    )
    factors = [("Orthogonal", factor) for factor in arguments.factors]
    runs = runs_of([("none", 0.0), *factors], arguments.seeds)
    keep_all(
        output,
        runs,
        kept_runs.protocol(arguments, "epochs batch width samples".split()),
        lambda which: run(which, train, judge, arguments),
    )
    report(output, runs)


def run(
    which: Run,
    train: np.ndarray,
    judge: ImageJudge,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Trains one GAN and judges it at each bound."""
    keras.utils.set_random_seed(which.seed)
    gan = kr.RegularizedGAN(
        *kr.networks.dcgan(train.shape[1:], width=arguments.width),
        ema_momentum=0.995,
        seed=which.seed,
    )
    regularizers = [kr.regularizers.Orthogonal(which.factor)]
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        generator_regularizers=regularizers if which.factor else [],
    )
    start = time.process_time()
    gan.fit(
        train,
        batch_size=arguments.batch,
        epochs=arguments.epochs,
        verbose=0,
    )
    seconds = time.process_time() - start
    return {
        "bounds": {
            key(bound): judge(
                gan.generate(judge.count, seed=which.seed, truncation=bound)
            )
            for bound in BOUNDS
        },
        "processor_seconds": seconds,
    }


def key(bound: float | None) -> str:
    return "no bound" if bound is None else f"{bound:g}"


def report(folder: pathlib.Path, runs: list[Run]) -> None:
    """Prints a table for each bound, and draws precision against recall."""
    files: dict[str, list[pathlib.Path]] = {}
    for which in runs:
        files.setdefault(which.title, []).append(which.file(folder))
    found = kept_runs.read(files)
    text = ""
    at_all_bounds = {}
    for bound in map(key, BOUNDS):
        at_bound = {
            name: [{**result, **result["bounds"][bound]} for result in results]
            for name, results in found.items()
        }
        for name, results in at_bound.items():
            at_all_bounds[f"{name}, {bound}"] = results
        text += f"{bound}:\n\n{kept_runs.table(at_bound, QUALITY)}\n"
        text += against(at_bound, "none", QUALITY) + "\n"
    kept_runs.write_summary(folder / "table.json", at_all_bounds, QUALITY)
    (folder / "table.md").write_text(text)
    print(text)
    draw(folder / "precision_recall.png", found)


def draw(path: pathlib.Path, found: dict[str, list[dict]]) -> None:
    """Draws means over seeds, a point for each bound."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    trade, distance = figure.subplots(1, 2)
    bounds = list(map(key, BOUNDS))
    for name, results in found.items():
        means = {
            column: [
                np.mean([r["bounds"][bound][column] for r in results])
                for bound in bounds
            ]
            for column in QUALITY
        }
        trade.plot(means["recall"], means["precision"], "o-", label=name)
        distance.plot(bounds, means["fd"], "o-", label=name)
        for bound, x, y in zip(
            bounds, means["recall"], means["precision"], strict=True
        ):
            trade.annotate(bound, (x, y), fontsize=7)
    trade.set(xlabel="recall", ylabel="precision")
    distance.set(xlabel="bound of the latents", ylabel="Frechet distance")
    trade.legend()
    figure.savefig(path, dpi=120)


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, help="images with labels as an .npz file")
    add("--factors", type=float, nargs="+", default=[1e-4, 1e-2])
    add("--seeds", type=int, nargs="+", default=[2, 3, 4, 5, 6])
    add("--epochs", type=int, default=3, help="(%(default)s)")
    add("--batch", type=int, default=64, help="(%(default)s)")
    add("--width", type=int, default=16, help="(%(default)s)")
    add("--samples", type=int, default=2000, help="(%(default)s)")
    add("--output", default="runs/truncation", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
