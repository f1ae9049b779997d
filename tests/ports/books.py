"""Programs of books and tutorials."""

import keras
from keras import layers
from keras import ops
from ports.data import half_known
from ports.data import one_hot
from ports.data import uniform

import keras_regan as kr


def digits():
    generator = keras.Sequential(
        [
            layers.Input((8,)),
            layers.Dense(2 * 2 * 8, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((2, 2, 8)),
            layers.Conv2DTranspose(4, 5, 2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(
                1, 5, 2, padding="same", use_bias=False, activation="tanh"
            ),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Conv2D(8, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-4),
        discriminator_optimizer=keras.optimizers.Adam(1e-4),
        shared_samples=True,
    )
    return gan, uniform(8, 8, 1)


def halved(x, filters, normalized=True):
    """Half the height and width, as in both networks of pix2pix."""
    x = layers.Conv2D(filters, 4, 2, padding="same", use_bias=False)(x)
    if normalized:
        x = layers.BatchNormalization()(x)
    return layers.LeakyReLU()(x)


def facades():
    given, wanted = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    half = halved(given, 4, normalized=False)
    quarter = halved(half, 8)
    x = halved(quarter, 8)
    for filters, map_of_size in ((8, quarter), (4, half)):
        x = layers.Conv2DTranspose(
            filters, 4, 2, padding="same", use_bias=False
        )(x)
        x = layers.Dropout(0.5)(layers.BatchNormalization()(x))
        x = layers.Concatenate()([layers.ReLU()(x), map_of_size])
    x = layers.Conv2DTranspose(3, 4, 2, padding="same", activation="tanh")(x)
    generator = keras.Model(given, x)
    x = layers.Concatenate()([wanted, given])
    x = halved(halved(x, 4, normalized=False), 8)
    x = layers.Conv2D(1, 4, padding="same")(x)
    discriminator = keras.Model([wanted, given], x)
    gan = kr.RegularizedGAN(generator, discriminator, latents=None)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        generator_regularizers=[kr.regularizers.Reconstruction(100.0)],
        shared_samples=True,
    )
    return gan, (uniform(8, 8, 3), uniform(8, 8, 3))


def frogs():
    x = latents = keras.Input((8,))
    x = layers.LeakyReLU()(layers.Dense(4 * 4 * 4)(x))
    x = layers.Conv2D(4, 5, padding="same")(layers.Reshape((4, 4, 4))(x))
    x = layers.Conv2DTranspose(4, 4, 2, padding="same")(layers.LeakyReLU()(x))
    x = layers.Conv2D(4, 5, padding="same")(layers.LeakyReLU()(x))
    x = layers.LeakyReLU()(x)
    x = layers.Conv2D(3, 7, padding="same", activation="tanh")(x)
    generator = keras.Model(latents, x)
    images = keras.Input((8, 8, 3))
    x = layers.LeakyReLU()(layers.Conv2D(4, 3)(images))
    x = layers.LeakyReLU()(layers.Conv2D(4, 4, 2)(x))
    x = layers.Dropout(0.4)(layers.Flatten()(x))
    discriminator = keras.Model(images, layers.Dense(1)(x))
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.RMSprop(4e-4, clipvalue=1.0),
        discriminator_optimizer=keras.optimizers.RMSprop(8e-4, clipvalue=1.0),
        loss=kr.losses.NonSaturating(label_smoothing=0.025),
    )
    return gan, uniform(8, 8, 3)


def faces_by_hair():
    latents, labels = keras.Input((6,)), keras.Input((2,))
    x = layers.Reshape((1, 1, 8))(layers.Concatenate()([latents, labels]))
    for filters, strides, padding in ((4, 1, "valid"), (4, 2, "same")):
        x = layers.Conv2DTranspose(
            filters, 4, strides, padding=padding, use_bias=False
        )(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2DTranspose(3, 4, 2, padding="same", activation="tanh")(x)
    generator = keras.Model([latents, labels], x)
    images, labels = keras.Input((16, 16, 3)), keras.Input((2,))
    maps = layers.Reshape((16, 16, 2))(layers.RepeatVector(16 * 16)(labels))
    x = layers.Concatenate()([images, maps])
    for filters in (4, 8):
        x = layers.Conv2D(filters, 4, 2, padding="same")(x)
        x = layers.Dropout(0.3)(layers.LeakyReLU(0.2)(x))
    critic = keras.Model([images, labels], layers.Conv2D(1, 4)(x))
    gan = kr.RegularizedGAN(generator, critic)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(5e-5, 0.5, 0.9),
        discriminator_optimizer=keras.optimizers.Adam(5e-5, 0.5, 0.9),
        loss=kr.losses.Wasserstein(),
        discriminator_regularizers=[
            kr.penalties.WassersteinGradientPenalty(10.0)
        ],
        discriminator_steps=3,
    )
    return gan, (uniform(16, 16, 3), one_hot(2))


def chorales():
    bars, steps, pitches, tracks, size = 2, 4, 6, 2, 3

    def over_time(latents):
        """One vector of each bar."""
        x = layers.Reshape((1, 1, size))(latents)
        x = layers.Conv2DTranspose(4, (2, 1))(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.Conv2DTranspose(size, (bars - 1, 1))(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        return ops.unstack(layers.Reshape((bars, size))(x), axis=1)

    def bar_generator():
        """Makes one bar of one track."""
        return keras.Sequential(
            [
                layers.Input((4 * size,)),
                layers.Dense(2 * 4),
                layers.BatchNormalization(momentum=0.9),
                layers.ReLU(),
                layers.Reshape((2, 1, 4)),
                layers.Conv2DTranspose(4, (2, 1), (2, 1), padding="same"),
                layers.BatchNormalization(momentum=0.9),
                layers.ReLU(),
                layers.Conv2DTranspose(
                    1, (1, 6), (1, 6), padding="same", activation="tanh"
                ),
                layers.Reshape((1, steps, pitches, 1)),
            ]
        )

    # Chords and style of all tracks, melody and groove of each.
    latents = keras.Input(((2 + 2 * tracks) * size,))
    chords, style, *of_tracks = ops.split(latents, 2 + 2 * tracks, axis=1)
    chords = over_time(chords)
    melodies = [over_time(melody) for melody in of_tracks[:tracks]]
    grooves = of_tracks[tracks:]
    generators = [bar_generator() for _ in range(tracks)]
    music = [
        layers.Concatenate()(
            [
                make(
                    layers.Concatenate()(
                        [chords[bar], style, melody[bar], groove]
                    )
                )
                for make, melody, groove in zip(
                    generators, melodies, grooves, strict=True
                )
            ]
        )
        for bar in range(bars)
    ]
    generator = keras.Model(latents, layers.Concatenate(axis=1)(music))
    critic = keras.Sequential(
        [
            layers.Input((bars, steps, pitches, tracks)),
            layers.Conv3D(4, (2, 1, 1)),
            layers.LeakyReLU(),
            layers.Conv3D(4, (1, 1, 6), (1, 1, 6), padding="same"),
            layers.LeakyReLU(),
            layers.Conv3D(4, (1, 2, 1), (1, 2, 1), padding="same"),
            layers.LeakyReLU(),
            layers.Flatten(),
            layers.Dense(8),
            layers.LeakyReLU(),
            layers.Dense(1),
        ]
    )
    gan = kr.RegularizedGAN(generator, critic)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, 0.5, 0.9),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, 0.5, 0.9),
        loss=kr.losses.Wasserstein(),
        discriminator_regularizers=[
            kr.penalties.WassersteinGradientPenalty(10.0)
        ],
        discriminator_steps=5,
    )
    return gan, uniform(bars, steps, pitches, tracks)


def digits_of_few_labels():
    generator = keras.Sequential(
        [
            layers.Input((8,)),
            layers.Dense(2 * 2 * 8),
            layers.Reshape((2, 2, 8)),
            layers.Conv2DTranspose(4, 3, 2, padding="same"),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.01),
            layers.Conv2DTranspose(4, 3, 1, padding="same"),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.01),
            layers.Conv2DTranspose(1, 3, 2, padding="same", activation="tanh"),
        ]
    )
    images = keras.Input((8, 8, 1))
    x = layers.LeakyReLU(0.01)(layers.Conv2D(4, 3, 2, padding="same")(images))
    for filters in (4, 8):
        x = layers.Conv2D(filters, 3, 2, padding="same")(x)
        x = layers.LeakyReLU(0.01)(layers.BatchNormalization()(x))
    x = layers.Dense(10)(layers.Flatten()(layers.Dropout(0.5)(x)))
    # Real with the probability Z / (Z + 1), where Z is the sum of exp(x).
    logits = ops.logsumexp(x, axis=-1, keepdims=True)
    discriminator = keras.Model(images, {"logits": logits, "class_logits": x})
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(),
        discriminator_optimizer=keras.optimizers.Adam(),
        discriminator_regularizers=[kr.penalties.AuxiliaryClassifier()],
    )
    return gan, (uniform(8, 8, 1), half_known(10))
