"""The DCGAN of keras.io: a Keras model with a `train_step` of its own.

https://keras.io/examples/generative/dcgan_overriding_train_step, of 2023. It is
for 64 pixels: from 8 x 8 by three transposed convolutions. Images of 32 pixels
begin at 4 x 4, and those of 28 at 7 x 7 with two of them. As there, networks
are called without `training`, so that Keras 3 drops nothing out.
"""

import keras
import numpy as np
import tensorflow as tf
from judged_slices import Task
from judged_slices import Watch
from judged_slices import fit
from keras import layers

LATENTS = 128
UP, DOWN = (128, 256, 512), (64, 128, 128)
RATE, BATCH, NOISE = 1e-4, 32, 0.05


def train(task: Task, watch: Watch) -> None:
    """Trains until time is over."""
    generator, discriminator = networks(task.images.shape[1:])
    gan = _GAN(generator, discriminator)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(RATE),
        discriminator_optimizer=keras.optimizers.Adam(RATE),
    )

    def generate(count):
        random = np.random.default_rng(task.seed)
        latents = random.normal(size=(count, LATENTS)).astype("float32")
        return generator.predict(latents, verbose=0) * 2.0 - 1.0

    fit(gan, task, watch, BATCH, generate)


def networks(shape: tuple[int, ...]) -> tuple[keras.Model, keras.Model]:
    """Returns a generator of images in [0, 1], and a discriminator."""
    size, _, channels = shape
    halvings = 3 if size % 8 == 0 and size >= 32 else 2
    base = size // 2**halvings
    generator = keras.Sequential(
        [
            keras.Input((LATENTS,)),
            layers.Dense(base * base * 128),
            layers.Reshape((base, base, 128)),
        ],
        name="generator",
    )
    discriminator = keras.Sequential([keras.Input(shape)], name="discriminator")
    for up, down in zip(UP[:halvings], DOWN[:halvings], strict=True):
        generator.add(layers.Conv2DTranspose(up, 4, 2, padding="same"))
        generator.add(layers.LeakyReLU(negative_slope=0.2))
        discriminator.add(layers.Conv2D(down, 4, 2, padding="same"))
        discriminator.add(layers.LeakyReLU(negative_slope=0.2))
    generator.add(
        layers.Conv2D(channels, 5, padding="same", activation="sigmoid")
    )
    discriminator.add(layers.Flatten())
    discriminator.add(layers.Dropout(0.2))
    discriminator.add(layers.Dense(1, activation="sigmoid"))
    return generator, discriminator


class _GAN(keras.Model):
    """Real and generated images are judged as one batch; generated is 1."""

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.entropy = keras.losses.BinaryCrossentropy()
        self.means = {
            name: keras.metrics.Mean(name) for name in ("d_loss", "g_loss")
        }

    def compile(self, generator_optimizer, discriminator_optimizer):
        super().compile()
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer

    @property
    def metrics(self):
        return list(self.means.values())

    def train_step(self, data):
        (images,) = data
        real = (images + 1.0) / 2.0
        count = tf.shape(real)[0]
        fake = self.generator(tf.random.normal((count, LATENTS)))
        both = tf.concat([fake, real], axis=0)
        labels = tf.concat([tf.ones((count, 1)), tf.zeros((count, 1))], axis=0)
        labels += NOISE * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            loss = self.entropy(labels, self.discriminator(both))
        self._move(tape, loss, self.discriminator, self.discriminator_optimizer)
        self.means["d_loss"].update_state(loss)
        latents = tf.random.normal((count, LATENTS))
        with tf.GradientTape() as tape:
            judged = self.discriminator(self.generator(latents))
            loss = self.entropy(tf.zeros((count, 1)), judged)
        self._move(tape, loss, self.generator, self.generator_optimizer)
        self.means["g_loss"].update_state(loss)
        return {name: mean.result() for name, mean in self.means.items()}

    def _move(self, tape, loss, network, optimizer):
        weights = network.trainable_weights
        optimizer.apply_gradients(
            zip(tape.gradient(loss, weights), weights, strict=True)
        )
