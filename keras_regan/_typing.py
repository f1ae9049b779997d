"""Names for what has no type that all backends share."""

from typing import Any
from typing import TypeAlias

Tensor: TypeAlias = Any
Shape: TypeAlias = tuple[int | None, ...]
