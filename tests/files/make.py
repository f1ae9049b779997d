"""Writes the files of a release that later versions have to read.

Run it once for each released version, on the commit that is released:

    KERAS_BACKEND=tensorflow python tests/files/make.py

It writes `keras_regan-<version>.keras`, `keras_regan-<version>.weights.h5` and
`keras_regan-<version>.npz`, which holds what a model has to be like that loaded
one of them. What is there already is never written again: only the code of
that version can. A release whose models hold more adds a function to `GANS`;
those of earlier releases stay as they are.
"""

import pathlib

import keras
import numpy as np
from keras import ops

import keras_regan as kr

FOLDER = pathlib.Path(__file__).parent


def gan_0_1_0():
    """A small GAN that uses all that 0.1.0 has a state for."""
    layers = keras.layers
    schedules = keras.optimizers.schedules
    generator = keras.Sequential(
        [
            layers.Input((3,)),
            layers.Dense(16),
            layers.Reshape((4, 4, 1)),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dropout(0.1, seed=3),
            layers.Conv2DTranspose(1, 4, 2, padding="same", activation="tanh"),
        ],
        name="generator",
    )
    discriminator = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(2, 4, 2, padding="same"),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dropout(0.2, seed=7),
            layers.Flatten(),
            layers.Dense(1),
        ],
        name="discriminator",
    )
    features = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(2, bias_initializer="random_normal"),
        ],
        name="features",
    )
    gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.9, seed=5)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(
            schedules.ExponentialDecay(1e-2, 4, 0.9), beta_1=0.5
        ),
        discriminator_optimizer=keras.optimizers.RMSprop(1e-2, momentum=0.1),
        loss=kr.losses.Hinge(),
        generator_regularizers=[
            kr.penalties.Scheduled(
                kr.regularizers.PairwiseDistance(0.1),
                schedules.PolynomialDecay(1.0, 12, 0.0),
            ),
            kr.penalties.Scheduled(
                kr.regularizers.L1(1e-3), kr.penalties.AdjustableFactor(1.0)
            ),
        ],
        discriminator_regularizers=[
            kr.penalties.LeCam(0.1),
            kr.penalties.R1(1.0, interval=3),
        ],
        discriminator_steps=2,
        augmentation=kr.augmentations.AdaptiveAugmentation(
            interval=3, adjustment_images=100, initial_probability=0.5
        ),
        metrics=[kr.metrics.FrechetDistance(features)],
    )
    return gan


GANS = {"0.1.0": gan_0_1_0}


def train(gan):
    """Lets all that the model holds differ from what it starts with."""
    images = np.random.default_rng(0).uniform(-1, 1, (20, 8, 8, 1))
    images = images.astype("float32")
    gan.fit(images, batch_size=5, epochs=2, verbose=0)
    gan.evaluate(images, batch_size=5, verbose=0)
    gan.generate(3)
    gan.ema_generator(latents(), training=True)
    gan.regularizer_factors["g_l1"].value = 0.25
    gan.optimizer.discriminator_optimizer.learning_rate = 0.005


def latents():
    """Latents that are the same on all backends."""
    return np.linspace(-1.0, 1.0, 12, dtype="float32").reshape(4, 3)


def everything(gan):
    """All that is saved, and samples, by names that stay the same."""
    pair = gan.optimizer
    parts = {
        "generator": gan.generator.variables,
        "discriminator": gan.discriminator.variables,
        "ema_generator": gan.ema_generator.variables,
        "generator_optimizer": pair.generator_optimizer.variables,
        "discriminator_optimizer": pair.discriminator_optimizer.variables,
        "augmentation": gan._game.augmentation.variables,
        "features": gan._game.metrics[0].features.variables,
    }
    for stream in (
        "training",
        "evaluation",
        "generation",
        "regularization",
        "evaluated_regularization",
    ):
        parts[f"seed_{stream}"] = [getattr(gan, f"_{stream}_seed").state]
    for player in gan._game.players:
        parts[f"{player.role}_step"] = [player.step]
        for penalty in player.penalties:
            parts[f"{player.role}_{penalty.name}"] = penalty.state
    values = {
        f"{part}/{index}": ops.convert_to_numpy(variable.value)
        for part, variables in parts.items()
        for index, variable in enumerate(variables)
    }
    values["predictions"] = gan.predict(latents(), verbose=0)
    values["samples"] = gan.generate(4, seed=0)
    return values


def main():
    keras.utils.set_random_seed(0)
    version = kr.__version__
    stem = FOLDER / f"keras_regan-{version}"
    if stem.with_name(f"{stem.name}.keras").exists():
        raise SystemExit(f"The files of {version} are there already.")
    gan = GANS[version]()
    train(gan)
    np.savez_compressed(f"{stem}.npz", **everything(gan))
    gan.save(f"{stem}.keras")
    gan.save_weights(f"{stem}.weights.h5")


if __name__ == "__main__":
    main()
