"""Optuna, which is imported only when a search needs it."""

from typing import Any


def optuna() -> Any:
    """Returns the module `optuna`.

    Raises:
        ImportError: If Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise ImportError(
            "`keras_regan.search` needs Optuna. Install it with "
            '`pip install "keras_regan[search]"`.'
        ) from error
    return optuna
