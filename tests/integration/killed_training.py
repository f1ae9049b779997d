"""A training that may be killed at any moment, and is started again.

    python killed_training.py backup|checkpoint FOLDER EPOCHS

Writes `begun` after some steps and `final.npz` when all is done. Has a
part of every kind that keeps something from step to step.
"""

import os
import pathlib
import sys

import keras
import numpy as np
from keras import ops

import keras_regan as kr

layers = keras.layers


def networks():
    generator = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(16),
            layers.BatchNormalization(),
            layers.Dropout(0.1),
            layers.ReLU(),
            layers.Dense(64, activation="tanh", dtype="float32"),
            layers.Reshape((8, 8, 1), dtype="float32"),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(16),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dropout(0.2),
            layers.Dense(1, dtype="float32"),
        ]
    )
    return generator, discriminator


def build():
    keras.config.set_dtype_policy("mixed_float16")
    pair = networks()
    keras.config.set_dtype_policy("float32")
    pixels = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten()], name="pixels"
    )
    gan = kr.RegularizedGAN(*pair, ema_momentum=0.9)
    gan.compile(
        generator_optimizer=keras.optimizers.LossScaleOptimizer(
            keras.optimizers.Adam(1e-3), initial_scale=2.0**20
        ),
        discriminator_optimizer=keras.optimizers.RMSprop(
            keras.optimizers.schedules.ExponentialDecay(1e-3, 50, 0.9)
        ),
        generator_regularizers=[
            kr.penalties.PathLength(0.01, interval=2),
            kr.penalties.Scheduled(
                kr.regularizers.PairwiseDistance(1.0),
                kr.penalties.AdjustableFactor(0.1),
            ),
        ],
        discriminator_regularizers=[
            kr.penalties.R1(0.1, interval=3),
            kr.penalties.Scheduled(
                kr.penalties.LeCam(0.1),
                keras.optimizers.schedules.PolynomialDecay(1.0, 400, 0.1),
            ),
        ],
        discriminator_steps=2,
        augmentation=kr.augmentations.AdaptiveAugmentation(
            [kr.augmentations.HorizontalFlip()],
            interval=3,
            adjustment_images=2000,
        ),
        metrics=[kr.metrics.KernelDistance(pixels, subsets=2)],
    )
    return gan


class Begun(keras.callbacks.Callback):
    """Tells that there is something to lose: two epochs, and half of one."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.batches = 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        if self.batches == 20:
            self.path.touch()


def main():
    mode, folder, epochs = sys.argv[1:]
    folder = pathlib.Path(folder)
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).uniform(-1, 1, (32, 8, 8, 1))
    images = images.astype("float32")
    saved = folder / "gan.keras"
    if mode == "backup":
        gan = build()
        keeper = keras.callbacks.BackupAndRestore(
            folder / "backup", save_freq=3
        )
    else:
        gan = keras.models.load_model(saved) if saved.exists() else build()
        keeper = keras.callbacks.ModelCheckpoint(saved, save_freq=3)
    gan.fit(
        images,
        batch_size=4,
        epochs=int(epochs),
        shuffle=False,
        verbose=0,
        resume=mode == "checkpoint",
        validation_data=images[:8],
        callbacks=[
            keeper,
            # Not of the training: what is resumed has means of less.
            kr.callbacks.AdaptiveFactor(
                "g_pairwise_distance", 1.4, "val_d_loss"
            ),
            kr.callbacks.SampleGrid(folder / "samples", every=5),
            Begun(folder / "begun"),
        ],
    )
    np.savez(
        folder / "unfinished.npz",
        **{
            # A loaded model names some of its variables otherwise.
            f"{index:03d}": ops.convert_to_numpy(v.value)
            for index, v in enumerate(gan.trained_variables)
        },
        position=gan.position,
    )
    os.replace(folder / "unfinished.npz", folder / "final.npz")


if __name__ == "__main__":
    main()
