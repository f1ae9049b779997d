"""Discriminators that return several tensors of logits: their heads.

A penalty that reads logits or input gradients sees a single head and is called
once for each head. It needs no code for this.
"""

from collections.abc import Callable
from typing import Any

import keras

from keras_regan._typing import Tensor


class OneHead:
    """One head of several.

    Everything that does not depend on the head is computed and drawn for the
    first head. The others get the same results in the same order, so that all
    heads see the same noise and share one pass through a network.

    Args:
        index: Integer. The index of the head.
        before: List of the results for the heads before this one.
    """

    def __init__(self, index: int, before: list[Any]):
        self._index = index
        self._before = before
        self._computed = 0
        self.was_read = False

    def of(self, results: list[Any]) -> Any:
        """Returns the result of this head."""
        self.was_read = True
        return results[self._index]

    def once(self, compute: Callable[[], Any]) -> Any:
        """Computes a result for all heads, until this head is read.

        Anything that is computed after that may depend on the head.
        """
        return compute() if self.was_read else self.repeated(compute)

    def repeated(self, compute: Callable[[], Any]) -> Any:
        """Computes a result for the first head and returns it for all."""
        if self._computed == len(self._before):
            self._before.append(compute())
        self._computed += 1
        return self._before[self._computed - 1]

    def seed(self, seed: keras.random.SeedGenerator) -> "RepeatedDraws":
        """Returns a seed generator that repeats its draws for each head."""
        return RepeatedDraws(seed, self)


class RepeatedDraws(keras.random.SeedGenerator):
    """Draws the seeds of another generator once and repeats them for all heads.

    Args:
        seed: The `keras.random.SeedGenerator` that the seeds come from.
        head: The `OneHead` that draws.
    """

    def __init__(self, seed: keras.random.SeedGenerator, head: OneHead):
        # Not Keras's constructor, which makes a variable.
        self._seed = seed
        self._head = head
        self.state = seed.state

    def next(self, *args: Any, **kwargs: Any) -> Tensor:
        """Returns the seed that the first head drew here."""
        return self._head.repeated(lambda: self._seed.next(*args, **kwargs))
