"""One network of the game, with all that its training needs."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._typing import Tensor
from keras_regan.models.network_interface import carries_regularizers
from keras_regan.models.network_interface import kernels
from keras_regan.models.network_interface import weight_losses
from keras_regan.models.own_objects import check_constructed
from keras_regan.models.position import number_in
from keras_regan.penalties.scheduled import Scheduled
from keras_regan.penalties.scheduled import as_penalty
from keras_regan.penalties.step_context import StepContext
from keras_regan.regularizers import SampleRegularizer

# The key under which the regularizers of a network's own layers are logged.
_LAYERS = "layer_regularizers"
# The key under which the steps are counted that a loss scale left out.
_SKIPPED = "skipped_steps"


class Player:
    """A network, its optimizer, its regularizers and their trackers.

    A plain object on purpose: Keras tracks metrics in lists and locks them
    when a model is built, and these are made anew by every `compile`.

    Args:
        role: `"generator"` or `"discriminator"`.
        network: Built Keras model.
        optimizer: The optimizer of its weights.
        regularizers: The entries of the user's list.
    """

    def __init__(
        self,
        role: str,
        network: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        regularizers: Sequence[Any] | None,
    ):
        self.role = role
        self.network = network
        self.optimizer = optimizer
        self.penalties = _checked_penalties(role, regularizers)
        self.entries = [] if regularizers is None else list(regularizers)
        self.variables = list(network.trainable_variables)
        self.kernels = kernels(network)
        self._check_weights()
        self.step = keras.Variable(
            # "int": TensorFlow keeps int32 variables off the GPU.
            0,
            dtype="int",
            trainable=False,
            name=f"{role}_step",
        )
        names = ["loss", *(penalty.name for penalty in self.penalties)]
        if carries_regularizers(network):
            names.append(_LAYERS)
        self._trackers = {
            name: keras.metrics.Mean(name=f"{role[0]}_{name}") for name in names
        }
        # A loss scale leaves out steps whose gradients overflow.
        self.may_skip = isinstance(
            optimizer, keras.optimizers.LossScaleOptimizer
        )
        self._skipped = keras.metrics.Sum(name=f"{role[0]}_{_SKIPPED}")

    @property
    def trackers(self) -> list[keras.metrics.Metric]:
        """The means of the loss and of each regularizer, in log order."""
        return list(self._trackers.values())

    @property
    def step_trackers(self) -> list[keras.metrics.Metric]:
        """What there is to log of steps besides: how many were left out."""
        return [self._skipped] if self.may_skip else []

    @property
    def updates(self) -> int:
        """How many updates the network has had."""
        return number_in(self.step)

    @property
    def counted(self) -> bool:
        """Whether the means of the present epoch are means of anything."""
        return number_in(self._trackers["loss"].count) > 0

    @property
    def state(self) -> list[keras.Variable]:
        """What is neither weight nor optimizer nor metric, but saved."""
        penalties = [v for p in self.penalties for v in p.state]
        return [self.step, *penalties]

    def update(
        self, evaluate: Callable[[], tuple[Tensor, dict]], batch_size: Any
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Takes one step against the gradient of what `evaluate` returns.

        Returns:
            The tuple `(values, taken)`: the second of what `evaluate` returned,
            by name, and whether the step was taken. A loss scale leaves out
            those whose gradients overflow.
        """
        step = self.step.value
        before = self.optimizer.iterations + 0  # Not what it will be.
        _, values = _backend.minimize(evaluate, self.optimizer, self.variables)
        taken = ops.not_equal(self.optimizer.iterations, before)
        rate = ops.cast(self.optimizer.learning_rate, "float32")
        for penalty in self.penalties:
            penalty.after_update(
                self.kernels, ops.where(taken, rate, 0.0), step
            )
        self.step.assign(ops.cast(self.optimizer.iterations, self.step.dtype))
        if self.may_skip:
            skipped = replicas.counted_once(ops.logical_not(taken))
            self._skipped.update_state(skipped)
            values = {k: ops.where(taken, v, 0.0) for k, v in values.items()}
            batch_size = ops.where(taken, batch_size, 0)
        self.track(values, batch_size)
        return values, taken

    def total(
        self,
        context: StepContext,
        adversarial_loss: Tensor,
        layer_losses: list[Tensor],
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Adds all regularizers to the adversarial loss.

        Returns:
            The tuple `(total, values)`, the second one by the trackers' names.
        """
        values = {
            penalty.name: _float32(penalty(context))
            for penalty in self.penalties
        }
        layer_losses = layer_losses + weight_losses(self.network)
        if layer_losses:
            values[_LAYERS] = sum(_float32(loss) for loss in layer_losses)
        total = sum(values.values(), start=_float32(adversarial_loss))
        return total, {"loss": total, **values}

    def track(self, values: dict[str, Tensor], batch_size: Any) -> None:
        """Takes values into the means that are logged.

        As in Keras, a batch counts by its size, so that a smaller last one
        does not weigh more a sample.
        """
        for penalty in self.penalties:
            values[penalty.name] = penalty.logged(
                values[penalty.name], self.kernels
            )
        for name, tracker in self._trackers.items():
            tracker.update_state(values.get(name, 0.0), batch_size)

    def _check_weights(self) -> None:
        if not self.variables:
            raise ValueError(
                f"Invalid value for argument `{self.role}`. Expected a model "
                "with trainable weights. Received: a model without, or with "
                "all of them frozen"
            )
        for penalty in self.penalties:
            entry = getattr(penalty, "regularizer", penalty)
            weights = isinstance(
                entry, keras.regularizers.Regularizer
            ) and not isinstance(entry, SampleRegularizer)
            if weights and not self.kernels:
                raise ValueError(
                    f"Invalid value for argument `{self.role}_regularizers`. "
                    f"Expected a {self.role} with kernels (trainable weights "
                    f"of rank 2 and more) for `{penalty.name}`. Received: one "
                    "without"
                )


def _float32(value: Any) -> Tensor:
    value = ops.convert_to_tensor(value)
    return ops.cast(value, keras.backend.result_type(value.dtype, "float32"))


def _checked_penalties(role: str, entries: Sequence[Any] | None) -> list:
    argument = f"{role}_regularizers"
    if entries is None:
        return []
    if not isinstance(entries, list | tuple):
        raise TypeError(
            f"Invalid value for argument `{argument}`. Expected a list of "
            "regularizers (`keras.regularizers.Regularizer`, "
            "`SampleRegularizer` or `Penalty`). Received: "
            f"{argument}={entries!r}"
        )
    penalties = [_checked_penalty(role, argument, entry) for entry in entries]
    names = ["loss", _LAYERS]
    for penalty in penalties:
        if penalty.name in names:
            raise ValueError(
                f"Invalid value for argument `{argument}`. Expected "
                "regularizers with different names, which the logs can tell "
                "apart: pass `name=...`. Received: "
                f"`{penalty.name}` twice or as a reserved name"
            )
        names.append(penalty.name)
    return penalties


def _checked_penalty(role: str, argument: str, entry: Any) -> Any:
    check_constructed(entry, argument)
    try:
        penalty = as_penalty(entry)
    except TypeError:
        raise TypeError(
            f"Invalid value for argument `{argument}`. Expected a list of "
            "`keras.regularizers.Regularizer`, `SampleRegularizer` or "
            f"`Penalty` objects. Received: {entry!r} (of type "
            f"{type(entry).__name__})"
        ) from None
    if role not in penalty.networks:
        inner = penalty.regularizer if isinstance(penalty, Scheduled) else entry
        right = f"{penalty.networks[0]}_regularizers"
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected regularizers "
            f"that reach the {role}. Received: `{penalty.name}` "
            f"({type(inner).__name__}), which belongs in `{right}`"
        )
    return penalty
