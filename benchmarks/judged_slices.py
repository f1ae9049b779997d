"""Training in slices of processor time, with a judgement after each."""

import time
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

import keras
import numpy as np

# Returns as many images as it is asked for, in [-1, 1], always of the same
# latents.
Generate = Callable[[int], np.ndarray]
Point = dict[str, float]


class Watch:
    """Counts the processor seconds of a training, and has it judged.

    Seconds begin after the first step, which is measured by itself since it
    compiles what is not compiled yet. They stand still while samples are made
    and judged. A step is never cut short, so a slice may be a little longer
    than asked for, and a step that takes several slices ends all of them.

    Args:
        seconds: How long the training takes.
        slices: How often it is judged.
        judge: Called with a `Generate` and the number of the slice that has
            ended; returns what was measured.
        clock: Returns processor seconds of this process.

    Attributes:
        first_step_seconds: What the first step took.
        curve: After each slice: the seconds, steps and images so far, and what
            was measured.
    """

    def __init__(
        self,
        seconds: float,
        slices: int,
        judge: Callable[[Generate, int], Point],
        clock: Callable[[], float] = time.process_time,
    ):
        self.first_step_seconds = 0.0
        self.curve: list[Point] = []
        self._slice_seconds = seconds / slices
        self._slices = slices
        self._judge = judge
        self._clock = clock
        self._ended = 0
        self._steps = 0

    def begin(self, batch: int) -> None:
        """Starts, with so many images a step."""
        self._batch = batch
        self._start = self._clock()

    def step_done(self, generate: Generate) -> bool:
        """Counts a step, judges if a slice is over, says whether all are."""
        now = self._clock()
        self._steps += 1
        if self._steps == 1:
            self.first_step_seconds = now - self._start
            self._start = self._clock()
            return False
        spent = now - self._start
        if spent < (self._ended + 1) * self._slice_seconds:
            return False
        self._ended = max(self._ended + 1, int(spent / self._slice_seconds))
        self._ended = min(self._ended, self._slices)
        self.curve.append(
            {
                "seconds": spent,
                "steps": self._steps,
                "images": self._steps * self._batch,
                **self._judge(generate, self._ended),
            }
        )
        self._start += self._clock() - now
        return self._ended == self._slices


class Task(NamedTuple):
    """What a contender trains on.

    Attributes:
        images: Training images, in [-1, 1].
        seed: The seed of weights, batches and latents.
    """

    images: np.ndarray
    seed: int

    def batches(self, size: int) -> Iterator[tuple[np.ndarray]]:
        """Yields batches without end, each image once an epoch.

        All have the same size, so that nothing is compiled a second time.
        """
        if len(self.images) < size:
            raise ValueError(
                "Invalid value for argument `size`. Expected at most the "
                f"{len(self.images)} images that there are. Received: "
                f"size={size}"
            )
        return self._batches(size)

    def _batches(self, size):
        random = np.random.default_rng(self.seed)
        while True:
            order = random.permutation(len(self.images))
            for first in range(0, len(order) - size + 1, size):
                yield (self.images[order[first : first + size]],)


def fit(
    model: keras.Model,
    task: Task,
    watch: Watch,
    batch: int,
    generate: Generate,
) -> None:
    """Lets a Keras model fit until the watch says that time is over."""
    watch.begin(batch)
    model.fit(
        task.batches(batch),
        shuffle=False,  # They are in a random order.
        verbose=0,
        callbacks=[_Watched(watch, generate)],
    )


class _Watched(keras.callbacks.Callback):
    def __init__(self, watch, generate):
        super().__init__()
        self._watch = watch
        self._generate = generate

    def on_train_batch_end(self, batch, logs=None):
        """Counts a step."""
        if self._watch.step_done(self._generate):
            self.model.stop_training = True
