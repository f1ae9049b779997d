"""Names for what has no type that all backends share, and for factors."""

from typing import Any
from typing import TypeAlias

from keras.optimizers.schedules import LearningRateSchedule as Schedule

__all__ = ["Factor", "Schedule", "Shape", "Tensor"]

Tensor: TypeAlias = Any
Shape: TypeAlias = tuple[int | None, ...]
Factor: TypeAlias = float | Schedule
