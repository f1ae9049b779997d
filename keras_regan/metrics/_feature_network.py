"""The feature network: how it is loaded, named and described."""

import hashlib
import os
import pathlib
import re
from typing import Any

import keras
import numpy as np


def name_of(model: keras.Model | str | None) -> str:
    """Returns the end of log keys for a model, a path or the default."""
    if model is None:
        return "inception"
    return (
        _given_name(model) if isinstance(model, keras.Model) else _stem(model)
    )


def _given_name(model):
    """Returns a model's name without the number that Keras gives it.

    It counts the models of a process, so the same model has another in the
    next one.
    """
    name = re.sub(r"_\d+$", "", model.name)
    made_by_keras = name.replace("_", "") == type(model).__name__.lower()
    return name if made_by_keras else model.name


def _stem(path):
    return "_".join(pathlib.PurePath(path).stem.split())


def description(source: keras.Model | str | None) -> str:
    """Returns a text that identifies a network and its weights."""
    if source is None:
        return "keras.applications.InceptionV3, imagenet"
    if not isinstance(source, keras.Model):
        return os.path.basename(source)
    digest = hashlib.sha256()
    for weights in source.get_weights():
        digest.update(np.ascontiguousarray(weights).tobytes())
    return f"{_given_name(source)}, weights {digest.hexdigest()[:12]}"


def built(source: str | None, default_arguments: dict[str, Any]) -> keras.Model:
    """Loads the network from a path, or the default one.

    Raises:
        RuntimeError: If it cannot be loaded.
    """
    if source is None:
        return _inception(default_arguments)
    try:
        return keras.saving.load_model(source, compile=False)
    except Exception as error:  # The file may hold anything.
        raise RuntimeError(
            f"The feature network could not be loaded from '{source}': {error}"
        ) from error


def _inception(arguments):
    try:
        return keras.applications.InceptionV3(
            input_shape=_inception_shape(), **arguments
        )
    except Exception as error:
        raise RuntimeError(
            "The default feature network is `keras.applications.InceptionV3`, "
            "and its ImageNet weights could not be fetched. Run once with a "
            "connection to the internet, after which Keras keeps them, or pass "
            "a network of your own: `features=keras_regan.metrics."
            f"FeatureExtractor(model, ...)`. ({error})"
        ) from error


def _inception_shape():
    if keras.config.image_data_format() == "channels_first":
        return (3, 299, 299)
    return (299, 299, 3)
