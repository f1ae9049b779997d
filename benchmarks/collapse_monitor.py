"""Does `CollapseMonitor` see a collapse within an epoch, and nothing else?

    python benchmarks/collapse_monitor.py --output collapse_monitor.json

trains a DCGAN on the garments of `examples/train_images.py`, with the settings
that this had before `recipes.quick`, but for what each setting says:

* healthy: nothing, for 20 epochs. There should be no alarm.
* learning_rate: both learning rates are 1.0 instead of 2e-4. An alarm is due in
  the first epoch.
* high_learning_rate: they are 0.1. Likewise.
* attract: `PairwiseDistance(100.0, direction="attract")`. Likewise.
* late: the learning rates become 1.0 after a healthy epoch. An alarm is due
  within as many batches as an epoch has.
* roll_back: as high_learning_rate, with `RollBack(0.1)`, for 10 epochs. The end
  should be healthy.
* late_roll_back: as late, with `RollBack(0.01)`, for 10 epochs. Likewise.

Prints for each run the alarms, the diversity of the samples before the first
one and at the end, and which share of the time of training the monitor took.
"""

import argparse
import pathlib
import sys
import time
import warnings

import keras
import result_files

import keras_regan as kr

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"
SETTINGS = {
    "healthy": {"epochs": 20},
    "learning_rate": {"epochs": 1, "learning_rate": 1.0},
    "high_learning_rate": {"epochs": 1, "learning_rate": 0.1},
    "attract": {
        "epochs": 1,
        "pairwise": {"factor": 100.0, "direction": "attract"},
    },
    "late": {"epochs": 3, "raised_after": 1},
    "roll_back": {
        "epochs": 10,
        "learning_rate": 0.1,
        "action": kr.callbacks.RollBack(0.1),
    },
    "late_roll_back": {
        "epochs": 10,
        "raised_after": 1,
        "action": kr.callbacks.RollBack(0.01),
    },
}


class TimedMonitor(kr.callbacks.CollapseMonitor):
    """Knows how long it took."""

    seconds = 0.0  # Of processor time, on all cores.

    def on_train_batch_end(self, batch, logs=None):
        """Times what it does."""
        start = time.process_time()
        super().on_train_batch_end(batch, logs)
        self.seconds += time.process_time() - start

    def on_epoch_end(self, epoch, logs=None):
        """Times what it does."""
        start = time.process_time()
        super().on_epoch_end(epoch, logs)
        self.seconds += time.process_time() - start


def train(
    images,
    seed,
    epochs,
    learning_rate=2e-4,
    pairwise=None,
    raised_after=None,
    action=None,
):
    """Trains as the main example did; returns what the monitor saw."""
    keras.utils.set_random_seed(seed)
    generator, discriminator = kr.networks.dcgan(
        images.shape[1:], width=32, discriminator_batch_normalization=True
    )
    gan = kr.RegularizedGAN(
        generator, discriminator, ema_momentum=0.995, seed=seed
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(learning_rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(
            learning_rate, beta_1=0.5
        ),
        loss=kr.losses.NonSaturating(),
        generator_regularizers=[
            kr.regularizers.L1(1e-5),
            kr.regularizers.PairwiseDistance(**(pairwise or {"factor": 0.1})),
        ],
    )
    monitor = TimedMonitor(images, action=action)
    callbacks = [monitor]
    if raised_after is not None:
        callbacks.append(
            keras.callbacks.LearningRateScheduler(
                lambda epoch, rate: 1.0 if epoch == raised_after else rate
            )
        )
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        gan.fit(
            images, batch_size=32, epochs=epochs, callbacks=callbacks, verbose=0
        )
    seconds = time.process_time() - start
    return {
        "seed": seed,
        "alarms": [alarm._asdict() for alarm in monitor.alarms],
        "checks": [
            [check.epoch, check.batch, *check.signs.logs().values()]
            for check in monitor.checks
        ],
        "learning_rates": [
            float(optimizer.learning_rate)
            for optimizer in gan.optimizer.optimizers
        ],
        "seconds": seconds,
        "share_of_monitor": monitor.seconds / seconds,
    }


def row(setting, result):
    """Returns a line of the table."""
    alarms = ", ".join(
        f"{alarm['kind']} ({alarm['epoch']}, {alarm['batch']})"
        for alarm in result["alarms"]
    )
    diversity = [check[2] for check in result["checks"]]
    return (
        f"| {setting} | {result['seed']} | {alarms or 'none'} | "
        f"{diversity[-1]:.2f} | {100 * result['share_of_monitor']:.2f} % |"
    )


def main():
    arguments = parse_arguments()
    sys.path.insert(0, str(EXAMPLES))
    from image_data import load_images

    images = load_images("fashion_mnist_subset", None, None).images
    results = {setting: [] for setting in arguments.settings}
    print("| setting | seed | alarms (epoch, batch) | diversity | monitor |")
    print("|---|---|---|---|---|")
    for setting in arguments.settings:
        changes = dict(SETTINGS[setting])
        changes["epochs"] = arguments.epochs or changes["epochs"]
        for seed in range(arguments.seeds):
            keras.utils.clear_session()
            results[setting].append(train(images, seed, **changes))
            print(row(setting, results[setting][-1]), flush=True)
            if arguments.output:
                # After each run: an interrupted experiment keeps the rest.
                result_files.write(pathlib.Path(arguments.output), results)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    add("--seeds", type=int, default=10, help="(%(default)s)")
    add("--epochs", type=int, help="(as each setting says)")
    add("--output", help="a JSON file for the results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
