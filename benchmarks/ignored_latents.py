"""Does `CollapseMonitor` see that latents are ignored, and nothing else?

    KERAS_BACKEND=torch python benchmarks/ignored_latents.py --output out.json

trains small perceptrons on two tasks, with R1 and, but for `adversarial`, ten
times the mean absolute difference to the real sample of the same condition:

* classes: ten classes on a circle of radius 5, each with a spread of 0.30,
* halves: the lower half of a garment of 14 x 14 pixels, given its upper half.

Settings:

* ignored: nothing else. The generator learns to ignore its latents, and an
  alarm is due in the first epoch.
* mode_seeking, pairwise_distance: with soft regularization of pairs of one
  condition. No alarm.
* adversarial: without the reconstruction. The samples vary by themselves: no
  alarm.

Prints for each run the alarms and how far apart samples of one condition are at
the end, relative to what the monitor takes for healthy.
"""

import argparse
import pathlib
import sys
import warnings

import keras
import numpy as np
import result_files
from keras import ops

import keras_regan as kr

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"
BATCH = 64
STEPS = {"classes": 900, "halves": 300}  # Of an epoch.
CLASSES = 10
LATENTS = 8
SETTINGS = {
    "classes": ("ignored", "mode_seeking", "pairwise_distance", "adversarial"),
    "halves": ("ignored", "mode_seeking", "pairwise_distance"),
}


class MeanAbsoluteDifference(kr.regularizers.SampleRegularizer):
    """To the real sample that came with the same condition."""

    called_with = ("samples", "real")

    def call(self, samples, real):
        """Returns the mean absolute difference."""
        return ops.mean(ops.abs(samples - real))


def classes_on_a_circle():
    """Returns samples in the plane and their classes."""
    count = 4000
    random = np.random.default_rng(0)
    labels = random.integers(CLASSES, size=count).astype("int32")
    angles = 2 * np.pi * labels / CLASSES
    means = 5.0 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    samples = means + 0.3 * random.normal(size=(count, 2))
    return samples.astype("float32"), labels


def halves_of_garments():
    """Returns lower halves and the upper halves that they belong to."""
    sys.path.insert(0, str(EXAMPLES))
    from image_data import load_images

    images = load_images("fashion_mnist_subset", None, None).images
    small = images.reshape(-1, 14, 2, 14, 2, 1).mean(axis=(2, 4))
    return small[:, 7:], small[:, :7]


DATA = {"classes": classes_on_a_circle, "halves": halves_of_garments}


def networks_of(task):
    """Returns perceptrons for a task."""
    if task == "classes":
        _, discriminator = kr.networks.mlp(
            (2,),
            latent_dim=LATENTS,
            hidden=(64, 64),
            output_activation=None,
            num_classes=CLASSES,
        )
        return generator_of_classes(), discriminator
    shape = (7, 14, 1)
    return (
        perceptron((LATENTS,), shape, shape, "tanh"),
        perceptron(shape, shape, (1,), None),
    )


def generator_of_classes():
    """Returns a perceptron that sees a class at the length of its latents.

    That of `networks.mlp` sees it one-hot, and ignores latents less.
    """
    layers = keras.layers
    latents = keras.Input((LATENTS,))
    labels = keras.Input((), dtype="int32")
    vectors = layers.Embedding(
        CLASSES,
        LATENTS,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
    )(labels)
    x = layers.Concatenate()([latents, vectors])
    for _ in range(2):
        x = layers.LeakyReLU(0.2)(layers.Dense(64)(x))
    return keras.Model([latents, labels], layers.Dense(2)(x))


def perceptron(first, second, outputs, activation):
    """Returns a network of two inputs."""
    layers = keras.layers
    inputs = [keras.Input(first), keras.Input(second)]
    x = layers.Concatenate()([layers.Flatten()(part) for part in inputs])
    for _ in range(2):
        x = layers.LeakyReLU(0.2)(layers.Dense(64)(x))
    x = layers.Dense(int(np.prod(outputs)), activation=activation)(x)
    return keras.Model(inputs, layers.Reshape(outputs)(x))


def terms_of(task, setting):
    """Returns the generator's regularizers."""
    terms = []
    if setting != "adversarial":
        terms.append(MeanAbsoluteDifference(10.0))
    if setting == "mode_seeking":
        terms.append(kr.regularizers.ModeSeeking(0.3))
    if setting == "pairwise_distance":
        margin = {"classes": 0.35, "halves": 0.4}[task]
        terms.append(
            kr.regularizers.PairwiseDistance(10.0, distance="l1", margin=margin)
        )
    return terms


def train(task, setting, seed):
    """Trains for an epoch; returns what the monitor saw."""
    data = DATA[task]()
    keras.utils.set_random_seed(seed)
    gan = kr.RegularizedGAN(*networks_of(task), seed=seed)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        loss=kr.losses.NonSaturating(),
        generator_regularizers=terms_of(task, setting),
        discriminator_regularizers=[kr.penalties.R1(0.1)],
    )
    monitor = kr.callbacks.CollapseMonitor(data, every=50)
    random = np.random.default_rng(seed)
    rows = random.integers(len(data[0]), size=STEPS[task] * BATCH)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        gan.fit(
            tuple(part[rows] for part in data),
            batch_size=BATCH,
            callbacks=[monitor],
            verbose=0,
        )
    return {
        "task": task,
        "setting": setting,
        "seed": seed,
        "alarms": [alarm._asdict() for alarm in monitor.alarms],
        "conditional_diversity": [
            float(check.signs.conditional_diversity) for check in monitor.checks
        ],
        "diversity": [float(c.signs.diversity) for c in monitor.checks],
    }


def row(result):
    """Returns a line of the table."""
    alarms = ", ".join(
        f"{alarm['kind']} ({alarm['batch']})" for alarm in result["alarms"]
    )
    return (
        f"| {result['task']} | {result['setting']} | {result['seed']} | "
        f"{alarms or 'none'} | {result['conditional_diversity'][-1]:.2f} |"
    )


def main():
    arguments = parse_arguments()
    results = []
    print("| task | setting | seed | alarms (batch) | at the end |")
    print("|---|---|---|---|---|")
    for seed in range(arguments.seeds):
        for task, settings in SETTINGS.items():
            for setting in settings:
                if setting not in arguments.settings:
                    continue
                results.append(train(task, setting, seed))
                print(row(results[-1]), flush=True)
                if arguments.output:
                    # After each run: an interrupted experiment keeps the rest.
                    result_files.write(pathlib.Path(arguments.output), results)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--settings", nargs="+", default=SETTINGS["classes"])
    add("--seeds", type=int, default=10, help="(%(default)s)")
    add("--output", help="a JSON file for the results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
