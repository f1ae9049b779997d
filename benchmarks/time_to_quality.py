r"""How many processor seconds does it take to a good image?

    python benchmarks/time_to_quality.py --threads 1 \
        --features efficientnet_lite0.keras
    KERAS_BACKEND=torch python benchmarks/time_to_quality.py --threads 1 \
        --contenders "PyTorch DCGAN" \
        --features efficientnet_lite0.keras

trains public examples of GANs, each with its own settings, and recipes of ours
on the garments of `examples/data`, for as many processor seconds each, and
judges samples on the way against images that were held out. Each call makes the
runs that its backend can make, and reports on all that are there: the Frechet
distance (FD) at fixed seconds, the seconds to the best FD of the DCGAN of
keras.io, curves, and grids of samples. Other images:

    ... --data fashion_mnist.npz
    ... --data cifar10.npz
    ... --dataset drawn_faces

Seconds are those of training alone. Neither judging counts nor the first step,
which compiles; it has a column of its own. Features are those of `--features`,
or of a classifier that is trained on the labels of the data
(`--features classifier`), or without it of a network that was never trained,
which differs between backends.
Every run is kept, and one that is there is not repeated. `image_recipes.py`
holds the recipes.
"""

import argparse
import json
import pathlib
import sys
from typing import Any

import kept_runs
import keras
import numpy as np
import quality_curves
import result_files
from computing_threads import use_threads
from diversity import classifier
from diversity import extractor
from image_contenders import CONTENDERS
from image_contenders import KERAS_DCGAN
from image_figures import save_grid
from image_judge import QUALITY
from image_judge import ImageJudge
from judged_slices import Generate
from judged_slices import Point
from judged_slices import Task
from judged_slices import Watch

import keras_regan as kr

sys.path.append(str(pathlib.Path(__file__).parents[1] / "examples"))
from image_data import DATASETS  # noqa: E402
from image_data import errors_in_one_line  # noqa: E402
from image_data import load_images  # noqa: E402
from measures import random_features  # noqa: E402

BACKENDS = ("tensorflow", "jax", "torch")
SAMPLES_OF_GRID = 64


def main() -> None:
    """Makes the runs that are missing and reports on those that are there."""
    arguments = parse_arguments()
    backend = keras.backend.backend()
    if arguments.threads:
        use_threads(arguments.threads)
    with errors_in_one_line():
        train, held_out = (
            load_images(arguments.dataset, arguments.data, split=split)
            for split in ("train", "test")
        )
    folder = pathlib.Path(arguments.output) / train.name
    (folder / "grids").mkdir(parents=True, exist_ok=True)
    judge = ImageJudge(
        held_out.images[: arguments.samples],
        chosen_features(arguments, folder, train.images.shape[1:]),
        folder,
    )
    for seed in arguments.seeds:
        for name in arguments.contenders:
            contender = CONTENDERS[name]
            if contender.runs_on(backend):
                kept_runs.keep(
                    folder / f"{stem(name, backend, seed)}.json",
                    {**protocol(arguments), **contender.settings},
                    lambda n=name, s=seed: run(
                        n, Task(train.images, s), judge, folder, arguments
                    ),
                )
    report(folder, arguments)


def stem(name: str, backend: str, seed: int) -> str:
    """Returns what the files of a run are called."""
    return f"{title(name, backend)}, seed {seed}"


def title(name: str, backend: str) -> str:
    """Returns what a contender is called in tables."""
    return f"{name} on {backend}"


def chosen_features(
    arguments: argparse.Namespace,
    folder: pathlib.Path,
    shape: tuple[int, ...],
) -> kr.metrics.FeatureExtractor:
    """Returns the features that images are judged by."""
    if arguments.features is None:
        return random_features(shape)
    if arguments.features == "classifier":
        data = arguments.data or (
            pathlib.Path(__file__).parents[1]
            / "examples"
            / "data"
            / f"{arguments.dataset}.npz"
        )
        return extractor(classifier(str(data), folder / "classifier.keras"))
    return extractor(arguments.features)


def protocol(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns what two runs must have in common to be compared."""
    features = arguments.features or "random"
    names = "seconds slices samples threads".split()
    return {
        **kept_runs.protocol(arguments, names),
        "features_of": pathlib.Path(features).stem,
    }


def run(
    name: str,
    task: Task,
    judge: ImageJudge,
    folder: pathlib.Path,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Trains one contender and judges it after each slice."""
    slice_seconds = arguments.seconds / arguments.slices
    files = stem(name, keras.backend.backend(), task.seed)

    def judged(generate: Generate, number: int) -> Point:
        images = generate(max(judge.count, SAMPLES_OF_GRID))
        seconds = f"{number * slice_seconds:05.0f} s"
        grid = folder / "grids" / f"{files}, {seconds}.png"
        save_grid(grid, images[:SAMPLES_OF_GRID])
        if not np.isfinite(images).all():
            return dict.fromkeys(QUALITY, float("inf"))
        return judge(images[: judge.count])

    keras.utils.set_random_seed(task.seed)
    watch = Watch(arguments.seconds, arguments.slices, judged)
    CONTENDERS[name].train(task, watch)
    return {
        "first_step_seconds": watch.first_step_seconds,
        "curve": watch.curve,
    }


def report(folder: pathlib.Path, arguments: argparse.Namespace) -> None:
    """Writes and prints tables, and draws curves, of all that is there."""
    runs: dict[str, dict[int, dict]] = {}
    common = protocol(arguments)
    del common["backend"]
    for name in arguments.contenders:
        for backend in BACKENDS:
            for seed in arguments.seeds:
                file = folder / f"{stem(name, backend, seed)}.json"
                if file.exists():
                    kept_runs.check_protocol(file, common)
                    by_seed = runs.setdefault(title(name, backend), {})
                    by_seed[seed] = json.loads(file.read_text())
    if not runs:
        raise SystemExit(
            f"None of {', '.join(arguments.contenders)} runs on "
            f"{keras.backend.backend()}, and {folder} has no runs of them."
        )
    step = arguments.seconds / arguments.slices
    seconds = [step * (index + 1) for index in range(arguments.slices)]
    text = quality_curves.quality_table(runs, seconds)
    rival = title(KERAS_DCGAN, "tensorflow")
    if rival in runs:
        text += "\n" + quality_curves.time_table(runs, rival)
    (folder / "table.md").write_text(text)
    first_run = next(run for each in runs.values() for run in each.values())
    summary = {
        "machine": first_run["machine"],
        "protocol": common,
        "runs": quality_curves.summary(runs),
    }
    result_files.write(folder / "table.json", summary)
    quality_curves.draw(folder / "curves.png", runs, seconds)
    print(text)


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default=DATASETS[0])
    add("--data", help="images as an .npz file, instead of --dataset")
    add("--features", help="EfficientNet-Lite0, .keras, or 'classifier'")
    add("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    add("--seconds", type=float, default=600.0, help="(%(default)s)")
    add("--slices", type=int, default=8, help="judgements (%(default)s)")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(0 1 2)")
    add("--samples", type=int, default=1000, help="judged (%(default)s)")
    add("--threads", type=int, help="of computation (the framework's choice)")
    add("--output", default="runs/time_to_quality", help="(%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
