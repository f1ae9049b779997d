"""Compare four runs that differ only in hard and soft regularization.

    python examples/compare_regularization.py --dataset cifar10

The script trains the same DCGAN, from the same initial weights on the same
images in the same order, with no regularizer, with the hard one (L1 on the
generator's weights), with the soft one (distance between pairs of outputs) and
with both. It writes a grid of samples for each and a table, `table.md`. It does
not repeat a run that is already in the output folder.
"""

import argparse
import csv
import json
import pathlib
import time
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from image_data import DATASETS
from image_data import errors_in_one_line
from image_data import load_images
from measures import mean_pairwise_distance
from measures import share_of_small_weights

import keras_regan as kr

LOSSES = {
    "minimax": kr.losses.Minimax,
    "non_saturating": kr.losses.NonSaturating,
}
COLUMNS = {
    "d_loss": "d_loss",
    "g_adversarial_loss": "g_loss without regularizers",
    "generated_distance": "distance of generated images",
    "real_distance": "of real images",
    "small_weights": "generator weights below 0.001",
    "seconds_per_epoch": "seconds per epoch",
}


def main() -> None:
    arguments = parse_arguments()
    with errors_in_one_line():
        images = load_images(arguments.dataset, arguments.data).images
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    hard = [kr.regularizers.L1(arguments.hard_factor)]
    real_distance = mean_pairwise_distance(images)
    soft = [
        kr.regularizers.PairwiseDistance(
            arguments.soft_factor, margin=real_distance
        )
    ]
    runs = {"none": [], "hard": hard, "soft": soft, "both": hard + soft}
    for name in arguments.runs or runs:
        file = output / f"{name}.json"
        if not file.exists():
            result = run(arguments, name, runs[name], images, output)
            result["real_distance"] = real_distance
            file.write_text(json.dumps(result, indent=2) + "\n")
    write_table(output, runs)


def run(
    arguments: argparse.Namespace,
    name: str,
    regularizers: list[keras.regularizers.Regularizer],
    images: np.ndarray,
    output: pathlib.Path,
) -> dict[str, Any]:
    print(f"\n--- {name}: {[r.get_config() for r in regularizers]}")
    keras.utils.set_random_seed(arguments.seed)
    generator, discriminator = kr.networks.dcgan(
        images.shape[1:], width=arguments.width
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=arguments.seed)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
        loss=LOSSES[arguments.loss](),
        generator_regularizers=regularizers,
    )
    start = time.perf_counter()
    gan.fit(
        images,
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        verbose=2,
        callbacks=[
            kr.callbacks.SampleGrid(output / name, seed=arguments.seed),
            keras.callbacks.CSVLogger(output / f"{name}.csv"),
        ],
    )
    seconds = time.perf_counter() - start
    with open(output / f"{name}.csv", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    added = [float(last[f"g_{r.name}"]) for r in regularizers]
    return {
        **{key: getattr(arguments, key) for key in ("epochs", "batch_size")},
        **{key: getattr(arguments, key) for key in ("width", "loss", "seed")},
        "backend": keras.backend.backend(),
        "regularizers": [r.get_config() for r in regularizers],
        "d_loss": float(last["d_loss"]),
        "g_adversarial_loss": float(last["g_loss"]) - sum(added),
        "generated_distance": mean_pairwise_distance(
            gan.generate(2000, seed=arguments.seed)
        ),
        "small_weights": share_of_small_weights(generator),
        "seconds_per_epoch": seconds / arguments.epochs,
    }


def write_table(output: pathlib.Path, runs: Iterable[str]) -> None:
    lines = [
        "| regularizer | " + " | ".join(COLUMNS.values()) + " |",
        "|---" * (len(COLUMNS) + 1) + "|",
    ]
    for name in runs:
        file = output / f"{name}.json"
        if file.exists():
            result = json.loads(file.read_text())
            cells = [f"{result[column]:.3g}" for column in COLUMNS]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    (output / "table.md").write_text("\n".join(lines) + "\n")
    print("\n" + "\n".join(lines) + f"\n\nGrids, logs and table: {output}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="cifar10", help="(%(default)s)")
    add("--data", help="an .npz file or a folder of images instead")
    add("--loss", choices=LOSSES, default="minimax", help="(%(default)s)")
    add("--hard-factor", type=float, default=1e-4, help="of L1 (%(default)s)")
    add("--soft-factor", type=float, default=0.5, help="(%(default)s)")
    add("--epochs", type=int, default=10, help="(%(default)s)")
    add("--batch-size", type=int, default=32, help="(%(default)s)")
    add("--width", type=int, default=24, help="of the DCGAN (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    add("--runs", nargs="+", choices=("none", "hard", "soft", "both"))
    add("--output", default="runs/compare_regularization")
    return parser.parse_args()


if __name__ == "__main__":
    main()
