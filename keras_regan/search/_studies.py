"""The study of Optuna that holds a search, and its storage."""

import json
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keras_regan._validation import message
from keras_regan.search._optuna import optuna
from keras_regan.search.objective import Objective

_SETTINGS = "keras_regan"
_SECONDS_BETWEEN_HEARTBEATS = 20
_SECONDS_OF_GRACE = 90
_ATTEMPTS = 6
_SECONDS_BETWEEN_ATTEMPTS = 0.5


def checked_storage(storage: Any) -> Any:
    """Returns the storage of a study, if it is a path, a URL or a storage."""
    if storage is None:
        return optuna().storages.InMemoryStorage()
    if isinstance(storage, str | os.PathLike):
        return os.fspath(storage)
    if isinstance(storage, optuna().storages.BaseStorage):
        return storage
    expected = "a path, a URL, a storage of Optuna or None"
    raise TypeError(message("storage", expected, storage))


def open_study(
    storage: Any,
    name: str,
    objectives: tuple[Objective, ...],
    settings: dict[str, Any],
    sampler: Any,
    pruner: Any,
) -> Any:
    """Returns a new study, or one that was begun before.

    Raises:
        ValueError: If the study was begun with other settings.
    """
    words = {"min": "minimize", "max": "maximize"}
    study = optuna().create_study(
        storage=_open(storage),
        study_name=name,
        directions=[words[objective.direction] for objective in objectives],
        load_if_exists=True,
        sampler=sampler,
        pruner=pruner,
    )
    settings = json.loads(json.dumps(settings))
    begun = study.user_attrs.get(_SETTINGS)
    if begun is None:
        study.set_user_attr(_SETTINGS, settings)
    else:
        _compare(name, begun, settings)
    return study


def _compare(name: str, begun: dict[str, Any], now: dict[str, Any]) -> None:
    for key in sorted({*begun, *now}):
        before, received = begun.get(key), now.get(key)
        if before != received:
            raise ValueError(
                f"Invalid value for argument `{key}`. The study {name!r} was "
                f"begun with {before!r}, and its trials cannot be compared "
                "with others. Use the same value, or another `name`. Received: "
                f"{key}={received!r}"
            )


def _open(storage: Any) -> Any:
    storages = optuna().storages
    if not isinstance(storage, str):
        return storage
    if "://" not in storage:
        file = storages.journal.JournalFileBackend(storage)
        return storages.JournalStorage(file)
    return _open_database(storage)


def _open_database(url: str) -> Any:
    """Opens a database, and creates its tables if it has none.

    Workers that start together all try to create them, and some databases
    raise an error for all but the first.
    """
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.exc import ProgrammingError

    failure: Exception
    for _ in range(_ATTEMPTS):
        try:
            with warnings.catch_warnings():
                experimental = optuna().exceptions.ExperimentalWarning
                warnings.simplefilter("ignore", experimental)
                return optuna().storages.RDBStorage(
                    url,
                    heartbeat_interval=_SECONDS_BETWEEN_HEARTBEATS,
                    grace_period=_SECONDS_OF_GRACE,
                )
        except (IntegrityError, OperationalError, ProgrammingError) as error:
            failure = error
            time.sleep(_SECONDS_BETWEEN_ATTEMPTS)
    raise failure


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps Optuna from reporting each trial; the search does so itself."""
    logging = optuna().logging
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
