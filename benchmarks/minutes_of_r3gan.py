"""How near to real images does R3GAN come in some minutes?"""

import pathlib
import time
from typing import Any

import keras
import numpy as np
from image_figures import save_grid
from image_judge import ImageJudge
from rivals import r3gan_task
from rivals.r3gan_with_keras_regan import build

import keras_regan as kr

SAMPLES_OF_GRID = 64
# A moving average that halves in so many images.
IMAGES_OF_HALF = 50_000
STEPS_IN_FLIGHT = 16


class Minutes(keras.callbacks.Callback):
    """Ends a training when its time is over, and counts its steps.

    The clock starts with the training, so compiling counts.

    Args:
        minutes: How long it may last.
    """

    def __init__(self, minutes: float):
        super().__init__()
        self.steps = 0
        self.seconds = 0.0
        self._limit = 60.0 * minutes
        self._begin = 0.0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Starts the clock."""
        self._begin = time.monotonic()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Ends the training once it has lasted long enough."""
        self.steps += 1
        if self.steps % STEPS_IN_FLIGHT == 0:
            # A number of the step has to be there to be read. Otherwise the
            # steps of hours would be queued within minutes.
            float(next(iter(logs.values())))
        self.seconds = time.monotonic() - self._begin
        if self.seconds >= self._limit:
            self.model.stop_training = True


def train(
    task: r3gan_task.Task,
    images: np.ndarray,
    minutes: float,
    planned_steps: int,
) -> tuple[kr.RegularizedGAN, dict[str, float]]:
    """Returns a trained GAN, and how long it took.

    Args:
        task: Networks and batch.
        images: What it is trained on, in [-1, 1].
        minutes: How long.
        planned_steps: How many steps that will be, about. Rates and factors
            fall over so many.
    """
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(
        *build(task),
        ema_momentum=0.5 ** (task.batch / IMAGES_OF_HALF),
        seed=0,
    )
    gan.compile(**kr.recipes.r3gan(max(1, planned_steps), task.factor))
    clock = Minutes(minutes)
    whole = len(images) // task.batch * task.batch
    gan.fit(
        images[:whole],
        batch_size=task.batch,
        epochs=10**6,
        verbose=0,
        callbacks=[clock],
    )
    return gan, {
        "steps": clock.steps,
        "planned_steps": planned_steps,
        "minutes": clock.seconds / 60.0,
        "images_a_second": clock.steps * task.batch / clock.seconds,
    }


def judge(
    gan: kr.RegularizedGAN,
    real: np.ndarray,
    features: kr.metrics.FeatureExtractor,
    folder: pathlib.Path,
) -> dict[str, float]:
    """Returns measures of as many samples as `real` has, and draws some."""
    samples = np.clip(gan.generate(len(real), seed=1), -1.0, 1.0)
    save_grid(folder / "samples.png", samples[:SAMPLES_OF_GRID])
    return ImageJudge(real, features, folder)(samples)
