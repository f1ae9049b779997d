"""What a GAN saves beside weights and optimizers: seeds, penalties' state.

Keras drops the state of every seed generator on saving, and with it the
dropout masks and latents that a resumed run would use; and it does not know
what penalties, factors and augmentations keep.
"""

import json
import re
import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan import _backend
from keras_regan._version import __version__
from keras_regan.metrics.feature_sharing import different_networks

_VERSION = "version"
_AVERAGE = "average"
_POSITION = ("position.epoch", "position.batch")
_NOTES = "callback_notes"
_RANDOM = "random_state."


class NotCompiledWarning(UserWarning):
    """A compiled model loads a file of one that was not."""


def own_variables(gan: Any) -> dict[str, keras.Variable]:
    """Returns what is saved, in order, by its key in files.

    A key is made of names, never of a position among others, so that a file
    also fits a model whose regularizers come in another order. What is added
    here is saved, and read from files that have it.
    """
    variables = _seeds(gan)
    for name, variable in zip(_POSITION, gan._position.saved, strict=True):
        variables[name] = variable
    if gan.compiled:
        for owner, state in _state_by_owner(gan._game):
            for index, variable in enumerate(state):
                variables[f"{_without_slash(owner)}.{index}"] = variable
    return variables


def save(gan: Any, store: Any) -> None:
    """Saves the version, and the values of `own_variables`."""
    store[_VERSION] = np.array(_numbers(__version__), "int32")
    if gan.ema_generator is not None:
        store[_AVERAGE] = np.array(1, "int32")
    for key, variable in own_variables(gan).items():
        store[key] = ops.convert_to_numpy(variable.value)
    for index, state in enumerate(_backend.random_states()):
        store[f"{_RANDOM}{index}"] = state
    if gan.callback_notes:
        text = json.dumps(gan.callback_notes).encode()
        store[_NOTES] = np.frombuffer(text, "uint8").copy()


def load(gan: Any, store: Any) -> None:
    """Loads what `save` saved, in this version or an earlier one.

    What the file lacks is left as it is. That and what the model has no place
    for is warned of.

    Raises:
        ValueError: If an entry has another shape. Nothing is loaded then.
    """
    variables = own_variables(gan)
    present = set(store.keys())
    version = __version__
    keys = {key: key for key in variables}
    if _VERSION in present:
        version = ".".join(str(int(n)) for n in np.ravel(store[_VERSION]))
    elif present:
        version = "0.1.0"
        old = _keys_of_0_1_0(gan)
        keys = {key: old.get(id(v), key) for key, v in variables.items()}
    values = {}
    for key, variable in variables.items():
        if keys[key] in present:
            values[key] = value = store[keys[key]]
            if tuple(value.shape) != tuple(variable.shape):
                raise ValueError(
                    f"The state `{keys[key]}` does not fit. Expected shape "
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
    known = {_VERSION, _NOTES, *random, *keys.values()}
    if gan.ema_generator is not None or version == "0.1.0":
        known.add(_AVERAGE)
    surplus = present - known
    if not gan.compiled:
        # As Keras does not miss an optimizer in a model without one.
        surplus = {k for k in surplus if k.startswith(("seed", _AVERAGE))}
    gan._position.loaded = all(key in values for key in _POSITION)
    missing = [keys[key] for key in variables if key not in values]
    if version == "0.1.0":
        missing = [key for key in missing if key not in _POSITION]
    _warn(version, missing, sorted(surplus), _is_uncompiled(gan, values))


def _warn(version, missing, surplus, uncompiled):
    if not missing and not surplus:
        return
    if uncompiled:
        text = (
            "The file is of a model that was not compiled: optimizers and "
            "what penalties, factors and augmentations keep are left as they "
            "are."
        )
        missing = [key for key in missing if key.startswith("seed")]
    else:
        text = "The file is of a model that was made or compiled otherwise."
    if missing:
        text += f" It lacks {_listed(missing)}, left as in this model."
    if surplus:
        text += f" It holds {_listed(surplus)}, for which there is no place."
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


def _without_slash(name):
    """Returns a name that is one level of an HDF5 file, and no other's."""
    return name.replace("%", "%25").replace("/", "%2F")


def _seeds(gan: Any) -> dict[str, keras.Variable]:
    streams = {
        "training": gan._training_seed,
        "evaluation": gan._evaluation_seed,
        "generation": gan._generation_seed,
        "regularization": gan._regularization_seed,
        "evaluated_regularization": gan._evaluated_regularization_seed,
    }
    seeds = {f"seed.{name}": s.state for name, s in streams.items()}
    networks = {"generator": gan.generator, "discriminator": gan.discriminator}
    if gan.ema_generator is not None:
        networks["average"] = gan.ema_generator
    networks["other"] = gan
    known = {id(variable) for variable in seeds.values()}
    for name, network in networks.items():
        found = [v for v in _seed_states(network) if id(v) not in known]
        known |= {id(v) for v in found}
        for index, variable in enumerate(found):
            seeds[f"seed.{name}.{index}"] = variable
    return seeds


def _seed_states(network):
    ending = "seed_generator_state"
    return [v for v in network.variables if v.path.endswith(ending)]


def _state_by_owner(game: Any):
    for player in game.players:
        yield f"{player.role}.step", [player.step]
        for penalty in player.penalties:
            yield f"{player.role}.{penalty.name}", penalty.state
    yield "loss", game.loss.variables
    if game.augmentation is not None:
        yield "augmentation", game.augmentation.variables
    names = []
    for network in different_networks(game.metrics):
        name = network.name
        if name in names:
            name = f"{name}_{len(names)}"
        names.append(name)
        yield f"features.{name}", network.saved_variables


def _keys_of_0_1_0(gan: Any) -> dict[int, str]:
    """Returns the numbered keys of that version, by the variable's id."""
    keys = {id(v): f"seed_{i}" for i, v in enumerate(_seed_states(gan))}
    if gan.compiled:
        for owner, variables in gan._game.state_by_owner.items():
            for index, variable in enumerate(variables):
                keys.setdefault(id(variable), f"{owner}_{index}")
    return keys
