"""The functions of `mirrored` for one replica, which sees the whole batch."""

import contextlib
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from typing import TypeVar

import keras

from keras_regan._typing import Tensor

_Method = TypeVar("_Method", bound=Callable[..., Any])


def on_several_replicas() -> bool:
    """Returns whether the current step has other replicas."""
    return False


def own_rows(
    draw: Callable[[Any, Any], Tensor], size: Any, seed: Any
) -> Tensor:
    """Returns `draw(size, seed)`: all rows belong to the one replica."""
    return draw(size, seed)


def own_seed(seed: Any) -> Any:
    """Returns the seed: there is no other replica."""
    return seed


def global_size(size: Any) -> Any:
    """Returns the size of the global batch."""
    return size


def global_mean(values: Any) -> Any:
    """Returns the values: they are means over the global batch."""
    return values


def after(predicate: Tensor) -> AbstractContextManager[None]:
    """Does nothing: no other replica can have raised."""
    return contextlib.nullcontext()


def counted_once(event: Tensor) -> Tensor:
    """Returns the event: no other replica counts it."""
    return event


def global_rows(rows: Tensor) -> Tensor:
    """Returns the rows: there are no others."""
    return rows


def synchronized(
    variables: Sequence[keras.Variable],
) -> AbstractContextManager[None]:
    """Does nothing: there are no copies of variables."""
    return contextlib.nullcontext()


def replica_count(model: keras.Model) -> int:
    """Returns 1: the step runs once."""
    return 1


def in_scope(method: _Method) -> _Method:
    """Returns the method: variables need no scope."""
    return method


def outside_scope(
    model: keras.Model, variables: Sequence[keras.Variable]
) -> list[keras.Variable]:
    """Returns no variable: there is no scope."""
    return []


def check_strategy() -> None:
    """Does nothing: there is no unsupported strategy."""


def batch_divisor() -> int:
    """Returns 1: a batch may have any number of rows."""
    return 1


def in_this_process() -> AbstractContextManager[None]:
    """Does nothing: there is one process, and a batch is not divided."""
    return contextlib.nullcontext()
