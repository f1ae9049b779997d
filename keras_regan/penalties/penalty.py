"""The base class of penalties, with factors, schedules and intervals."""

from typing import Any
from typing import Self

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._fixed import Fixed
from keras_regan._fixed import fixed_factor
from keras_regan._names import snake_case
from keras_regan._representation import as_call
from keras_regan._typing import Factor
from keras_regan._typing import Schedule
from keras_regan._typing import Tensor
from keras_regan._validation import log_name
from keras_regan._validation import message
from keras_regan._validation import non_negative_float
from keras_regan._validation import positive_integer
from keras_regan.penalties.step_context import StepContext


class Penalty:
    """Base class of regularizers that see the whole training step.

    To write your own, implement `call(context)`, which returns the scalar
    without the factor. This class handles factor, schedule, interval and name:
    your constructor takes your own arguments and passes `**kwargs` on to it,
    and your `get_config` adds your own arguments.

    Formula: `interval * factor(step) * call(context)` in every `interval`-th
    step of the network, and zero in the others. In `evaluate` the penalty is
    computed on every batch without the multiple `interval`, which is the same
    on average.

    If the discriminator returns several tensors of logits, a penalty sees one
    at a time: a penalty that reads logits or input gradients is called for
    each of them, and the values add up. Others are added once.

    Args:
        factor: Non-negative float, or a `LearningRateSchedule` that is called
            with the number of updates of the network so far. A constant zero
            computes nothing. Defaults to `1.0`.
        interval: Positive integer. With `k`, the penalty is computed in every
            `k`-th update and counts `k` times (lazy regularization); it costs
            nothing in other updates. Defaults to `1`.
        name: String. The key in the logs, after `d_` in the discriminator's
            list and `g_` in the generator's. Defaults to the class name in
            snake case.

    Call arguments:
        context: A `StepContext`.

    Returns:
        Scalar tensor, as it is added to the loss and logged.

    Raises:
        TypeError: If `factor` or `interval` is not a number, or if `name` is
            not a string.
        ValueError: If `factor` is negative or not finite, if `interval` is
            not positive, or if `name` is empty or has a space.

    Attributes:
        networks: The networks whose lists in `compile` the penalty may be in.
        variables: State that the penalty keeps from step to step, as
            `keras.Variable`s created in the constructor or in `build`. It is
            saved with the model.
        trained_variables: Weights of the penalty itself, such as those of an
            encoder. The optimizer of the network whose list it is in trains
            them with the network's weights, on the whole loss. They are saved
            with the model.
        reads_labels: Whether the penalty reads `context.labels`. For a
            generator without conditions, the data is then
            `(samples, labels)`.
        repeats_passes: Whether the penalty calls `context.real_logits_at` or
            `fake_logits_at`. The state before a pass of the discriminator is
            then kept.
        makes_zeros: Whether `after_update` makes weights exactly zero. The
            moving average of the generator is then zero where a weight is.

    Example:
    ```python
    @keras.saving.register_keras_serializable()
    class LogitDrift(keras_regan.penalties.Penalty):
        '''Keeps the critic's logits near zero.'''

        networks = ("discriminator",)

        def call(self, context):
            return ops.mean(ops.square(context.real_logits))
    ```

    Reference: lazy regularization:
    [Karras et al., 2020](https://arxiv.org/abs/1912.04958), section 3.1.
    Differs from the authors' code: the optimizer's learning rate and decay
    rates are left as they are.
    """

    networks: tuple[str, ...] = ("generator", "discriminator")
    reads_labels = False
    repeats_passes = False
    makes_zeros = False
    factor = fixed_factor()
    interval = Fixed("the interval in the constructor")
    __repr__ = as_call

    def __init__(
        self,
        factor: Factor = 1.0,
        *,
        interval: int = 1,
        name: str | None = None,
    ):
        self.factor = _checked_factor(factor)
        self.interval = positive_integer(interval, "interval")
        self.name = log_name(snake_case(self) if name is None else name)

    def build(self, kernels: list[keras.Variable]) -> None:
        """Creates state that depends on the network; does nothing here.

        `compile` calls it before it reads `variables`.

        Args:
            kernels: List of the network's kernels.
        """

    @property
    def variables(self) -> list[keras.Variable]:
        """State that is saved with the model."""
        return []

    @property
    def trained_variables(self) -> list[keras.Variable]:
        """Weights that are trained together with the network's."""
        return []

    @property
    def state(self) -> list[keras.Variable]:
        """The variables of the penalty and of its factor."""
        return [*self.variables, *getattr(self.factor, "variables", [])]

    def __call__(self, context: StepContext) -> Tensor:
        """Returns the scalar that is added to the loss in this step."""
        if not isinstance(context, StepContext):
            raise TypeError(message("context", "a `StepContext`", context))
        if self.factor == 0:
            return ops.zeros((), "float32")
        if self.interval == 1 or not context.training:
            return self._scaled(context)
        is_due = self._is_due(context.step)

        def due() -> Tensor:
            with context._forgotten():
                return self.interval * self._scaled(context)

        return _backend.run_if(is_due, due)

    def call(self, context: StepContext) -> Tensor:
        """Returns the scalar without the factor."""
        raise NotImplementedError

    def after_update(
        self,
        kernels: list[keras.Variable],
        learning_rate: Tensor,
        step: Tensor,
    ) -> None:
        """Changes the network after an optimizer step; does nothing here.

        Args:
            kernels: List of the network's kernels.
            learning_rate: Scalar. The optimizer's learning rate.
            step: Integer scalar. Number of updates of the network before.
        """

    def logged(self, added: Tensor, kernels: list[keras.Variable]) -> Tensor:
        """Returns the value for the logs: here, what was added to the loss."""
        return added

    def strength(self, step: Tensor) -> Tensor:
        """Returns the multiplier of a step, from factor and interval.

        Args:
            step: Integer scalar. Number of updates of the network so far.

        Returns:
            Float32 scalar: `interval * factor(step)` in every `interval`-th
            step, zero in the others.
        """
        factor = self.interval * ops.cast(self._factor_at(step), "float32")
        return ops.where(self._is_due(step), factor, 0.0)

    def _is_due(self, step: Tensor) -> Tensor:
        return ops.equal(ops.cast(step, "int32") % self.interval, 0)

    def _factor_at(self, step: Tensor) -> Any:
        if isinstance(self.factor, Schedule):
            return self.factor(step)
        return self.factor

    def _scaled(self, context: StepContext) -> Tensor:
        value = self._of_all_heads(context)
        return ops.cast(self._factor_at(context.step), value.dtype) * value

    def _of_all_heads(self, context: StepContext) -> Tensor:
        first, *others = context.of_each_head(self._scalar)
        if others and self.variables:
            raise ValueError(
                f"Penalty `{self.name}` keeps state for the logits that it "
                "reads. Expected a discriminator that returns one tensor of "
                f"logits. Received: one that returns {1 + len(others)}"
            )
        return sum(others, first)

    def _scalar(self, context: StepContext) -> Tensor:
        value = ops.convert_to_tensor(self.call(context))
        if len(value.shape) != 0:
            raise ValueError(
                f"Penalty `{self.name}` must return a scalar. "
                f"Received: shape {tuple(value.shape)}"
            )
        return value

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        factor = self.factor
        if isinstance(factor, Schedule):
            factor = keras.saving.serialize_keras_object(factor)
        return {"factor": factor, "interval": self.interval, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates a penalty from the result of `get_config`."""
        return cls(**config)


def _checked_factor(factor: Any) -> Factor:
    """Returns a float or a schedule, which may come from its config."""
    schedule = factor
    if isinstance(factor, dict):
        try:
            schedule = keras.saving.deserialize_keras_object(factor)
        except (TypeError, ValueError):
            schedule = None
    if isinstance(schedule, Schedule):
        return schedule
    return non_negative_float(factor, "factor")
