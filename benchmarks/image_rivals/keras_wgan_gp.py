"""The WGAN-GP of keras.io: three steps of the critic for one.

https://keras.io/examples/generative/wgan_gp. It is for 28 pixels, which the
critic pads to 32 and the generator crops from 32. Images of 64 pixels begin at
8 x 8 instead of 4 x 4.
"""

import keras
import numpy as np
import tensorflow as tf
from judged_slices import Task
from judged_slices import Watch
from judged_slices import fit
from keras import layers

LATENTS = 128
GENERATOR, CRITIC = (256, 128, 64), (64, 128, 256, 512)
RATE, BETA_1, BETA_2, BATCH = 2e-4, 0.5, 0.9, 512
CRITIC_STEPS, PENALTY = 3, 10.0


def train(task: Task, watch: Watch) -> None:
    """Trains until time is over."""
    generator, critic = networks(task.images.shape[1:])
    gan = _GAN(generator, critic)
    gan.compile(generator_optimizer=_adam(), critic_optimizer=_adam())

    def generate(count):
        random = np.random.default_rng(task.seed)
        latents = random.normal(size=(count, LATENTS)).astype("float32")
        return generator.predict(latents, verbose=0)

    fit(gan, task, watch, BATCH, generate)


def _adam():
    return keras.optimizers.Adam(RATE, beta_1=BETA_1, beta_2=BETA_2)


def networks(shape: tuple[int, ...]) -> tuple[keras.Model, keras.Model]:
    """Returns a generator of images in [-1, 1], and a critic."""
    size, _, channels = shape
    margin = -size % 8 // 2
    base = (size + 2 * margin) // 8
    first, *others = GENERATOR
    up = []
    for width in (*others, channels):
        up += [
            layers.UpSampling2D(),
            layers.Conv2D(width, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.2),
        ]
    up[-1] = layers.Activation("tanh")
    generator = keras.Sequential(
        [
            keras.Input((LATENTS,)),
            layers.Dense(base * base * first, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Reshape((base, base, first)),
            *up,
        ],
        name="generator",
    )
    critic = keras.Sequential([keras.Input(shape)], name="critic")
    if margin:
        generator.add(layers.Cropping2D(margin))
        critic.add(layers.ZeroPadding2D(margin))
    for index, width in enumerate(CRITIC):
        critic.add(layers.Conv2D(width, 5, 2, padding="same"))
        critic.add(layers.LeakyReLU(negative_slope=0.2))
        if index in (1, 2):
            critic.add(layers.Dropout(0.3))
    critic.add(layers.Flatten())
    critic.add(layers.Dropout(0.2))
    critic.add(layers.Dense(1))
    return generator, critic


class _GAN(keras.Model):
    def __init__(self, generator, critic):
        super().__init__()
        self.generator = generator
        self.critic = critic

    def compile(self, generator_optimizer, critic_optimizer):
        super().compile()
        self.generator_optimizer = generator_optimizer
        self.critic_optimizer = critic_optimizer

    def train_step(self, data):
        (real,) = data
        count = tf.shape(real)[0]
        for _ in range(CRITIC_STEPS):
            latents = tf.random.normal((count, LATENTS))
            with tf.GradientTape() as tape:
                fake = self.generator(latents, training=True)
                critic_loss = (
                    tf.reduce_mean(self.critic(fake, training=True))
                    - tf.reduce_mean(self.critic(real, training=True))
                    + PENALTY * self._penalty(real, fake)
                )
            self._move(tape, critic_loss, self.critic, self.critic_optimizer)
        latents = tf.random.normal((count, LATENTS))
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            loss = -tf.reduce_mean(self.critic(fake, training=True))
        self._move(tape, loss, self.generator, self.generator_optimizer)
        return {"d_loss": critic_loss, "g_loss": loss}

    def _penalty(self, real, fake):
        share = tf.random.uniform((tf.shape(real)[0], 1, 1, 1))
        between = real + share * (fake - real)
        with tf.GradientTape() as tape:
            tape.watch(between)
            values = self.critic(between, training=True)
        slopes = tape.gradient(values, between)
        norms = tf.sqrt(tf.reduce_sum(slopes**2, axis=(1, 2, 3)))
        return tf.reduce_mean((norms - 1.0) ** 2)

    def _move(self, tape, loss, network, optimizer):
        weights = network.trainable_weights
        optimizer.apply_gradients(
            zip(tape.gradient(loss, weights), weights, strict=True)
        )
