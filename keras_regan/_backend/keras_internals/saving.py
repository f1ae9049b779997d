"""What Keras says of files."""

import json
import re
import warnings
from collections.abc import Sequence

import keras

_REMOTE = re.compile(r"/(cns|cfs|gcs|hdfs|readahead|placer|tfhub)|.*://")
_NOT_LOADED = "Skipping variable loading for optimizer"
_NONE_SAVED = "saved optimizer has 0 variables"


def is_remote(path: str) -> bool:
    """Tells whether Keras takes a path for one that is not on a local disk.

    Why: files there are left to Keras, which writes and loads them by itself.
    When it is gone: look in the code of `keras.saving.save_model` for how it
        tells remote paths, and take that over.
    """
    return bool(_REMOTE.match(path))


def always_warn_of_optimizers() -> None:
    """Lets Python report every optimizer whose state Keras does not load.

    Why: Keras warns and goes on where half of a file does not fit, and Python
        reports a warning of one place only once.
    When it is gone: as for `optimizers_not_loaded`.
    """
    warnings.filterwarnings("always", _NOT_LOADED)


def optimizers_not_loaded(
    caught: Sequence[warnings.WarningMessage],
) -> list[str]:
    """Returns what Keras said of optimizers whose state it did not load.

    Why: a file is loaded whole or not at all, and Keras only warns.
    When it is gone: look for what `load_own_variables` of
        `keras.optimizers.Optimizer` does if the number of variables differs.
        If it raises an error, drop this function.
    """
    texts = [str(warning.message) for warning in caught]
    return [text for text in texts if _NOT_LOADED in text]


def is_of_no_optimizer(warning: warnings.WarningMessage) -> bool:
    """Tells whether Keras warns of an optimizer that nobody has saved.

    Why: it says so of a model that was not compiled, of which our own warning
        tells already, and also where the state could not be read.
    When it is gone: look for the new text in `load_own_variables` of
        `keras.optimizers.Optimizer`.
    """
    return _NONE_SAVED in str(warning.message)


def files_of_shards(content: bytes) -> list[str]:
    """Returns the names of the files that a list of shards consists of.

    Why: Keras does not always miss one that is not there.
    When it is gone: look for what `save_weights(max_shard_size=...)` writes
        into its `.weights.json`.

    Raises:
        ValueError, KeyError, TypeError: If it is no list of shards.
    """
    return keras.tree.flatten(json.loads(content)["weight_map"])
