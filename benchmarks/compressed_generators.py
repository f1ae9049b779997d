r"""How small can hard regularization make a generator, and at what cost?

    python benchmarks/compressed_generators.py --data fashion_mnist.npz
    python benchmarks/compressed_generators.py --data cats64.npz \
        --features efficientnet_lite0.keras --output runs/compression_cats

A plain GAN is trained once for each seed. Each method then takes it on for
equally many further steps: it makes a share of the weights of the generator's
kernels zero in the first part of them, and trains what is left in the rest.
"none" trains on without. It prints the quality on held-out images, the share
of zeros, the size of the generator's file after compression, and the time;
then each method against none and against pruning by magnitude, seed by seed.

The file is that of `gan.inference_generator().save("generator.keras")`, with
weights in float32, compressed by `zip -9` (deflate).

Features are those of `--features`, or of a small classifier that is trained on
the labels of the data. Every run is kept, and one that is there is not
repeated, so the comparison can be interrupted and enlarged. Settings were
chosen with the seeds 0 and 1; the seeds 2 to 6 are for comparing.
"""

import argparse
import pathlib
import tempfile
import time
import zipfile
from typing import Any

import kept_runs
import keras
import numpy as np
from compression_methods import METHODS
from compression_methods import Method
from compression_methods import none
from compression_methods import share_of_zeros
from diversity import classifier
from diversity import extractor
from diversity import load
from image_judge import QUALITY
from image_judge import ImageJudge
from image_quality import batches
from paired import against

import keras_regan as kr

COLUMNS = {
    **QUALITY,
    "zeros": ("zeros, %", 100, 1),
    "file": ("zipped, kB", 1e-3, 0),
    "processor_seconds": ("processor seconds", 1, 0),
}


def main() -> None:
    """Trains what is missing and reports what is there."""
    arguments = parse_arguments()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    train, held_out = load(arguments.data, arguments.size)
    features = arguments.features or classifier(
        arguments.data, output / "classifier.keras", arguments.size
    )
    judge = ImageJudge(
        held_out[: arguments.samples], extractor(features), output
    )
    settings = {"none": (none, 0.0)}
    for share in arguments.shares:
        for method in arguments.methods:
            settings[setting(method, share)] = METHODS[method], share
    for seed in arguments.seeds:
        dense = output / f"dense, seed {seed}.keras"
        if not dense.exists():
            dense_gan(train, seed, arguments).save(dense)
        for name, (method, share) in settings.items():
            kept_runs.keep(
                output / f"{name}, seed {seed}.json",
                protocol(arguments),
                lambda m=method, p=share, s=seed, d=dense: run(
                    m, p, s, d, train, judge, arguments
                ),
            )
    report(output, arguments)


def setting(method: str, share: float) -> str:
    """Returns the name of a method that makes a share of weights zero."""
    return f"{method}, {100 * share:g} %"


def dense_gan(
    train: np.ndarray, seed: int, arguments: argparse.Namespace
) -> kr.RegularizedGAN:
    """Returns a plain GAN, trained."""
    keras.utils.set_random_seed(seed)
    networks = kr.networks.dcgan(train.shape[1:], width=arguments.width)
    gan = kr.RegularizedGAN(*networks, ema_momentum=0.99, seed=seed)
    training = Training(gan, batches(train, arguments.batch, seed), arguments)
    training([], arguments.steps)
    return gan


class Training:
    """Trains a GAN with any regularizers of its generator.

    Attributes:
        logs: The last ones.
    """

    def __init__(self, gan, data, arguments):
        self._gan = gan
        self._data = data
        self._rate = arguments.rate
        self.logs = {}

    def __call__(self, regularizers, steps, callbacks=()):
        """Takes steps; the optimizers begin anew."""
        rate = self._rate
        self._gan.compile(
            generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
            discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
            generator_regularizers=regularizers,
        )
        history = self._gan.fit(
            self._data,
            steps_per_epoch=steps,
            verbose=0,
            callbacks=list(callbacks),
        )
        self.logs = {k: float(v[-1]) for k, v in history.history.items()}


def run(
    method: Method,
    share: float,
    seed: int,
    dense: pathlib.Path,
    train: np.ndarray,
    judge: ImageJudge,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Takes a trained GAN on with a method, and judges it."""
    keras.utils.set_random_seed(seed)
    gan = keras.models.load_model(dense, compile=False)
    # Not the images that the plain training began with.
    data = batches(train, arguments.batch, seed + 1000)
    training = Training(gan, data, arguments)
    start = time.process_time()
    method(gan, share, arguments.further, training)
    seconds = time.process_time() - start
    generator = gan.inference_generator()
    return {
        **judge(gan.generate(judge.count, seed=seed)),
        "zeros": share_of_zeros(generator),
        "file": zipped_bytes(generator),
        "processor_seconds": seconds,
        "logs": training.logs,
    }


def zipped_bytes(network: keras.Model) -> int:
    """Returns the size of a network's file after `zip -9`."""
    with tempfile.TemporaryDirectory() as folder:
        saved = pathlib.Path(folder, "generator.keras")
        network.save(saved)
        zipped = saved.with_suffix(".zip")
        with zipfile.ZipFile(
            zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=9
        ) as archive:
            archive.write(saved, saved.name)
        return zipped.stat().st_size


def protocol(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns what two runs must have in common to be compared."""
    names = "width steps further batch rate samples size".split()
    return {
        **kept_runs.protocol(arguments, names),
        "data": pathlib.Path(arguments.data).stem,
        "features_of": "efficientnet" if arguments.features else "classifier",
    }


# What comes of it.


def report(output: pathlib.Path, arguments: argparse.Namespace) -> None:
    """Prints tables of all methods that were run, and draws a figure."""
    names = ["none"]
    for share in arguments.shares:
        names += [setting(method, share) for method in METHODS]
    runs = kept_runs.read(
        {
            name: [output / f"{name}, seed {s}.json" for s in arguments.seeds]
            for name in names
        }
    )
    kept_runs.write_summary(output / "table.json", runs, COLUMNS)
    text = kept_runs.table(runs, COLUMNS)
    distances = {key: COLUMNS[key] for key in ("fd", "kd")}
    text += "\n" + against(runs, "none", distances)
    for share in arguments.shares:
        pruned = setting("magnitude", share)
        if runs[pruned]:
            alike = {n: runs[n] for n in (setting(m, share) for m in METHODS)}
            text += "\n" + against(alike, pruned, distances)
    (output / "table.md").write_text(text)
    print(text)
    draw(output / "curve.png", runs, arguments)


def draw(
    path: pathlib.Path,
    runs: dict[str, list[dict[str, Any]]],
    arguments: argparse.Namespace,
) -> None:
    """Draws the Frechet distance against the share of zeros."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    for index, method in enumerate(METHODS):
        results = [runs[setting(method, p)] for p in arguments.shares]
        results = [several for several in results if several]
        if not results:
            continue
        points = [(r["zeros"], r["fd"]) for several in results for r in several]
        color = f"C{index}"
        axes.plot(*zip(*points, strict=True), ".", color=color, ms=4)
        axes.plot(
            [np.mean([r["zeros"] for r in several]) for several in results],
            [np.mean([r["fd"] for r in several]) for several in results],
            color=color,
            label=method,
        )
    axes.axhline(
        np.mean([r["fd"] for r in runs["none"]]), color="gray", label="none"
    )
    axes.set(xlabel="share of zeros", ylabel="FD")
    axes.legend()
    figure.savefig(path, dpi=90)


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", required=True, help="images as an .npz file")
    add("--features", help="EfficientNet-Lite0 as a .keras file")
    add("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    add("--shares", type=float, nargs="+", default=[0.5, 0.7, 0.8, 0.9])
    add("--seeds", type=int, nargs="+", default=[2, 3, 4, 5, 6])
    add("--steps", type=int, default=1500, help="of the plain GAN (1500)")
    add("--further", type=int, default=700, help="steps (%(default)s)")
    add("--batch", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=32, help="(%(default)s)")
    add("--rate", type=float, default=1e-3, help="(%(default)s)")
    add("--samples", type=int, default=5000, help="judged (%(default)s)")
    add("--size", type=int, help="pixels (those of the data)")
    add("--output", default="runs/compression", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
