"""Programs of keras.io/examples/generative."""

import keras
from keras import layers
from keras import ops
from ports.data import one_hot
from ports.data import uniform

import keras_regan as kr


def faces():
    generator = keras.Sequential(
        [
            layers.Input((8,)),
            layers.Dense(2 * 2 * 4),
            layers.Reshape((2, 2, 4)),
            layers.Conv2DTranspose(4, 4, 2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Conv2DTranspose(8, 4, 2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Conv2D(3, 5, padding="same", activation="sigmoid"),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Conv2D(4, 4, 2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Conv2D(4, 4, 2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(1),
        ]
    )
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-4),
        discriminator_optimizer=keras.optimizers.Adam(1e-4),
        loss=kr.losses.NonSaturating(label_smoothing=0.025),
    )
    return gan, uniform(8, 8, 3, low=0.0)


def garments():
    latents = keras.Input((8,))
    x = layers.Dense(2 * 2 * 8, use_bias=False)(latents)
    x = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x))
    x = layers.Reshape((2, 2, 8))(x)
    for filters, activation in (
        (4, layers.LeakyReLU(0.2)),
        (1, layers.Activation("tanh")),
    ):
        x = layers.UpSampling2D()(x)
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = activation(layers.BatchNormalization()(x))
    generator = keras.Model(latents, layers.Cropping2D(1)(x))
    images = keras.Input((6, 6, 1))
    x = layers.ZeroPadding2D(1)(images)
    for filters in (4, 8):
        x = layers.Conv2D(filters, 5, 2, padding="same")(x)
        x = layers.Dropout(0.3)(layers.LeakyReLU(0.2)(x))
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    critic = keras.Model(images, layers.Dense(1)(x))
    gan = kr.RegularizedGAN(generator, critic)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5, 0.9),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5, 0.9),
        loss=kr.losses.Wasserstein(),
        discriminator_regularizers=[
            kr.penalties.WassersteinGradientPenalty(10.0)
        ],
        discriminator_steps=3,
    )
    return gan, uniform(6, 6, 1)


def digits_by_class():
    latents, labels = keras.Input((8,)), keras.Input((10,))
    x = layers.Concatenate()([latents, labels])
    x = layers.LeakyReLU(0.2)(layers.Dense(2 * 2 * 18)(x))
    x = layers.Reshape((2, 2, 18))(x)
    for _ in range(2):
        x = layers.Conv2DTranspose(4, 4, 2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(1, 7, padding="same", activation="sigmoid")(x)
    generator = keras.Model([latents, labels], x)
    images, labels = keras.Input((8, 8, 1)), keras.Input((10,))
    maps = layers.Reshape((8, 8, 10))(layers.RepeatVector(8 * 8)(labels))
    x = layers.Concatenate()([images, maps])
    for filters in (4, 8):
        x = layers.Conv2D(filters, 3, 2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    logits = layers.Dense(1)(layers.GlobalMaxPooling2D()(x))
    discriminator = keras.Model([images, labels], logits)
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(3e-4),
        discriminator_optimizer=keras.optimizers.Adam(3e-4),
    )
    return gan, (uniform(8, 8, 1, low=0.0), one_hot(10))


def birds():
    latents = keras.Input((8,))
    x = layers.Dense(4 * 4 * 4, use_bias=False)(latents)
    x = layers.ReLU()(layers.BatchNormalization(scale=False)(x))
    x = layers.Reshape((4, 4, 4))(x)
    x = layers.Conv2DTranspose(3, 4, 2, padding="same", activation="sigmoid")(x)
    generator = keras.Model(latents, x)
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 4, 2, padding="same", use_bias=False)(images)
    x = layers.LeakyReLU(0.2)(layers.BatchNormalization(scale=False)(x))
    x = layers.Dropout(0.4)(layers.Flatten()(x))
    discriminator = keras.Model(images, layers.Dense(1)(x))
    inception = keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Conv2D(4, 3, 2, activation="relu"),
            layers.GlobalAveragePooling2D(),
        ]
    )
    gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.99)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        augmentation=kr.augmentations.AdaptiveAugmentation(
            [
                kr.augmentations.HorizontalFlip(),
                kr.augmentations.Translation(0.125),
            ],
            target=0.6,
            interval=1,
            adjustment_images=128_000,
        ),
        metrics=[kr.metrics.KernelDistance(inception, subset_size=10)],
    )
    return gan, uniform(8, 8, 3, low=0.0)


def molecules():
    atoms, kinds = 4, 5
    x = latents = keras.Input((8,))
    for units in (8, 16):
        x = layers.Dropout(0.2)(layers.Dense(units, activation="tanh")(x))
    bonds = layers.Dense(kinds * atoms * atoms)(x)
    bonds = layers.Reshape((kinds, atoms, atoms))(bonds)
    bonds = (bonds + ops.transpose(bonds, (0, 1, 3, 2))) / 2
    features = layers.Reshape((kinds, atoms, 1))(layers.Dense(kinds * atoms)(x))
    graphs = layers.Concatenate()([bonds, features])
    generator = keras.Model(latents, layers.Softmax(axis=1)(graphs))
    graphs = keras.Input((kinds, atoms, atoms + 1))
    bonds, features = ops.split(graphs, [atoms], axis=-1)
    x = ops.transpose(features, (0, 3, 2, 1))
    # A layer of a relational graph network: a kernel for each kind of bond.
    messages = ops.split(ops.matmul(bonds, x), kinds, axis=1)
    messages = [layers.Dense(8, use_bias=False)(m) for m in messages]
    x = layers.Reshape((atoms, 8))(layers.ReLU()(layers.Add()(messages)))
    x = layers.Dense(8, activation="relu")(layers.GlobalAveragePooling1D()(x))
    critic = keras.Model(graphs, layers.Dense(1)(layers.Dropout(0.2)(x)))
    gan = kr.RegularizedGAN(generator, critic)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(5e-4),
        discriminator_optimizer=keras.optimizers.Adam(5e-4),
        loss=kr.losses.Wasserstein(),
        discriminator_regularizers=[
            kr.penalties.WassersteinGradientPenalty(10.0)
        ],
    )
    return gan, uniform(kinds, atoms, atoms + 1, low=0.0)
