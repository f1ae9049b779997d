"""Builds and evaluates a model before anything is trained."""

import re
import zlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_regan.models import RegularizedGAN
from keras_regan.search._read_factors import ReadFactors
from keras_regan.search.objective import Objective
from keras_regan.search.space import Factors
from keras_regan.search.space import Space

# Numbers that Keras assigns differently in each process.
_PASSING = re.compile(r"_\d+\b|'shared_object_id': \d+")
_FLOAT = re.compile(r"\d+\.\d+(e-?\d+)?")


def model_of(
    build: Callable[[Factors], RegularizedGAN], space: Space, seed: int
) -> RegularizedGAN:
    """Builds a model with the first values of a space.

    Raises:
        TypeError: If it is not a compiled `RegularizedGAN`.
        ValueError: If `build` does not read all factors of the space, or
            reads others.
    """
    keras.utils.set_random_seed(seed)
    factors = ReadFactors(
        {
            name: entry[0] if isinstance(entry, tuple) else entry.low
            for name, entry in space.items()
        }
    )
    try:
        gan = build(factors)
    except KeyError as error:
        if not error.args or error.args[0] not in factors.read - set(space):
            raise
        raise ValueError(
            "Invalid value for argument `space`. Expected all factors that "
            f"`build` reads; it asked for {error.args[0]!r}. Received: "
            f"space with {list(space)}"
        ) from error
    unused = [name for name in space if name not in factors.read]
    if unused:
        raise ValueError(
            "Invalid value for argument `space`. Expected factors that "
            f"`build` reads; it did not read {unused}, so all their values "
            f"would give the same result. Received: space with {list(space)}"
        )
    if not isinstance(gan, RegularizedGAN) or not gan.compiled:
        raise TypeError(
            "Invalid value for argument `build`. Expected a function that "
            "returns a compiled `RegularizedGAN`. Received: a function that "
            f"returned {gan!r}"
        )
    return gan


def validation_logs(
    gan: RegularizedGAN, validation_data: Any, fit_arguments: dict[str, Any]
) -> list[str]:
    """Returns the names in the logs of a validation."""
    arguments = {
        ours: fit_arguments[theirs]
        for theirs, ours in (
            ("batch_size", "batch_size"),
            ("validation_batch_size", "batch_size"),
            ("validation_steps", "steps"),
        )
        if fit_arguments.get(theirs) is not None
    }
    samples, labels = validation_data, None
    if isinstance(validation_data, list | tuple) and len(validation_data) == 2:
        samples, labels = validation_data
    if not isinstance(samples, np.ndarray):
        arguments.pop("batch_size", None)
    logs = gan.evaluate(
        samples, labels, verbose=0, return_dict=True, **arguments
    )
    return [f"val_{name}" for name in logs]


def described(gan: RegularizedGAN) -> list[Any]:
    """Returns values that identify the networks and the compile arguments.

    These are numbers of weights and a checksum.
    """
    networks = (gan.generator, gan.discriminator)
    compiled = _PASSING.sub("", str(gan.get_compile_config()))
    # Floats that are computed from data differ by rounding on other machines.
    compiled = _FLOAT.sub(lambda found: f"{float(found[0]):.4g}", compiled)
    return [
        *(network.count_params() for network in networks),
        zlib.crc32(compiled.encode()),
    ]


def not_in_logs(objective: Objective, logs: Any) -> ValueError:
    """Returns the error for an objective that is not in the logs."""
    return ValueError(
        "Invalid value for argument `objective`. Expected the name of a value "
        f"in the logs: {sorted(logs)}. Received: objective={objective.name!r}"
    )
