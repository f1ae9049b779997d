"""Types for tensors of any backend, and names for long types."""

import os
from typing import Any
from typing import TypeAlias

from keras.optimizers.schedules import LearningRateSchedule as Schedule

__all__ = ["Factor", "PathLike", "Schedule", "Shape", "Tensor"]

Tensor: TypeAlias = Any
Shape: TypeAlias = tuple[int | None, ...]
PathLike: TypeAlias = str | os.PathLike[str]
Factor: TypeAlias = float | Schedule
