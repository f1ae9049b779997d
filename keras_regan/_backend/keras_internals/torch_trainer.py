"""What a model does otherwise than Keras's trainer on PyTorch: nothing."""

from typing import Any

# Whether the train function of Keras's trainer is called with an iterator,
# and not with a batch.
TRAIN_FUNCTION_TAKES_BATCHES = False


class TrainerInternals:
    """Does as Keras's trainer."""


def pass_over(arguments: Any, count: int, logs: Any) -> Any:
    """Takes batches from what Keras's trainer calls its train function with.

    Args:
        arguments: The arguments of that call, batches already taken.
        count: How many batches to take.
        logs: What to return as the logs.

    Returns:
        What the train function would return.

    Why: as for `set_train_function`, which says what is called with these.
    When it is gone: look for what the trainer calls `train_function` with in
        `fit`, and take `count` batches of it.
    """
    return logs
