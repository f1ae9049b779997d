"""A dictionary of factors that records which of them were read."""

from collections.abc import Iterator
from typing import Any


class ReadFactors(dict[str, float]):
    """Records the keys that were read.

    Iterating counts as reading: `PairwiseDistance(**factors)` uses them all.
    """

    def __init__(self, factors: dict[str, float]):
        super().__init__(factors)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> float:
        self.read.add(key)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        self.read.update(super().keys())
        return super().__iter__()

    def get(self, key: str, default: Any = None) -> Any:
        """Returns a factor, as `dict.get` does."""
        self.read.add(key)
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        """Returns and removes a factor, as `dict.pop` does."""
        self.read.add(key)
        return super().pop(key, *default)

    def copy(self) -> dict[str, float]:
        """Returns a dictionary, as `dict.copy` does."""
        return dict(self.items())

    def __or__(self, other: Any) -> Any:
        return self.copy() | other

    def __ror__(self, other: Any) -> Any:
        return other | self.copy()

    def keys(self) -> Any:
        """Returns the names, as `dict.keys` does."""
        self.read.update(super().keys())
        return super().keys()

    def values(self) -> Any:
        """Returns the factors, as `dict.values` does."""
        self.read.update(super().keys())
        return super().values()

    def items(self) -> Any:
        """Returns names and factors, as `dict.items` does."""
        self.read.update(super().keys())
        return super().items()
