"""Saves what Keras leaves out: seeds and the state of penalties.

Keras does not save the state of seed generators, which a resumed run needs to
draw the same dropout masks and latents. It does not know the state of
penalties, factors and augmentations either.
"""

import json
import re
import warnings
from typing import Any

import numpy as np
from keras import ops

from keras_regan import _backend
from keras_regan._game.state import SAVED
from keras_regan._version import __version__
from keras_regan._whole_files import NotCompiledWarning

_VERSION = "version"
_AVERAGE = "average"
_POSITION = ("position.epoch", "position.batch")
_NOTES = "callback_notes"
_RANDOM = "random_state."


def save(gan: Any, store: Any) -> None:
    """Saves the version, and the values of `own_variables`."""
    store[_VERSION] = np.array(_numbers(__version__), "int32")
    if gan.ema_generator is not None:
        store[_AVERAGE] = np.array(1, "int32")
    for key, variable in gan._state.named(SAVED).items():
        store[key] = ops.convert_to_numpy(variable.value)
    for index, state in enumerate(_backend.random_states()):
        store[f"{_RANDOM}{index}"] = state
    if gan.callback_notes:
        text = json.dumps(gan.callback_notes).encode()
        store[_NOTES] = np.frombuffer(text, "uint8").copy()


def load(gan: Any, store: Any) -> None:
    """Loads what `save` saved, in this version or an earlier one.

    Variables that the file lacks keep their values. A warning names them, and
    the entries that the model has no variables for.

    Raises:
        ValueError: If an entry has another shape. Nothing is loaded then.
    """
    variables = gan._state.named(SAVED)
    present = set(store.keys())
    version = __version__
    if _VERSION in present:
        version = ".".join(str(int(n)) for n in np.ravel(store[_VERSION]))
    values = {}
    for key, variable in variables.items():
        if key in present:
            values[key] = value = store[key]
            if tuple(value.shape) != tuple(variable.shape):
                raise ValueError(
                    f"The state `{key}` does not fit. Expected shape "
                    f"{tuple(variable.shape)}. Received: {tuple(value.shape)} "
                    f"in the file (keras_regan {version}; this is "
                    f"{__version__})"
                )
    for key, value in values.items():
        variables[key].assign(value)
    if gan.compiled and _NOTES in present:
        gan._game.notes = json.loads(np.array(store[_NOTES]).tobytes())
    random = sorted(key for key in present if key.startswith(_RANDOM))
    gan._position.random_states = [np.array(store[key]) for key in random]
    known = {_VERSION, _NOTES, *random, *variables}
    if gan.ema_generator is not None:
        known.add(_AVERAGE)
    surplus = present - known
    if not gan.compiled:
        # Keras does not complain either if a model without an optimizer loads
        # a file that has one.
        surplus = {k for k in surplus if k.startswith(("seed", _AVERAGE))}
    gan._position.loaded = all(key in values for key in _POSITION)
    missing = [key for key in variables if key not in values]
    _warn(version, missing, sorted(surplus), _is_uncompiled(gan, values))


def _warn(version, missing, surplus, uncompiled):
    if not missing and not surplus:
        return
    if uncompiled:
        text = (
            "The file comes from a model that was not compiled: optimizers and "
            "the state of penalties, factors and augmentations stay as they "
            "are."
        )
        missing = [key for key in missing if key.startswith("seed")]
    else:
        text = "The file comes from a model made or compiled in another way."
    if missing:
        text += f" It lacks {_listed(missing)}, which stay as they are."
    if surplus:
        text += f" It holds {_listed(surplus)}, which this model does not have."
    warnings.warn(
        f"{text} It was written by keras_regan {version}; this is "
        f"{__version__}.",
        NotCompiledWarning if uncompiled else UserWarning,
        stacklevel=4,
    )


def _listed(keys):
    return ", ".join(f"`{key}`" for key in keys)


def _is_uncompiled(gan, values):
    return gan.compiled and not any(key.endswith(".step.0") for key in values)


def _numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)[:3]]
