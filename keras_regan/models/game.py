"""The two-player game: how one step trains or judges both networks."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_regan._typing import Tensor
from keras_regan.losses import AdversarialLoss
from keras_regan.models.network_interface import call_network
from keras_regan.models.player import Player
from keras_regan.penalties.step_context import Judgement
from keras_regan.penalties.step_context import StepContext


class Game:
    """A loss, two players and the metrics that watch them.

    A plain object on purpose: Keras tracks what a model holds and locks it
    once the model is built, and every `compile` starts a new game.

    Args:
        loss: What is played for.
        generator: The player that makes samples.
        discriminator: The player that judges them.
        discriminator_steps: Updates of the discriminator before each one of
            the generator.
        metrics: List of metrics that are called with `(real, generated)`.
    """

    def __init__(
        self,
        loss: AdversarialLoss,
        generator: Player,
        discriminator: Player,
        discriminator_steps: int,
        metrics: list[keras.metrics.Metric],
    ):
        self.loss = loss
        self.generator = generator
        self.discriminator = discriminator
        self.discriminator_steps = discriminator_steps
        self.metrics = metrics
        self._check_names()

    @property
    def players(self) -> tuple[Player, Player]:
        """Both players, in the order of their moves."""
        return (self.discriminator, self.generator)

    @property
    def trackers(self) -> list[keras.metrics.Metric]:
        """The means of all losses and regularizers, in log order."""
        return [t for player in self.players for t in player.trackers]

    @property
    def state(self) -> list[keras.Variable]:
        """What changes besides weights, optimizers and metrics."""
        return [v for player in self.players for v in player.state]

    def train(
        self,
        real: Tensor,
        labels: Tensor | None,
        draw_latents: Callable[[Any], Tensor],
    ) -> None:
        """Lets the discriminator, then the generator, take its turn."""
        batch_size = ops.shape(real)[0]
        for _ in range(self.discriminator_steps):
            self._train_discriminator(real, labels, draw_latents(batch_size))
        self._train_generator(real, labels, draw_latents(batch_size))

    def test(
        self,
        real: Tensor,
        labels: Tensor | None,
        latents: Tensor,
        sampler: keras.Model,
    ) -> None:
        """Judges the samples of `sampler` without training on them."""
        fake, added = _generate(sampler, latents, labels, training=False)

        def context(player):
            return self._context(
                player, sampler, real, fake, latents, labels, training=False
            )

        _, values = self._discriminator_total(context(self.discriminator))
        self.discriminator.track(values, ops.shape(real)[0])
        _, values = self._generator_total(context(self.generator), added)
        self.generator.track(values, ops.shape(real)[0])
        for metric in self.metrics:
            metric.update_state(real, fake)

    def _train_discriminator(self, real, labels, latents):
        network = self.generator.network
        fake, _ = _generate(network, latents, labels, training=True)

        def objective():
            return self._discriminator_total(
                self._context(
                    self.discriminator,
                    network,
                    real,
                    fake,
                    latents,
                    labels,
                    training=True,
                )
            )

        self.discriminator.update(objective, ops.shape(real)[0])

    def _train_generator(self, real, labels, latents):
        network = self.generator.network

        def objective():
            fake, added = _generate(network, latents, labels, training=True)
            context = self._context(
                self.generator,
                network,
                real,
                fake,
                latents,
                labels,
                training=True,
            )
            return self._generator_total(context, added)

        self.generator.update(objective, ops.shape(real)[0])

    def _discriminator_total(self, context):
        loss = self.loss.discriminator_loss(
            context.real_logits, context.fake_logits
        )
        return self.discriminator.total(context, loss, context.layer_losses)

    def _generator_total(self, context, added):
        real_logits = (
            context.real_logits if self.loss.uses_real_logits else None
        )
        loss = self.loss.generator_loss(context.fake_logits, real_logits)
        return self.generator.total(context, loss, added)

    def _context(
        self, player, generator, real, fake, latents, labels, training
    ):
        discriminator = self.discriminator.network
        return StepContext(
            real=real,
            fake=fake,
            latents=latents,
            labels=labels,
            step=player.step.value,
            training=training,
            kernels=player.kernels,
            discriminator=lambda samples: _discriminate(
                discriminator, samples, labels, training
            ),
            generator=lambda latents: _generate(
                generator, latents, labels, training
            )[0],
        )

    def _check_names(self) -> None:
        names = [tracker.name for tracker in self.trackers]
        for metric in self.metrics:
            if metric.name in names:
                raise ValueError(
                    "Invalid value for argument `metrics`. Expected metrics "
                    "with names of their own, which the logs can tell apart. "
                    f"Received: `{metric.name}` twice"
                )
            names.append(metric.name)


def _generate(network, latents, labels, training):
    """Returns samples and what the generator's layers added to the loss."""
    inputs = latents if labels is None else [latents, labels]
    samples, added = call_network(network, inputs, training)
    return _at_least_float32(samples), added


def _discriminate(network, samples, labels, training):
    inputs = samples if labels is None else [samples, labels]
    outputs, added = call_network(network, inputs, training)
    features = None
    if isinstance(outputs, dict):
        outputs, features = outputs["logits"], outputs.get("features")
    return Judgement(_at_least_float32(outputs), features, added)


def _at_least_float32(tensor):
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return ops.cast(tensor, keras.backend.result_type(dtype, "float32"))
