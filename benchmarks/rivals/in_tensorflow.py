"""Loops of one's own in TensorFlow, over Keras networks."""

import keras
import tensorflow as tf

from rivals import keras_networks

_STEPS_A_CALL = 32


def _dataset(network, batch):
    samples = keras_networks.data(network, batch)
    dataset = tf.data.Dataset.from_tensor_slices(samples).repeat()
    return dataset.batch(batch, drop_remainder=True).prefetch(2)


def _hand_tuned(jit_compile, steps_a_call):
    """One `tf.function` for a step, and one for many."""

    def prepare(network, batch):
        generator, discriminator = keras_networks.build(network)
        generator_optimizer = keras_networks.adam()
        discriminator_optimizer = keras_networks.adam()
        generator_variables = generator.trainable_weights
        discriminator_variables = discriminator.trainable_weights
        generator_optimizer.build(generator_variables)
        discriminator_optimizer.build(discriminator_variables)
        latents = generator.input_shape[-1]
        random = tf.random.Generator.from_seed(0)
        losses = tf.Variable([0.0, 0.0])

        @tf.function(jit_compile=jit_compile)
        def step(real):
            fake = generator(random.normal((batch, latents)), training=True)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([v.value for v in discriminator_variables])
                d_loss = tf.reduce_mean(
                    tf.nn.softplus(-discriminator(real, training=True))
                ) + tf.reduce_mean(
                    tf.nn.softplus(discriminator(fake, training=True))
                )
            gradients = tape.gradient(
                d_loss, [v.value for v in discriminator_variables]
            )
            discriminator_optimizer.apply(gradients)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([v.value for v in generator_variables])
                fake = generator(random.normal((batch, latents)), training=True)
                g_loss = tf.reduce_mean(
                    tf.nn.softplus(-discriminator(fake, training=True))
                )
            gradients = tape.gradient(
                g_loss, [v.value for v in generator_variables]
            )
            generator_optimizer.apply(gradients)
            losses.assign_add([d_loss, g_loss])

        @tf.function
        def steps_of(iterator, count):
            for _ in tf.range(count):
                step(next(iterator))

        iterator = iter(_dataset(network, batch))

        def run(steps):
            losses.assign([0.0, 0.0])
            if steps_a_call == 1:
                for _ in range(steps):
                    step(next(iterator))
            else:
                for left in range(steps, 0, -steps_a_call):
                    steps_of(iterator, tf.constant(min(left, steps_a_call)))
            return (losses / steps).numpy().tolist()

        return run

    return prepare


class _TutorialGAN(keras.Model):
    """The step of the usual Keras tutorial.

    The discriminator sees real and generated images as one batch, so its
    batch normalization, where it has one, averages over both; labels are
    those of a binary cross-entropy.
    """

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dim = generator.input_shape[-1]
        self.seed_generator = keras.random.SeedGenerator(0)

    def compile(self, d_optimizer, g_optimizer, loss_fn, **kwargs):
        super().compile(**kwargs)
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn
        self.d_loss_metric = keras.metrics.Mean(name="d_loss")
        self.g_loss_metric = keras.metrics.Mean(name="g_loss")

    @property
    def metrics(self):
        return [self.d_loss_metric, self.g_loss_metric]

    def train_step(self, real_images):
        batch_size = keras.ops.shape(real_images)[0]
        shape = (batch_size, self.latent_dim)
        latents = keras.random.normal(shape, seed=self.seed_generator)
        generated = self.generator(latents, training=True)
        combined = keras.ops.concatenate([generated, real_images], axis=0)
        labels = keras.ops.concatenate(
            [
                keras.ops.zeros((batch_size, 1)),
                keras.ops.ones((batch_size, 1)),
            ],
            axis=0,
        )
        with tf.GradientTape() as tape:
            predictions = self.discriminator(combined, training=True)
            d_loss = self.loss_fn(labels, predictions)
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(
            zip(grads, self.discriminator.trainable_weights, strict=True)
        )
        latents = keras.random.normal(shape, seed=self.seed_generator)
        misleading = keras.ops.ones((batch_size, 1))
        with tf.GradientTape() as tape:
            predictions = self.discriminator(
                self.generator(latents, training=True), training=True
            )
            g_loss = self.loss_fn(misleading, predictions)
        grads = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(
            zip(grads, self.generator.trainable_weights, strict=True)
        )
        self.d_loss_metric.update_state(d_loss)
        self.g_loss_metric.update_state(g_loss)
        return {
            "d_loss": self.d_loss_metric.result(),
            "g_loss": self.g_loss_metric.result(),
        }


def _tutorial(network, batch):
    model = _TutorialGAN(*keras_networks.build(network))
    model.compile(
        d_optimizer=keras_networks.adam(),
        g_optimizer=keras_networks.adam(),
        loss_fn=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    dataset = _dataset(network, batch)

    def run(steps):
        history = model.fit(dataset, steps_per_epoch=steps, verbose=0).history
        # The mean over twice as many samples, where others take the sum.
        return [2 * history["d_loss"][-1], history["g_loss"][-1]]

    return run


CONTENDERS = {
    "tutorial's train_step": _tutorial,
    "hand-tuned loop": _hand_tuned(False, 1),
    "hand-tuned loop, 32 steps a call": _hand_tuned(False, _STEPS_A_CALL),
    "hand-tuned loop, compiled by XLA": _hand_tuned(True, 1),
    "hand-tuned loop, compiled by XLA, 32 steps a call": _hand_tuned(
        True, _STEPS_A_CALL
    ),
}
