"""Actions of a collapse monitor on an alarm."""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import keras

from keras_regan import _validation
from keras_regan._representation import as_call
from keras_regan.callbacks._model_state import ModelState
from keras_regan.callbacks._model_state import forget_nan


class Alarm(NamedTuple):
    """A problem that a `CollapseMonitor` found.

    Attributes:
        epoch: Integer, from 1.
        batch: Integer, from 1.
        kind: String: `"not_finite"`, `"diversity"`,
            `"ignored_latents"`, `"near_duplicates"`, `"distance_to_real"`,
            `"saturation"` or `"weight_growth"`.
        text: String. What was measured, and what usually helps.
    """

    epoch: int
    batch: int
    kind: str
    text: str


class Action:
    """Base class of actions that a `CollapseMonitor` takes on an alarm.

    To write your own, implement `act`. The monitor itself warns in any case.

    Attributes:
        starts_over: Whether the action changes the training so much that
            earlier checks no longer count. If so, the same alarm comes again
            after `patience` further checks that show it; otherwise only after
            a healthy check.

    Example:
    ```python
    class Save(keras_regan.callbacks.Action):
        '''Keeps the model for an autopsy.'''

        def act(self, model, alarms):
            model.save("collapsed.keras")
            return "The model is in collapsed.keras."
    ```
    """

    starts_over: bool = False
    __repr__ = as_call

    def begin(self, model: keras.Model, patience: int) -> None:
        """Prepares for a training, before its first step.

        Raise a `ValueError` here if the action cannot work.

        Args:
            model: The model that is trained.
            patience: The monitor's patience.
        """

    def after_check(self, model: keras.Model, healthy: bool) -> None:
        """Reacts to a check that raised no alarm; does nothing here.

        Args:
            model: The model that is trained.
            healthy: Whether the check showed no symptom at all.
        """

    def notes(self) -> dict[str, Any]:
        """Returns the state for a resumed training, in a form for JSON."""
        return {}

    def recall(self, notes: dict[str, Any]) -> None:
        """Restores what `notes` returned; called after `begin`."""

    def act(self, model: keras.Model, alarms: Sequence[Alarm]) -> str:
        """Reacts to the alarms of one check.

        Args:
            model: The model that is trained.
            alarms: List of one alarm or more, the most serious first.

        Returns:
            A sentence that tells the user what was done.
        """
        raise NotImplementedError


class Warn(Action):
    """Does nothing beyond the monitor's warning.

    Example:
    >>> monitor = keras_regan.callbacks.CollapseMonitor(
    ...     np.random.default_rng(0).normal(size=(64, 2)),
    ...     action=keras_regan.callbacks.Warn())
    """

    def act(self, model: keras.Model, alarms: Sequence[Alarm]) -> str:
        """Does nothing."""
        return "The training goes on."


class StopTraining(Action):
    """Stops the training after the current batch.

    Example:
    >>> monitor = keras_regan.callbacks.CollapseMonitor(
    ...     np.random.default_rng(0).normal(size=(64, 2)),
    ...     action=keras_regan.callbacks.StopTraining())
    """

    def act(self, model: keras.Model, alarms: Sequence[Alarm]) -> str:
        """Tells Keras to stop."""
        model.stop_training = True
        return "The training stops."


class RollBack(Action):
    """Goes back to the last healthy state, with lower learning rates.

    It restores everything that training changes: weights and their moving
    average, both optimizers, seeds and the state of penalties. A collapse
    shows late, so a state counts as healthy only when `patience` further
    checks were healthy too. Until then, the training goes back to the state in
    which it began or was resumed. Two copies of all these variables are kept
    in main memory. The counts of epochs and batches continue; means of the
    epoch that have become NaN start over.

    Do not combine it with a `LearningRateScheduler`, which would set the
    learning rates again.

    Measured on the garments of `examples/train_images.py`: with learning rates
    of 0.1 and `RollBack(0.1)`, and with rates raised to 1.0 after an epoch and
    `RollBack(0.01)`, 3 of 3 runs each went back once, had no further alarm and
    ended their 10 epochs with a diversity of 0.93 to 1.00.

    Args:
        learning_rate_factor: Float in `(0, 1]`. The factor by which both
            learning rates are multiplied each time. Defaults to `0.5`.
        times: Positive integer. How often a training may go back. The next
            alarm after that stops it, in the last healthy state. Defaults to
            `3`.

    Raises:
        TypeError: If an argument is not a number of its kind.
        ValueError: If an argument is out of its range, or, before the first
            step, if the learning rate of an optimizer is a schedule, which
            cannot be lowered.

    Example:
    >>> monitor = keras_regan.callbacks.CollapseMonitor(
    ...     np.random.default_rng(0).normal(size=(64, 2)),
    ...     action=keras_regan.callbacks.RollBack(0.5, times=3))
    """

    starts_over = True

    def __init__(self, learning_rate_factor: float = 0.5, times: int = 3):
        self.learning_rate_factor = _validation.positive_float(
            learning_rate_factor, "learning_rate_factor"
        )
        if self.learning_rate_factor > 1.0:
            raise ValueError(
                _validation.message(
                    "learning_rate_factor",
                    "a float in the interval (0, 1]",
                    learning_rate_factor,
                )
            )
        self.times = _validation.positive_integer(times, "times")

    def begin(self, model: keras.Model, patience: int) -> None:
        """Keeps the state at the beginning."""
        for optimizer in model.optimizer.optimizers:
            _check_learning_rate(optimizer)
        self._patience = patience
        self._left = self.times
        self._healthy = ModelState(model)
        self._candidate: ModelState | None = None

    def notes(self) -> dict[str, Any]:
        """Returns how often it may still go back."""
        return {"left": self._left}

    def recall(self, notes: dict[str, Any]) -> None:
        """Goes back no more often than an uninterrupted training."""
        self._left = notes.get("left", self._left)

    def after_check(self, model: keras.Model, healthy: bool) -> None:
        """Keeps a healthy state, on probation for `patience` checks."""
        if not healthy:
            self._candidate = None
        elif self._candidate is None:
            self._candidate, self._age = ModelState(model), 0
        else:
            self._age += 1
            if self._age == self._patience:
                self._healthy, self._candidate = self._candidate, None

    def act(self, model: keras.Model, alarms: Sequence[Alarm]) -> str:
        """Goes back, or stops if that did not help often enough."""
        self._candidate = None
        optimizers = model.optimizer.optimizers
        rates = [_learning_rate(optimizer) for optimizer in optimizers]
        self._healthy.restore(model)
        if self._left == 0:
            model.stop_training = True
            return (
                f"The training stops in its last healthy state, as {self.times}"
                f" roll-back{'s' * (self.times > 1)} did not help."
            )
        self._left -= 1
        forget_nan(model)
        rates = [rate * self.learning_rate_factor for rate in rates]
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.learning_rate = rate
        generator, discriminator = rates
        return (
            "The training goes on from its last healthy state with learning "
            f"rates of {generator:.2g} (generator) and {discriminator:.2g} "
            "(discriminator)."
        )


def _learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    return float(keras.ops.convert_to_numpy(optimizer.learning_rate))


def _check_learning_rate(optimizer: Any) -> None:
    try:
        optimizer.learning_rate = _learning_rate(optimizer)
    except TypeError as error:
        raise ValueError(
            "Invalid value for argument `action`. Expected an action other "
            "than `RollBack` if the learning rate is a schedule, which cannot "
            "be lowered; or give both optimizers a float. Received: "
            f"`RollBack` with a schedule in {type(optimizer).__name__}"
        ) from error
