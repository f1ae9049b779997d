"""Types for tensors of any backend, and names for long types."""

import os
from typing import Any
from typing import TypeAlias

from keras.optimizers import Optimizer
from keras.optimizers.schedules import LearningRateSchedule as Schedule

__all__ = [
    "AnyOptimizer",
    "Factor",
    "PathLike",
    "Schedule",
    "Shape",
    "Tensor",
]

Tensor: TypeAlias = Any
Shape: TypeAlias = tuple[int | None, ...]
PathLike: TypeAlias = str | os.PathLike[str]
Factor: TypeAlias = float | Schedule
# An optimizer, its name or its config.
AnyOptimizer: TypeAlias = str | dict[str, Any] | Optimizer
