"""A training without a GAN: images are chosen by the test."""

import os

import numpy as np
from PIL import Image

from keras_regan._checks.conditions import Condition
from keras_regan._checks.conditions import Conditions


class FakeModel:
    """What callbacks ask of a model, with images chosen by the test."""

    generator = None

    def __init__(self, shape=(2, 2, 1), conditional=False):
        self.shape = shape
        self.conditional = conditional
        self.latent_shape = (3,)
        label = Condition("labels", (), "int32", 8)
        self.conditions = Conditions([label]) if conditional else None
        self._interface = self
        self.value = 0.0
        self.inputs = []
        self.accesses = 0

    def sample_latents(self, count, seed):
        random = np.random.default_rng(seed).normal(size=(count, 3))
        return random.astype("float32")

    def _latents_within(self, truncation, count, seed):
        return self.sample_latents(count, seed)

    def generator_inputs(self, latents, conditions):
        return latents if conditions is None else [latents, *conditions]

    def predict_on_batch(self, inputs):
        self.inputs.append(inputs)
        latents = inputs[0] if self.conditional else inputs
        return np.full((len(latents), *self.shape), self.value, "float32")


class WithoutLatents(FakeModel):
    """Takes conditions only."""

    def __init__(self, **arguments):
        super().__init__(conditional=True, **arguments)
        self.latent_shape = None

    def generator_inputs(self, latents, conditions):
        assert latents is None
        return conditions

    def _latents_within(self, truncation, count, seed):
        return None


def train(callback, model, epochs=3, initial_epoch=0, stop_after=None):
    """Calls a callback as `fit` does."""
    callback.set_model(model)
    callback.set_params({"epochs": epochs, "steps": 1, "verbose": 0})
    callback.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        callback.on_epoch_begin(epoch)
        model.value = epoch / 10
        callback.on_train_batch_end(0)
        callback.on_epoch_end(epoch)
        if epoch + 1 == stop_after:
            break
    callback.on_train_end()


def names(directory):
    return sorted(os.listdir(directory))


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def texts(caught):
    """Returns the warnings that are not other libraries' deprecations."""
    return [str(w.message) for w in caught if w.category is UserWarning]
