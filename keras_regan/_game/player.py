"""One network of the game, with everything that its training needs."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._checks.networks import carries_regularizers
from keras_regan._checks.networks import kernels
from keras_regan._checks.own_objects import check_constructed
from keras_regan._dtypes import at_least_float32
from keras_regan._fitting.position import number_in
from keras_regan._game.gradient_counts import GradientCounts
from keras_regan._game.gradient_counts import scales
from keras_regan._game.mean_of_batches import MeanOfBatches
from keras_regan._game.networks import Networks
from keras_regan._game.terms import ACCURACIES
from keras_regan._game.terms import SIGN
from keras_regan._game.terms import AdversarialTerm
from keras_regan._game.terms import LayerRegularizers
from keras_regan._game.terms import accuracies
from keras_regan._game.terms import real_sign
from keras_regan._game.trained_along import trained_along
from keras_regan._typing import Tensor
from keras_regan.augmentations import Augmentation
from keras_regan.losses import AdversarialLoss
from keras_regan.penalties._batch import Batch
from keras_regan.penalties.scheduled import Scheduled
from keras_regan.penalties.scheduled import as_penalty
from keras_regan.penalties.scheduled import check_kind
from keras_regan.penalties.scheduled import is_of_weights
from keras_regan.penalties.step_context import Generated
from keras_regan.penalties.step_context import StepContext

# The key in the logs for the number of steps that a loss scale skipped.
_SKIPPED = "skipped_steps"


class Player:
    """A network, its optimizer, the terms of its loss and their means.

    It is a plain object, because Keras tracks metrics in lists and locks them
    when a model is built, but every `compile` creates new ones.

    Args:
        role: `"generator"` or `"discriminator"`.
        network: Built Keras model.
        optimizer: The optimizer of its weights.
        loss: The `AdversarialLoss`.
        regularizers: The entries of the user's list.
        moves: Positive integer. Number of updates in each step.
        augmentation: The augmentation that adapts to the logits of each
            update, or `None`.

    Attributes:
        variables: The variables that the optimizer updates: the network's
            trainable weights, and those of penalties.
        terms: The terms of the loss, whose sum is minimized. Each is called
            with the `StepContext` and has a name.
        readings: Functions for other values to log, by name.
        repeats_passes: Whether a penalty repeats passes of the discriminator.
        makes_zeros: Whether a penalty makes weights exactly zero.
    """

    def __init__(
        self,
        role: str,
        network: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        loss: AdversarialLoss,
        regularizers: Sequence[Any] | None,
        moves: int,
        augmentation: Augmentation | None = None,
    ):
        self.role = role
        self.network = network
        self.optimizer = optimizer
        self.moves = moves
        self.augmentation = augmentation
        self.penalties = _checked_penalties(role, regularizers)
        self.entries = [] if regularizers is None else list(regularizers)
        self.repeats_passes = any(p.repeats_passes for p in self.penalties)
        self.makes_zeros = any(p.makes_zeros for p in self.penalties)
        self.kernels = kernels(network)
        for penalty in self.penalties:
            penalty.build(self.kernels)
        self.variables = [
            *network.trainable_variables,
            *trained_along(self.penalties),
        ]
        self._check_weights()
        layers = LayerRegularizers(network)
        self.terms: list[Any] = [
            AdversarialTerm(loss),
            *self.penalties,
            layers,
        ]
        right = accuracies(loss) if role == "discriminator" else {}
        sign = {} if augmentation is None else {SIGN: real_sign}
        self.readings: dict[str, Callable[[StepContext], Tensor]] = {
            **right,
            **sign,
        }
        self.step = keras.Variable(
            # "int": TensorFlow keeps int32 variables off the GPU.
            0,
            dtype="int",
            trainable=False,
            name=f"{role}_step",
        )
        names = [penalty.name for penalty in self.penalties]
        if carries_regularizers(network):
            names.append(layers.name)
        self._trackers = _means([*names, *right], prefix=role[0])
        self._gradients = GradientCounts.of(optimizer)
        # A loss scale skips steps whose gradients overflow.
        self.may_skip = scales(optimizer)
        self._skipped = keras.metrics.Sum(name=f"{role[0]}_{_SKIPPED}")

    @property
    def trackers(self) -> list[keras.metrics.Metric]:
        """The means of all values that each batch logs, in log order."""
        return list(self._trackers.values())

    @property
    def step_trackers(self) -> list[keras.metrics.Metric]:
        """The count of skipped steps, if steps may be skipped."""
        return [self._skipped] if self.may_skip else []

    @property
    def updates(self) -> int:
        """The number of updates of the network so far."""
        return number_in(self.step)

    @property
    def has_means(self) -> bool:
        """Whether the means of the current epoch have any samples."""
        return number_in(self._trackers["loss"].count) > 0

    def objective(
        self, context: StepContext
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Returns the loss to minimize, and the values to log by name."""
        values = {term.name: term(context) for term in self.terms}
        values = {
            name: at_least_float32(value)
            for name, value in values.items()
            if value is not None
        }
        total = sum(values.values())
        readings = {name: read(context) for name, read in self.readings.items()}
        return total, {**values, "loss": total, **readings}

    def move(
        self,
        networks: Networks,
        batch: Batch,
        latents: Tensor | None,
        generated: Generated | None,
        seed: keras.random.SeedGenerator,
    ) -> tuple[Tensor | bool, Tensor | bool, Tensor]:
        """Takes one optimizer step on the sum of all terms.

        Args:
            networks: The two networks.
            batch: Real samples with their conditions or labels.
            latents: Latents for new samples, which are generated inside the
                function that is differentiated.
            generated: Samples that exist already, instead of new ones.
            seed: The seed generator for the draws of terms.

        Returns:
            The tuple `(taken, moved, samples)`: whether the step was taken (a
            loss scale skips steps whose gradients overflow), whether it moved
            the network (an optimizer may accumulate gradients first), and its
            generated samples.
        """

        def objective():
            made = generated or networks.generate_differentiably(
                latents, batch.conditions, training=True
            )
            context = StepContext(self, networks, batch, made, step, seed)
            return *self.objective(context), made.samples

        step = self.step.value
        before = None if self._gradients is None else self._gradients.now()
        values, samples = _backend.minimize(
            objective, self.optimizer, self.variables
        )
        taken: Tensor | bool = True
        moved: Tensor | bool = True
        if self._gradients is not None and before is not None:
            taken, moved = self._gradients.since(before)
        size = ops.shape(samples)[0]
        rate = ops.cast(self.optimizer.learning_rate, "float32")
        for penalty in self.penalties:
            penalty.after_update(
                self.kernels, ops.where(moved, rate, 0.0), step
            )
        self.step.assign(ops.cast(self.optimizer.iterations, self.step.dtype))
        if self.augmentation is not None:
            self.augmentation.adapt(values[SIGN], replicas.global_size(size))
        if self.may_skip:
            skipped = replicas.counted_once(ops.logical_not(taken))
            self._skipped.update_state(skipped)
            values = {k: ops.where(taken, v, 0.0) for k, v in values.items()}
            size = ops.where(taken, size, 0)
        self.track(values, size)
        return taken, moved, samples

    def track(self, values: dict[str, Tensor], batch_size: Any) -> None:
        """Adds values to the logged means.

        As in Keras, a batch is weighted by its size, so that all samples count
        equally, even in a smaller last batch.
        """
        for penalty in self.penalties:
            values[penalty.name] = penalty.logged(
                values[penalty.name], self.kernels
            )
        size = ops.cast(batch_size, keras.config.floatx())
        for name, tracker in self._trackers.items():
            tracker.update_state(values.get(name, 0.0), size)

    def _check_weights(self) -> None:
        if not self.network.trainable_variables:
            raise ValueError(
                f"Invalid value for argument `{self.role}`. Expected a model "
                "with trainable weights. Received: a model that has none, or "
                "whose weights are all frozen"
            )
        for penalty in self.penalties:
            entry = getattr(penalty, "regularizer", penalty)
            if is_of_weights(entry) and not self.kernels:
                raise ValueError(
                    f"Invalid value for argument `{self.role}_regularizers`. "
                    f"Expected a {self.role} with kernels (trainable weights "
                    f"of rank 2 and more) for `{penalty.name}`. Received: one "
                    "without"
                )


def _means(names: list[str], prefix: str) -> dict[str, MeanOfBatches]:
    """Returns the means of the loss and of other values, by name."""
    loss = MeanOfBatches(f"{prefix}_loss")
    others = {n: MeanOfBatches(f"{prefix}_{n}", beside=loss) for n in names}
    return {"loss": loss, **others}


def _checked_penalties(role: str, entries: Sequence[Any] | None) -> list[Any]:
    argument = f"{role}_regularizers"
    if entries is None:
        return []
    if not isinstance(entries, list | tuple):
        raise TypeError(
            f"Invalid value for argument `{argument}`. Expected a list of "
            "regularizers (`keras.regularizers.Regularizer`, "
            "`SampleRegularizer`, `Penalty` or functions of one weight). "
            "Received: "
            f"{argument}={entries!r}"
        )
    penalties = [_checked_penalty(role, argument, entry) for entry in entries]
    names = ["loss", AdversarialTerm.name, LayerRegularizers.name, *ACCURACIES]
    for penalty in penalties:
        if penalty.name in names:
            raise ValueError(
                f"Invalid value for argument `{argument}`. Expected "
                "regularizers with different names, because the names are keys "
                "in the logs: pass `name=...`. Received: "
                f"`{penalty.name}` twice or as a reserved name"
            )
        names.append(penalty.name)
    return penalties


def _checked_penalty(role: str, argument: str, entry: Any) -> Any:
    check_constructed(entry, argument)
    check_kind(entry, argument)
    penalty = as_penalty(entry)
    if role not in penalty.networks:
        inner = penalty.regularizer if isinstance(penalty, Scheduled) else entry
        right = f"{penalty.networks[0]}_regularizers"
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected regularizers "
            f"that train the {role}. Received: `{penalty.name}` "
            f"({type(inner).__name__}), which belongs in `{right}`"
        )
    return penalty
