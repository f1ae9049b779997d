"""Programs of Keras-GAN, which train two compiled models in turn."""

import math

import keras
from keras import layers
from keras import ops
from ports.data import classes
from ports.data import uniform

import keras_regan as kr

IMAGE = (8, 8, 1)


def dense_generator(conditional=False):
    """Dense layers, normalized, up to all pixels; the class scales latents."""
    x = inputs = keras.Input((8,))
    if conditional:
        labels = keras.Input((), dtype="int32")
        inputs = [x, labels]
        x = layers.Multiply()([x, layers.Embedding(10, 8)(labels)])
    for units in (8, 16):
        x = layers.LeakyReLU(0.2)(layers.Dense(units)(x))
        x = layers.BatchNormalization(momentum=0.8)(x)
    x = layers.Dense(math.prod(IMAGE), activation="tanh")(x)
    return keras.Model(inputs, layers.Reshape(IMAGE)(x))


def dense_discriminator():
    """All pixels through dense layers."""
    return keras.Sequential(
        [
            layers.Input(IMAGE),
            layers.Flatten(),
            layers.Dense(16),
            layers.LeakyReLU(0.2),
            layers.Dense(8),
            layers.LeakyReLU(0.2),
            layers.Dense(1),
        ]
    )


def convolutional_generator(conditional=False, latent_dim=8):
    """Upsampling and convolutions; the class scales latents."""
    x = inputs = keras.Input((latent_dim,))
    if conditional:
        labels = keras.Input((), dtype="int32")
        inputs = [x, labels]
        x = layers.Multiply()([x, layers.Embedding(10, 8)(labels)])
    x = layers.Reshape((2, 2, 4))(layers.Dense(2 * 2 * 4, "relu")(x))
    for filters in (4, 4):
        x = layers.UpSampling2D()(x)
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    x = layers.Conv2D(1, 3, padding="same", activation="tanh")(x)
    return keras.Model(inputs, x)


def convolutional_features(images, **constraints):
    """Convolutions with dropout and normalization, as one vector."""
    x = layers.Conv2D(4, 3, 2, padding="same", **constraints)(images)
    x = layers.Dropout(0.25)(layers.LeakyReLU(0.2)(x))
    x = layers.Conv2D(8, 3, 2, padding="same", **constraints)(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.BatchNormalization(momentum=0.8)(x)
    return layers.Flatten()(layers.Dropout(0.25)(layers.LeakyReLU(0.2)(x)))


def gan():
    gan = kr.RegularizedGAN(dense_generator(), dense_discriminator())
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
    )
    return gan, uniform(*IMAGE)


def dcgan():
    images = keras.Input(IMAGE)
    logits = layers.Dense(1)(convolutional_features(images))
    gan = kr.RegularizedGAN(
        convolutional_generator(), keras.Model(images, logits)
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
    )
    return gan, uniform(*IMAGE)


def clipped():
    """What every layer of the critic gets."""
    return {
        "kernel_constraint": kr.constraints.WeightClipping(0.01),
        "bias_constraint": kr.constraints.WeightClipping(0.01),
    }


def wgan():
    images = keras.Input(IMAGE)
    features = convolutional_features(images, **clipped())
    critic = keras.Model(images, layers.Dense(1, **clipped())(features))
    gan = kr.RegularizedGAN(convolutional_generator(), critic)
    gan.compile(
        generator_optimizer=keras.optimizers.RMSprop(5e-5),
        discriminator_optimizer=keras.optimizers.RMSprop(5e-5),
        loss=kr.losses.Wasserstein(),
        discriminator_steps=5,
    )
    return gan, uniform(*IMAGE)


def lsgan():
    gan = kr.RegularizedGAN(dense_generator(), dense_discriminator())
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        loss=kr.losses.LeastSquares(),
    )
    return gan, uniform(*IMAGE)


def acgan():
    images = keras.Input(IMAGE)
    features = convolutional_features(images)
    discriminator = keras.Model(
        images,
        {
            "logits": layers.Dense(1)(features),
            "class_logits": layers.Dense(10)(features),
        },
    )
    gan = kr.RegularizedGAN(
        convolutional_generator(conditional=True), discriminator
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        generator_regularizers=[kr.penalties.AuxiliaryClassifier()],
        discriminator_regularizers=[kr.penalties.AuxiliaryClassifier()],
    )
    return gan, (uniform(*IMAGE), classes(10))


def cgan():
    images, labels = keras.Input(IMAGE), keras.Input((), dtype="int32")
    x = layers.Embedding(10, math.prod(IMAGE))(labels)
    x = layers.Multiply()([layers.Flatten()(images), x])
    x = layers.LeakyReLU(0.2)(layers.Dense(16)(x))
    x = layers.LeakyReLU(0.2)(layers.Dense(16)(x))
    logits = layers.Dense(1)(layers.Dropout(0.4)(x))
    discriminator = keras.Model([images, labels], logits)
    gan = kr.RegularizedGAN(dense_generator(conditional=True), discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
    )
    return gan, (uniform(*IMAGE), classes(10))


def halved(x, filters, normalized=True):
    """Half the height and width, as in both networks of pix2pix."""
    x = layers.Conv2D(filters, 4, 2, padding="same")(x)
    x = layers.LeakyReLU(0.2)(x)
    return layers.BatchNormalization(momentum=0.8)(x) if normalized else x


def pix2pix():
    given, wanted = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    half = halved(given, 4, normalized=False)
    x = layers.UpSampling2D()(halved(half, 8))
    x = layers.Conv2D(4, 4, padding="same", activation="relu")(x)
    x = layers.BatchNormalization(momentum=0.8)(x)
    x = layers.UpSampling2D()(layers.Concatenate()([x, half]))
    x = layers.Conv2D(3, 4, padding="same", activation="tanh")(x)
    generator = keras.Model(given, x)
    x = layers.Concatenate()([wanted, given])
    x = halved(halved(x, 4, normalized=False), 8)
    x = layers.Conv2D(1, 4, padding="same")(x)
    discriminator = keras.Model([wanted, given], x)
    gan = kr.RegularizedGAN(generator, discriminator, latents=None)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        loss=kr.losses.LeastSquares(),
        # 100 in the program, whose squares are not halved.
        generator_regularizers=[kr.regularizers.Reconstruction(50.0)],
    )
    return gan, (uniform(8, 8, 3), uniform(8, 8, 3))


@keras.saving.register_keras_serializable("ports")
class BoundarySeeking(kr.losses.NonSaturating):
    """The generator is drawn to where the discriminator is undecided."""

    def generator_loss(self, fake_logits, real_logits=None):
        return 0.5 * ops.mean(ops.square(fake_logits))


def bgan():
    gan = kr.RegularizedGAN(dense_generator(), dense_discriminator())
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        loss=BoundarySeeking(),
    )
    return gan, uniform(*IMAGE)


@keras.saving.register_keras_serializable("ports")
class CodedGAN(kr.RegularizedGAN):
    """A GAN whose latents end in a class, drawn anew and one-hot."""

    def sample_latents(self, batch_size, seed):
        noise = self.latent_dim - 10
        noise = keras.random.normal((batch_size, noise), seed=seed)
        codes = keras.random.randint((batch_size,), 0, 10, seed=seed)
        return ops.concatenate([noise, ops.one_hot(codes, 10)], axis=1)


@keras.saving.register_keras_serializable("ports")
class MutualInformation(kr.penalties.Penalty):
    """Wants the code to be told from the sample that was made of it."""

    def call(self, context):
        return ops.mean(
            ops.categorical_crossentropy(
                context.latents[:, -10:],
                context.fake_features,
                from_logits=True,
            )
        )


def infogan():
    images = keras.Input(IMAGE)
    features = convolutional_features(images)
    codes = layers.Dense(10)(layers.Dense(8, activation="relu")(features))
    discriminator = keras.Model(
        images, {"logits": layers.Dense(1)(features), "features": codes}
    )
    gan = CodedGAN(convolutional_generator(latent_dim=16), discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-4, 0.5),
        generator_regularizers=[MutualInformation()],
        discriminator_regularizers=[MutualInformation()],
    )
    return gan, uniform(*IMAGE)
