"""Checks of the data of a GAN before the first step."""

from typing import Any

from keras_regan._checks import batches
from keras_regan._checks import sources
from keras_regan._checks.conditions import as_arrays
from keras_regan.models import _devices

_ON_ONE_BATCH = ("train_on_batch", "test_on_batch", "gradient_share")


def checked_source(
    gan: Any,
    method: str,
    x: Any,
    y: Any,
    arguments: dict[str, Any],
    argument: str = "x",
) -> tuple[Any, Any]:
    """Returns `(x, y)`, checked as far as is possible before a step.

    Args:
        gan: The model.
        method: The name of the method that was called.
        x: The samples, or a source of batches.
        y: The conditions, if `x` is an array.
        arguments: The other arguments of the method.
        argument: The method's name for `x`.

    Raises:
        TypeError: If `x` is neither an array nor a source of batches, or if
            `y` has no conditions.
        ValueError: If the model is not compiled, or if the data does not fit
            the networks.
    """
    if not gan.compiled:
        raise ValueError(
            f"`{type(gan).__name__}` must be compiled before "
            f"`{method}` is called: call `compile()` first."
        )
    sources.refuse_weights(arguments)
    _devices.check_compiled(gan, gan._game, gan._state)
    gan._game.prepare(gan._interface.described_conditions)
    gan._check_drawn_latents()
    if isinstance(x, list) and len(x) == 1 and hasattr(x[0], "shape"):
        (x,) = x  # Keras accepts a list of one input too.
    if y is None and isinstance(x, list | tuple) and len(x) == 2:
        x, y = x
    if method in _ON_ONE_BATCH:
        batches.check_array(x)
    sources.check_not_empty(x, argument)
    wanted = gan._game.beside_samples
    if not gan._uses_conditions and hasattr(x, "shape"):
        y = None
    y = as_arrays(y, wanted)
    sources.check_source(x, y, gan.sample_shape, wanted, gan._uses_conditions)
    if y is not None:
        wanted.check_numbering(y)
        y = wanted.shaped(y)
    return x, y


def check_validation(gan: Any, data: Any) -> None:
    """Raises as `checked_source` does, for the `validation_data` of `fit`."""
    if data is not None:
        x, y = batches.split(data)
        checked_source(gan, "fit", x, y, {}, argument="validation_data")


def check_trained(
    gan: Any, before: int, logs: dict[str, list[float]], x: Any
) -> None:
    """Raises a `ValueError` if no batch of a training had any samples.

    A compiled step skips batches without samples. Updates may be missing for
    other reasons too: a loss scale skipped them, which the logs show, or a
    callback went back to earlier weights, which leaves the means as they are.

    Args:
        gan: The model.
        before: Number of updates of the discriminator before the training.
        logs: The logs of all epochs.
        x: The data, which the error names.
    """
    trackers = gan._game.step_trackers
    left_out = sum(sum(logs.get(t.name, [])) for t in trackers)
    player = gan._game.discriminator
    if not (player.updates != before or player.has_means or left_out):
        raise sources.no_samples(x)
