"""Checks of the data of a training, before a batch is drawn."""

from typing import Any

from keras_regan._checks.batches import check_samples
from keras_regan._checks.batches import split
from keras_regan._checks.conditions import Conditions
from keras_regan._checks.conditions import check_count
from keras_regan._checks.conditions import check_present
from keras_regan._typing import Shape


def check_source(
    x: Any,
    y: Any,
    sample_shape: Shape,
    wanted: Conditions | None,
    use_conditions: bool = True,
) -> None:
    """Checks `x` and `y` as far as possible before a batch is drawn.

    The shapes and types of arrays, tensors and `tf.data.Dataset`s are known in
    advance; batches of other sources are checked as they come.

    Args:
        x: The samples, or a source of batches.
        y: The conditions, if `x` is an array.
        sample_shape: The shape of one sample.
        wanted: The conditions or labels that the data must have, or `None`.
        use_conditions: Whether conditions or labels are used.

    Raises:
        TypeError: If `x` is neither an array nor a source of batches.
        ValueError: If they do not fit the networks.
    """
    specification = getattr(x, "element_spec", None)
    if not hasattr(x, "shape"):
        _check_kind(x, y)
    if specification is not None:
        x, y = split(specification)
    elif not hasattr(x, "shape"):
        return
    if hasattr(x, "dtype") and getattr(x.shape, "rank", 0) is not None:
        check_samples(x, sample_shape)
        if not use_conditions:
            return
        check_present(y, wanted)
        if y is not None and wanted is not None:
            wanted.check(y)
        if specification is None:
            check_count(x, y, wanted is None or wanted.are_labels)


def _check_kind(x: Any, y: Any) -> None:
    """Raises unless `x` is an array or a source of batches."""
    if isinstance(x, dict | list | tuple | set | str | bytes) or not (
        hasattr(x, "__iter__") or hasattr(x, "__getitem__")
    ):
        raise TypeError(
            "Invalid value for argument `x`. Expected an array or tensor of "
            "samples, a `tf.data.Dataset`, a `keras.utils.PyDataset`, a torch "
            "`DataLoader` or a generator. Received: an object of type "
            f"{type(x).__name__}"
        )
    if y is not None:
        raise ValueError(
            "Invalid value for argument `y`. Expected None if `x` is a source "
            "of batches, which has to include the conditions. Received: an "
            f"object of type {type(y).__name__}"
        )


def length(x: Any) -> int | None:
    """Returns the number of samples or batches; `None` if unknown."""
    try:
        return len(x)
    except (TypeError, NotImplementedError):  # Its length is unknown.
        return None


def check_not_empty(x: Any, argument: str) -> None:
    """Raises a `ValueError` for data that is known to be empty."""
    if length(x) == 0:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected one sample or "
            f"more. Received: {type(x).__name__} of length 0"
        )


def no_batches(x: Any) -> ValueError:
    """Returns the error for data that turned out to be empty."""
    return ValueError(
        "Invalid value for argument `x`. Expected one batch or more. "
        f"Received: {type(x).__name__} that has none, so nothing was trained"
    )


def no_samples(x: Any) -> ValueError:
    """Returns the error for batches that all turned out to be empty."""
    return ValueError(
        "Invalid value for argument `x`. Expected batches with one sample or "
        f"more. Received: {type(x).__name__} of empty batches, so nothing was "
        "trained"
    )


def refuse_weights(arguments: dict[str, Any]) -> None:
    """Raises a `ValueError` for weights, which would be ignored."""
    for argument in ("class_weight", "sample_weight"):
        value = arguments.get(argument)
        if value is not None:
            raise ValueError(
                f"Invalid value for argument `{argument}`. Expected None: the "
                "loss of a GAN has no weights for samples or classes. "
                f"Received: {argument} of type {type(value).__name__}"
            )
