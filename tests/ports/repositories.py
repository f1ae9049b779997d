"""Programs that people put on GitHub: sounds, melodies, tables, losses."""

import keras
from keras import layers
from ports.data import classes
from ports.data import uniform

import keras_regan as kr


def knocking_sounds():
    latents, labels = keras.Input((8,)), keras.Input((), dtype="int32")
    x = layers.Reshape((2, 4))(layers.Dense(2 * 4)(latents))
    x = layers.ReLU()(layers.BatchNormalization()(x))
    kind = layers.Dense(2)(layers.Embedding(5, 10)(labels))
    x = layers.Concatenate()([x, layers.Reshape((2, 1))(kind)])
    x = layers.Conv1DTranspose(4, 25, 4, padding="same", activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv1DTranspose(1, 25, 4, padding="same", activation="tanh")(x)
    generator = keras.Model([latents, labels], x)
    sounds, labels = keras.Input((32, 1)), keras.Input((), dtype="int32")
    kind = layers.Dense(32)(layers.Embedding(5, 10)(labels))
    x = layers.Concatenate()([sounds, layers.Reshape((32, 1))(kind)])
    for filters in (4, 8):
        x = layers.Conv1D(filters, 25, 4, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    logits = layers.Dense(1)(layers.Flatten()(x))
    critic = keras.Model([sounds, labels], logits)
    gan = kr.RegularizedGAN(generator, critic)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4),
        discriminator_optimizer=keras.optimizers.Adam(2e-4),
        loss=kr.losses.Wasserstein(),
        discriminator_regularizers=[
            kr.penalties.WassersteinGradientPenalty(10.0)
        ],
        discriminator_steps=5,
    )
    return gan, (uniform(32, 1), classes(5))


def melodies():
    generator = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Reshape((6, 1)),
            layers.LSTM(4, return_sequences=True),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dense(8),
            layers.LeakyReLU(0.2),
            layers.BatchNormalization(momentum=0.8),
            layers.Dense(5, activation="tanh"),
            layers.Reshape((5, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input((5, 1)),
            layers.LSTM(4, return_sequences=True),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dense(8),
            layers.LeakyReLU(0.2),
            layers.Dense(1),
        ]
    )
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
    )
    return gan, uniform(5, 1)


def census():
    generator = keras.Sequential(
        [
            layers.Input((8,)),
            layers.Dense(8, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(6),
        ]
    )
    critic = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.1),
            layers.Dense(8, activation="relu"),
            layers.Dense(1),
        ]
    )
    gan = kr.RegularizedGAN(generator, critic)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(
            1e-5, 0.5, 0.9, clipvalue=0.001
        ),
        discriminator_optimizer=keras.optimizers.Adam(
            1e-5, 0.5, 0.9, clipvalue=0.001
        ),
        loss=kr.losses.Wasserstein(),
        discriminator_regularizers=[kr.penalties.DRAGAN(10.0)],
        discriminator_steps=3,
    )
    return gan, uniform(6)


def flowers():
    generator = keras.Sequential(
        [
            layers.Input((8,)),
            layers.Reshape((1, 1, 8)),
            layers.Conv2DTranspose(4, 4, use_bias=False),
            layers.BatchNormalization(scale=False),
            layers.ReLU(),
            layers.Conv2DTranspose(
                3, 4, 2, padding="same", activation="sigmoid"
            ),
        ]
    )
    normalized = kr.layers.SpectralNormalization
    discriminator = keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            normalized(layers.Conv2D(4, 4, 2, padding="same", use_bias=False)),
            layers.BatchNormalization(scale=False),
            layers.LeakyReLU(0.2),
            layers.Dropout(0.4),
            normalized(layers.Conv2D(1, 4)),
        ]
    )
    gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.99)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        loss=kr.losses.Hinge(),
    )
    return gan, uniform(8, 8, 3, low=0.0)


def garments_by_comparison():
    generator = keras.Sequential(
        [
            layers.Input((8,)),
            layers.Dense(2 * 2 * 8, activation="relu"),
            layers.Reshape((2, 2, 8)),
            layers.Conv2DTranspose(4, 4, 2, padding="same", activation="relu"),
            layers.BatchNormalization(momentum=0.9, epsilon=2e-5),
            layers.Conv2DTranspose(2, 4, 2, padding="same", activation="relu"),
            layers.BatchNormalization(momentum=0.9, epsilon=2e-5),
            layers.Conv2DTranspose(1, 3, padding="same", activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 4, 2, padding="same"),
            layers.LeakyReLU(0.1),
            layers.Conv2D(8, 4, 2, padding="same"),
            layers.LeakyReLU(0.1),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        loss=kr.losses.RelativisticAverage(),
    )
    return gan, uniform(8, 8, 1)
