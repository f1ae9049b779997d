"""The base class of losses that wrap another loss."""

import copy
from collections.abc import Callable
from typing import Any
from typing import Self

import keras

from keras_regan._fixed import Fixed
from keras_regan._typing import Factor
from keras_regan._typing import Schedule
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.losses._drawing import with_seed
from keras_regan.losses.adversarial_loss import AdversarialLoss


class WrappedLoss(AdversarialLoss):
    """Base class for losses that wrap another loss and take one number.

    Attributes:
        loss: The other loss.
        number: The name of the constructor's other argument, which is a float
            or a `LearningRateSchedule`. There is an attribute of this name.
    """

    number: str

    def __init__(self, loss: AdversarialLoss):
        if not isinstance(loss, AdversarialLoss):
            raise TypeError(
                message("loss", "a `keras_regan.losses.AdversarialLoss`", loss)
            )
        self.loss = loss
        self._step = 0

    @property
    def uses_real_logits(self) -> bool:  # type: ignore[override]  # Read only.
        """Whether the wrapped loss's generator compares with real samples."""
        return self.loss.uses_real_logits

    @property
    def boundary(self) -> float | None:  # type: ignore[override]  # Read only.
        """The wrapped loss's boundary between real and generated samples."""
        return self.loss.boundary

    @property
    def variables(self) -> list[keras.Variable]:  # type: ignore[override]  # Read only.
        """The variables of the wrapped loss and of a schedule."""
        schedule = getattr(self, self.number)
        return [*self.loss.variables, *getattr(schedule, "variables", [])]

    def at(self, step: Tensor) -> Self:
        """Returns the loss with the number that applies in one step."""
        bound = copy.copy(self)
        bound.loss = self.loss.at(step)
        bound._step = step
        return bound

    def discriminator_loss(
        self,
        real_logits: Tensor,
        fake_logits: Tensor,
        seed: keras.random.SeedGenerator | None = None,
    ) -> Tensor:
        """Returns what the wrapped loss returns."""
        loss = with_seed(self.loss.discriminator_loss, seed)
        return loss(real_logits, fake_logits)

    def generator_loss(
        self,
        fake_logits: Tensor,
        real_logits: Tensor | None = None,
        seed: keras.random.SeedGenerator | None = None,
    ) -> Tensor:
        """Returns what the wrapped loss returns."""
        loss = with_seed(self.loss.generator_loss, seed)
        return loss(fake_logits, real_logits)

    def _number_now(self) -> Any:
        number = getattr(self, self.number)
        return number(self._step) if isinstance(number, Schedule) else number

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        number = getattr(self, self.number)
        if isinstance(number, Schedule):
            number = serialize(number)
        return {"loss": serialize(self.loss), self.number: number}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates the loss from the result of `get_config`."""
        config = dict(config)
        for key in ("loss", cls.number):
            if isinstance(config[key], dict):
                config[key] = keras.saving.deserialize_keras_object(config[key])
        return cls(**config)


def checked_number(
    value: Any, argument: str, check: Callable[[Any, str], float], kind: str
) -> Factor:
    """Returns the number of a wrapped loss, or its schedule.

    Args:
        value: The value that the user gave.
        argument: The name of the argument.
        check: Returns a float, and raises a `TypeError` for anything else.
        kind: The accepted floats in words, for the error.
    """
    if isinstance(value, Schedule):
        return value
    try:
        return check(value, argument)
    except TypeError:
        expected = f"{kind} or a `LearningRateSchedule`"
        raise TypeError(message(argument, expected, value)) from None


def fixed_number() -> Fixed:
    """Returns the attribute for the number of a wrapped loss."""
    return Fixed(
        "a `LearningRateSchedule`, or `keras_regan.penalties.AdjustableFactor` "
        "for one that is set by hand"
    )
