"""Optuna, which is imported only by those who search."""

from typing import Any


def optuna() -> Any:
    """Returns the module.

    Raises:
        ImportError: If it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise ImportError(
            "`keras_regan.search` needs Optuna. Install it with "
            '`pip install "keras_regan[search]"`.'
        ) from error
    return optuna
