"""Types for tensors of any backend, and for factors."""

from typing import Any
from typing import TypeAlias

import keras

Tensor: TypeAlias = Any
Shape: TypeAlias = tuple[int | None, ...]
Schedule: TypeAlias = keras.optimizers.schedules.LearningRateSchedule
Factor: TypeAlias = float | Schedule
