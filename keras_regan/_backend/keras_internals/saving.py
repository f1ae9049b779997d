"""Keras's messages about files."""

import json
import re
import warnings
from collections.abc import Sequence
from typing import Any

import keras

_REMOTE = re.compile(r"/(cns|cfs|gcs|hdfs|readahead|placer|tfhub)|.*://")
_NOT_LOADED = "Skipping variable loading for optimizer"
_NONE_SAVED = "saved optimizer has 0 variables"
_ON_PYTORCH = ".backend.torch.optimizers."


def is_remote(path: str) -> bool:
    """Tells whether Keras treats a path as remote.

    Why: Keras writes and loads remote files by itself.
    When it is gone: look in the code of `keras.saving.save_model` for how it
        recognizes remote paths, and copy that.
    """
    return bool(_REMOTE.match(path))


def always_warn_of_optimizers() -> None:
    """Makes Python report every optimizer whose state Keras does not load.

    Why: Keras only warns if half of a file does not fit, and Python reports a
        warning from the same line only once.
    When it is gone: as for `optimizers_not_loaded`.
    """
    warnings.filterwarnings("always", _NOT_LOADED)


def optimizers_not_loaded(
    caught: Sequence[warnings.WarningMessage],
) -> list[str]:
    """Returns Keras's warnings of optimizers whose state it did not load.

    Why: a file is loaded completely or not at all, but Keras only warns.
    When it is gone: look for what `load_own_variables` of
        `keras.optimizers.Optimizer` does if the number of variables differs.
        If it raises an error, drop this function.
    """
    texts = [str(warning.message) for warning in caught]
    return [text for text in texts if _NOT_LOADED in text]


def is_of_no_optimizer(warning: warnings.WarningMessage) -> bool:
    """Tells whether Keras warns of an optimizer that was not saved.

    Why: Keras warns so for a model that was not compiled, for which there is a
        warning of ours, and also if the state could not be read.
    When it is gone: look for the new text in `load_own_variables` of
        `keras.optimizers.Optimizer`.
    """
    return _NONE_SAVED in str(warning.message)


def files_of_shards(content: bytes) -> list[str]:
    """Returns the names of the files in a list of shards.

    Why: Keras does not always notice that one is missing.
    When it is gone: look for what `save_weights(max_shard_size=...)` writes
        into its `.weights.json`.

    Raises:
        ValueError, KeyError, TypeError: If it is not a list of shards.
    """
    return keras.tree.flatten(json.loads(content)["weight_map"])


def for_any_backend(config: Any) -> Any:
    """Returns a config in which optimizers are named as on all backends.

    Why: on PyTorch, Keras saves its optimizers under the names of forms that
        only PyTorch can train with.
    When it is gone: drop this function. If a GAN that was saved with PyTorch
        does not train on another backend, look under which `module`
        `keras.saving.serialize_keras_object` puts an optimizer on PyTorch.
    """
    if isinstance(config, list | tuple):
        return [for_any_backend(entry) for entry in config]
    if not isinstance(config, dict):
        return config
    config = {key: for_any_backend(entry) for key, entry in config.items()}
    if _ON_PYTORCH in str(config.get("module")):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config
