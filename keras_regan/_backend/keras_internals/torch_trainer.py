"""A model's differences from Keras's trainer on PyTorch: there are none."""

from typing import Any

# Whether the train function of Keras's trainer is called with an iterator,
# and not with a batch.
TRAIN_FUNCTION_TAKES_BATCHES = False


class TrainerInternals:
    """Changes nothing in Keras's trainer."""


def pass_over(arguments: Any, count: int, logs: Any) -> Any:
    """Skips the batches in the arguments of the train function.

    Args:
        arguments: The arguments of that call, batches already taken.
        count: The number of batches to take.
        logs: The logs to return.

    Returns:
        A result in the form of the train function's.

    Why: as for `set_train_function`, whose function gets these arguments.
    When it is gone: look for the arguments of `train_function` in `fit` of the
        trainer, and take `count` batches from them.
    """
    return logs
