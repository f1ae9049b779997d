"""Errors for a configuration from a file that cannot be used."""

import contextlib
from collections.abc import Iterator
from typing import Any

from keras_regan._validation import message


@contextlib.contextmanager
def config_errors(config: Any) -> Iterator[None]:
    """Turns errors of a block that uses a config into clear `ValueError`s.

    Raises:
        ValueError: If the config is not a dictionary, or if the block cannot
            use a key, a type or an object in it.
    """
    if not isinstance(config, dict):
        raise ValueError(message("config", "a dictionary", config))
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        text = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(
            f"The configuration of the model cannot be used: {text}"
        ) from error
