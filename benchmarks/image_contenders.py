"""Who trains in `time_to_quality.py`: public examples, and recipes of ours."""

import importlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from typing import NamedTuple

from image_recipes import RECIPES
from judged_slices import Task
from judged_slices import Watch


class Contender(NamedTuple):
    """One way to train.

    Attributes:
        train: Trains until the watch says that time is over.
        backend: The only Keras backend that it runs on, or `None`.
        settings: Numbers that two runs must have in common.
    """

    train: Callable[[Task, Watch], None]
    backend: str | None
    settings: dict[str, Any]

    def runs_on(self, backend: str) -> bool:
        """Returns whether it can run on a backend."""
        return self.backend in (None, backend)


def _public(module: str, backend: str) -> Contender:
    def train(task, watch):
        # Imported only where it runs, since it imports a framework.
        importlib.import_module(f"image_rivals.{module}").train(task, watch)

    return Contender(train, backend, {})


KERAS_DCGAN = "keras.io DCGAN"

CONTENDERS = {
    KERAS_DCGAN: _public("keras_dcgan", "tensorflow"),
    "keras.io WGAN-GP": _public("keras_wgan_gp", "tensorflow"),
    "PyTorch DCGAN": _public("torch_dcgan", "torch"),
    **{
        name: Contender(recipe.train, None, asdict(recipe))
        for name, recipe in RECIPES.items()
    },
}
