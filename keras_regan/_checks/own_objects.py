"""Checks of a user's own losses and regularizers."""

import inspect
from typing import Any

from keras_regan._validation import message
from keras_regan.losses import AdversarialLoss
from keras_regan.losses._drawing import takes_seed
from keras_regan.penalties import Penalty
from keras_regan.regularizers import SampleRegularizer

_METHODS = {
    "discriminator_loss": "real_logits, fake_logits",
    "generator_loss": "fake_logits, real_logits=None",
}


def check_loss(loss: AdversarialLoss) -> None:
    """Raises a `ValueError` unless a loss has both methods with the arguments.

    Args:
        loss: The user's argument `loss`.
    """
    kind = type(loss).__name__
    for name, arguments in _METHODS.items():
        method = getattr(loss, name)
        own = getattr(method, "__func__", method)
        if own is getattr(AdversarialLoss, name):
            raise ValueError(
                f"Invalid value for argument `loss`. Expected a loss that has "
                f"a method `{name}(self, {arguments})`. Received: `{kind}`, "
                "which has none"
            )
        if not _can_be_called(method):
            raise ValueError(
                f"Invalid value for argument `loss`. Expected a loss with the "
                f"method `{name}(self, {arguments})`, and an argument `seed` "
                f"if it draws random numbers. Received: "
                f"`{kind}.{name}{inspect.signature(method)}`"
            )


def _can_be_called(method):
    try:
        signature = inspect.signature(method)
    except ValueError:  # It is not written in Python.
        return True
    seed = {"seed": None} if takes_seed(method) else {}
    try:
        signature.bind("first logits", "second logits", **seed)
    except TypeError:
        return False
    return True


def check_constructed(entry: Any, argument: str) -> None:
    """Raises a `ValueError` if the base class's constructor was not called.

    Args:
        entry: An entry of a list of regularizers.
        argument: The user's argument for the list.
    """
    attributes = {
        Penalty: ("factor", "interval", "name"),
        SampleRegularizer: ("factor", "name"),
    }
    for base, names in attributes.items():
        missing = [name for name in names if not hasattr(entry, name)]
        if isinstance(entry, base) and missing:
            raise ValueError(
                message(
                    argument,
                    f"a `{base.__name__}` whose constructor calls "
                    "`super().__init__(...)`",
                    [entry],
                )
                + f", without `{missing[0]}`"
            )
    inner = getattr(entry, "regularizer", None)
    if isinstance(inner, Penalty | SampleRegularizer):
        check_constructed(inner, argument)
