"""The two-player game: how one step trains or judges both networks."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._typing import Tensor
from keras_regan.augmentations import Augmentation
from keras_regan.losses import AdversarialLoss
from keras_regan.metrics import SampleMetric
from keras_regan.metrics.feature_sharing import different_networks
from keras_regan.metrics.feature_sharing import shared_features
from keras_regan.models.batch import no_samples
from keras_regan.models.network_interface import call_network
from keras_regan.models.network_interface import input_shapes
from keras_regan.models.player import Player
from keras_regan.models.undo import Undo
from keras_regan.models.value_watch import SeenValues
from keras_regan.penalties.step_context import Judgement
from keras_regan.penalties.step_context import StepContext

# The key under which the share of real samples that the discriminator takes
# for real, minus the share of those it does not, leaves the step.
_REAL_SIGN = "real_sign"


class _Batch(NamedTuple):
    """What one step of one player works on."""

    real: Tensor
    fake: Tensor
    latents: Tensor
    labels: Tensor | None
    seed: keras.random.SeedGenerator
    generator: keras.Model


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
        augmentation: What the discriminator's inputs go through in training,
            or `None`.
        metrics: List of metrics that are called with `(real, generated)`.
        nonfinite_batches: `"raise"` or `"skip"`, for batches with NaN or
            infinity.
        shared_samples: Whether the generator learns from the samples of the
            discriminator's last update.
    """

    def __init__(
        self,
        loss: AdversarialLoss,
        generator: Player,
        discriminator: Player,
        discriminator_steps: int,
        augmentation: Augmentation | None,
        metrics: list[keras.metrics.Metric],
        nonfinite_batches: str,
        shared_samples: bool,
    ):
        self.loss = loss
        self.generator = generator
        self.discriminator = discriminator
        self.discriminator_steps = discriminator_steps
        self.augmentation = augmentation
        self.metrics = metrics
        self.nonfinite_batches = nonfinite_batches
        self.skips_nonfinite = nonfinite_batches == "skip"
        self.shared_samples = shared_samples
        self.seen_values = SeenValues(generator.network)
        self._skipped_batches = keras.metrics.Sum(name="skipped_batches")
        # What callbacks keep with the model, by their names.
        self.notes = {}
        # What measures the share of a gradient, by the part's name.
        self.compiled_shares = {}
        self._judges_labels = (
            len(input_shapes(discriminator.network, "discriminator")) == 2
        )
        logged = {} if augmentation is None else augmentation.logged
        self._augmentation_trackers = {
            name: keras.metrics.Mean(name=name) for name in logged
        }
        self._statistics = [
            variable
            for player in self.players
            for variable in player.network.non_trainable_variables
            if keras.backend.is_float_dtype(variable.dtype)
        ]
        self._check_names()
        self._check_shared_samples()

    @property
    def players(self) -> tuple[Player, Player]:
        """Both players, in the order of their moves."""
        return (self.discriminator, self.generator)

    @property
    def trackers(self) -> list[keras.metrics.Metric]:
        """The means of all losses and regularizers, in log order."""
        players = [t for player in self.players for t in player.trackers]
        return players + list(self._augmentation_trackers.values())

    @property
    def step_trackers(self) -> list[keras.metrics.Metric]:
        """What is counted of training, and not under `evaluate`."""
        counters = [t for player in self.players for t in player.step_trackers]
        if self.skips_nonfinite:
            counters.append(self._skipped_batches)
        return counters

    @property
    def state(self) -> list[keras.Variable]:
        """What a step uses besides weights, optimizers and metrics."""
        parts = [
            *self.state_by_owner.values(),
            self.seen_values.variables,
            *(n.variables for n in different_networks(self.metrics)),
        ]
        # One factor may serve two penalties, and saved features are in both.
        return list({id(v): v for part in parts for v in part}.values())

    @property
    def state_by_owner(self) -> dict[str, list[keras.Variable]]:
        """What of it is saved: what training changes, and features."""
        owners = self.trained_state_by_owner
        for index, network in enumerate(different_networks(self.metrics)):
            owners[f"features_{index}"] = network.saved_variables
        return owners

    @property
    def trained_state_by_owner(self) -> dict[str, list[keras.Variable]]:
        """What training changes besides weights, optimizers and metrics."""
        owners = {player.role: player.state for player in self.players}
        if self.augmentation is not None:
            owners["augmentation"] = self.augmentation.variables
        return owners

    @property
    def moving_variables(self) -> list[keras.Variable]:
        """What a step moves by its batch, without a gradient."""
        networks = [
            v for p in self.players for v in p.network.non_trainable_variables
        ]
        return networks + [
            v for p in self.players for x in p.penalties for v in x.variables
        ]

    @property
    def step_metrics(self) -> list[keras.metrics.Metric]:
        """The metrics whose results follow from every step."""
        return [m for m in self.metrics if not isinstance(m, SampleMetric)]

    @property
    def sample_metrics(self) -> list[SampleMetric]:
        """The metrics that compare whole sets, outside of the graph."""
        return [m for m in self.metrics if isinstance(m, SampleMetric)]

    def prepare(self) -> None:
        """Lets metrics create their state, before anything is traced."""
        for metric in self.sample_metrics:
            metric.prepare_once()

    def train(
        self,
        real: Tensor,
        labels: Tensor | None,
        draw_latents: Callable[[Any], Tensor],
        seed: keras.random.SeedGenerator,
    ) -> Tensor:
        """Lets the discriminator, then the generator, take its turn.

        Args:
            real: Real samples.
            labels: Their labels, or `None`.
            draw_latents: Called with the size of the batch.
            seed: What penalties and augmentations draw from.

        Returns:
            Boolean scalar: whether the generator took its step.
        """
        self.seen_values.record(real)
        batch_size = ops.shape(real)[0]
        with replicas.synchronized(self.moving_variables):
            for _ in range(self.discriminator_steps - self.shared_samples):
                latents = draw_latents(batch_size)
                self._train_discriminator(real, labels, latents, seed)
            taken = self._train_generator(
                real, labels, draw_latents(batch_size), seed
            )
        self._track_augmentation(batch_size)
        return taken

    def check_trained(
        self, before: int, logs: dict[str, list[float]], x: Any
    ) -> None:
        """Raises a `ValueError` if no batch of a training had any samples.

        A graph leaves out batches without samples. Steps may be missing for
        other reasons: a loss scale or `nonfinite_batches` left them out, of
        which the logs tell, or a callback went back to earlier weights, of
        which the means know nothing.

        Args:
            before: How many updates the discriminator had had.
            logs: What was logged of all epochs.
            x: The data, to be named in the error.
        """
        left_out = sum(sum(logs.get(t.name, [])) for t in self.step_trackers)
        player = self.discriminator
        if not (player.updates != before or player.counted or left_out):
            raise no_samples(x)

    def count_batch(self, finite: Tensor) -> None:
        """Counts a batch that was passed over."""
        if self.skips_nonfinite:
            self._skipped_batches.update_state(ops.logical_not(finite))

    def test(
        self,
        real: Tensor,
        labels: Tensor | None,
        latents: Tensor,
        sampler: keras.Model,
        seed: keras.random.SeedGenerator,
    ) -> None:
        """Judges the samples of `sampler` without training on them."""
        fake, added, pullback = _generate_differentiably(
            sampler, latents, labels, training=False
        )
        batch = _Batch(real, fake, latents, labels, seed, sampler)
        context = self._context(self.discriminator, batch, training=False)
        _, values = self._discriminator_total(context)
        values = replicas.global_mean(values)
        self.discriminator.track(values, ops.shape(real)[0])
        context = self._context(self.generator, batch, False, pullback)
        _, values = self._generator_total(context, added)
        values = replicas.global_mean(values)
        self.generator.track(values, ops.shape(real)[0])
        self._track_augmentation(ops.shape(real)[0])
        with shared_features():
            for metric in self.metrics:
                metric.update_state(real, fake)

    def gradient_share(
        self,
        name: str,
        real: Tensor,
        labels: Tensor | None,
        latents: Tensor,
        seed: keras.random.SeedGenerator,
    ) -> Tensor:
        """Returns which share of a gradient one part of a loss has.

        Args:
            name: The part's name in the logs.
            real: Real samples.
            labels: Their labels, or `None`.
            latents: As many latents.
            seed: What penalties draw from.

        Returns:
            Scalar: `|p| / (|p| + |r|)` for the gradients p of the part and r of
            all the rest, at the network's weights, with the L2 norm.
        """
        player = self.generator if name[0] == "g" else self.discriminator
        network = self.generator.network

        def values():
            fake, added, pullback = _generate_differentiably(
                network, latents, labels, training=False
            )
            batch = _Batch(real, fake, latents, labels, seed, network)
            context = self._context(player, batch, False, pullback)
            if player is self.generator:
                return self._generator_total(context, added)[1]
            return self._discriminator_total(context)[1]

        part = _backend.gradient(lambda: values()[name[2:]], player.variables)
        whole = _backend.gradient(lambda: values()["loss"], player.variables)
        rest = [a - b for a, b in zip(whole, part, strict=True)]
        part, rest = _norm(part), _norm(rest)
        return part / ops.maximum(part + rest, keras.config.epsilon())

    def _train_discriminator(self, real, labels, latents, seed):
        undo = self._undo(self.discriminator)
        network = self.generator.network
        fake, _ = _generate(network, latents, labels, training=True)
        batch = _Batch(real, fake, latents, labels, seed, network)
        undo.unless(self._update_discriminator(batch))

    def _update_discriminator(self, batch):
        def objective():
            context = self._context(self.discriminator, batch, training=True)
            return self._discriminator_total(context)

        batch_size = ops.shape(batch.real)[0]
        values, taken = self.discriminator.update(objective, batch_size)
        if self.augmentation is not None:
            self.augmentation.adapt(
                values[_REAL_SIGN], replicas.global_size(batch_size)
            )
        return taken

    def _train_generator(self, real, labels, latents, seed):
        undo = self._undo(self.generator)
        network = self.generator.network

        def objective():
            fake, added, pullback = _generate_differentiably(
                network, latents, labels, training=True
            )
            batch = _Batch(real, fake, latents, labels, seed, network)
            if self.shared_samples:
                # Between making samples and being judged for them.
                self._update_discriminator(
                    batch._replace(fake=ops.stop_gradient(fake))
                )
            context = self._context(self.generator, batch, True, pullback)
            return self._generator_total(context, added)

        _, taken = self.generator.update(objective, ops.shape(real)[0])
        undo.unless(taken)
        return taken

    def _undo(self, player):
        """Returns what takes back a step that is left out.

        An overflow would stay for good in moving statistics of layers and in
        what penalties and an augmentation keep.
        """
        if not player.may_skip:
            return Undo([])
        kept = [v for penalty in player.penalties for v in penalty.state]
        if self.augmentation is not None:
            kept += self.augmentation.variables
        return Undo(self._statistics + kept)

    def _discriminator_total(self, context):
        loss = self.loss.at(context.step).discriminator_loss(
            context.real_logits, context.fake_logits
        )
        _check_scalar(loss, self.loss, "discriminator_loss")
        total, values = self.discriminator.total(
            context, loss, context.layer_losses
        )
        if self.augmentation is not None:
            values[_REAL_SIGN] = ops.mean(ops.sign(context.real_logits))
        return total, values

    def _generator_total(self, context, added):
        real_logits = (
            context.real_logits if self.loss.uses_real_logits else None
        )
        loss = self.loss.at(context.step)
        loss = loss.generator_loss(context.fake_logits, real_logits)
        _check_scalar(loss, self.loss, "generator_loss")
        return self.generator.total(context, loss, added)

    def _context(self, player, batch, training, latent_gradient=None):
        return StepContext(
            real=batch.real,
            fake=batch.fake,
            latents=batch.latents,
            labels=batch.labels,
            step=player.step.value,
            training=training,
            network=player.role,
            kernels=player.kernels,
            seed=batch.seed,
            discriminator=lambda samples: self._discriminate(
                samples, batch.labels, batch.seed, training
            ),
            generator=lambda latents: _generate(
                batch.generator, latents, batch.labels, training
            )[0],
            latent_gradient=latent_gradient,
        )

    def _discriminate(self, samples, labels, seed, training):
        if training and self.augmentation is not None:
            samples = self.augmentation(samples, seed)
        inputs = [samples, labels] if self._judges_labels else samples
        outputs, added = call_network(
            self.discriminator.network, inputs, training
        )
        others = {}
        if isinstance(outputs, dict):
            others = {k: v for k, v in outputs.items() if k != "logits"}
            outputs = outputs["logits"]
        return Judgement(_at_least_float32(outputs), others, added)

    def _track_augmentation(self, batch_size):
        for name, tracker in self._augmentation_trackers.items():
            tracker.update_state(self.augmentation.logged[name], batch_size)

    def _check_shared_samples(self) -> None:
        if self.shared_samples and any(p.may_skip for p in self.players):
            raise ValueError(
                "Invalid value for argument `shared_samples`. Expected False "
                "with a loss scale (mixed_float16), since one update could be "
                "left out and the other not; mixed_bfloat16 needs none. "
                "Received: shared_samples=True"
            )

    def _check_names(self) -> None:
        names = [t.name for t in self.trackers + self.step_trackers]
        for metric in self.metrics:
            for key in getattr(metric, "keys", [metric.name]):
                if key in names:
                    raise ValueError(
                        "Invalid value for argument `metrics`. Expected "
                        "metrics with names of their own, which the logs can "
                        f"tell apart. Received: `{key}` twice"
                    )
                names.append(key)


def _generate(network, latents, labels, training):
    """Returns samples and what the generator's layers added to the loss."""
    inputs = latents if labels is None else [latents, labels]
    samples, added = call_network(network, inputs, training)
    return _at_least_float32(samples), added


def _generate_differentiably(network, latents, labels, training):
    """Returns also what gives the gradient of the samples at the latents."""
    return _backend.call_with_input_gradient(
        lambda latents: _generate(network, latents, labels, training),
        latents,
        forwards=False,
    )


def _check_scalar(value, loss, method):
    """Raises unless a loss is one number: gradients would be of its sum."""
    shape = tuple(getattr(value, "shape", ()))
    if shape:
        raise ValueError(
            f"`{type(loss).__name__}.{method}` must return a scalar, as "
            f"`keras.ops.mean` does. Received: shape {shape}"
        )


def _norm(tensors):
    """Returns the L2 norm of all elements of a list of tensors."""
    squares = [ops.sum(ops.square(ops.cast(t, "float32"))) for t in tensors]
    return ops.sqrt(ops.sum(ops.stack(squares)))


def _at_least_float32(tensor):
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return ops.cast(tensor, keras.backend.result_type(dtype, "float32"))
