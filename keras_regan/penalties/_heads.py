"""Discriminators that return several tensors of logits: their heads.

Whatever reads logits or input gradients sees one head, as if there were no
others, and is asked once a head. No penalty has to think of it.
"""

from collections.abc import Callable
from typing import Any

import keras

from keras_regan._typing import Tensor


class AllHeads:
    """All heads together: what there is to see with one, or before a choice.

    Args:
        count: Positive integer. How many there are.
    """

    def __init__(self, count: int):
        self.count = count

    def of(self, results: Any) -> Any:
        """Returns what there is of each head, or of the only one."""
        return results

    def once(self, compute: Callable[[], Any]) -> Any:
        """Computes something."""
        return compute()

    def seed(
        self, seed: keras.random.SeedGenerator
    ) -> keras.random.SeedGenerator:
        """Returns what to draw from."""
        return seed


class OneHead:
    """One head of several.

    What does not depend on the head is computed and drawn for the first one,
    and the others get the same, in the same order: they meet the same noise,
    and one pass through a network serves all of them.

    Args:
        index: Integer. Which it is.
        before: List of what was computed for the heads before it.
    """

    count = 1

    def __init__(self, index: int, before: list[Any]):
        self._index = index
        self._before = before
        self._computed = 0
        self.was_read = False

    def of(self, results: list[Any]) -> Any:
        """Returns what there is of this head."""
        self.was_read = True
        return results[self._index]

    def once(self, compute: Callable[[], Any]) -> Any:
        """Computes something for all heads, as long as it can be the same.

        After this head was read, anything may depend on it.
        """
        return compute() if self.was_read else self.repeated(compute)

    def repeated(self, compute: Callable[[], Any]) -> Any:
        """Computes something for the first head, and returns it to all."""
        if self._computed == len(self._before):
            self._before.append(compute())
        self._computed += 1
        return self._before[self._computed - 1]

    def seed(self, seed: keras.random.SeedGenerator) -> "RepeatedDraws":
        """Returns what draws the same numbers for each head."""
        return RepeatedDraws(seed, self)


class RepeatedDraws(keras.random.SeedGenerator):
    """Seeds of another generator, each of them once for all heads.

    Args:
        seed: The `keras.random.SeedGenerator` that they come from.
        head: The `OneHead` that draws.
    """

    def __init__(self, seed: keras.random.SeedGenerator, head: OneHead):
        # Not Keras's constructor, which makes a variable.
        self._seed = seed
        self._head = head
        self.state = seed.state

    def next(self, *args: Any, **kwargs: Any) -> Tensor:
        """Returns the seed that the first head drew in this place."""
        return self._head.repeated(lambda: self._seed.next(*args, **kwargs))
