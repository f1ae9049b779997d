"""A step made by hand, from functions in the place of networks."""

import types

import numpy as np
import pytest
from keras import ops
from keras import random

import keras_regan as kr
from keras_regan import _backend
from keras_regan.penalties._batch import Batch
from keras_regan.penalties.step_context import Generated


@pytest.fixture
def real():
    """The real samples of `make_context`, unless it is given others."""
    return np.random.default_rng(0).normal(size=(6, 3)).astype("float32")


@pytest.fixture
def fake():
    """The generated samples, unless given, or made by a generator."""
    return np.random.default_rng(1).normal(size=(6, 3)).astype("float32")


@pytest.fixture
def latents():
    """The latents, unless it is given others."""
    return np.random.default_rng(2).normal(size=(6, 2)).astype("float32")


@pytest.fixture
def make_context(real, fake, latents):
    """Builds a `StepContext`.

    `make_context(discriminator=None, generator=None, **overrides)`:

    * `discriminator` is a function of samples, and of the conditions that it
      is told, that returns logits, or a dictionary with them as a
      discriminator does. With `heads=2` it returns a list of two of them.
    * `told` is a function of all conditions that returns a list of those that
      the discriminator is told. Without it, it is told none.
    * `generator` is a function of latents that returns samples. It makes
      `fake`, with gradients in the generator's step and without in the
      discriminator's, and there is a `latent_gradient` in the former.
    * `overrides` are arguments of `StepContext`; arrays may be NumPy's.
    """

    def make(discriminator=None, generator=None, **overrides):
        arguments = {
            "real": real,
            "fake": fake,
            "latents": latents,
            "conditions": None,
            "labels": None,
            "step": np.int32(0),
            "training": True,
            "network": "discriminator",
            "kernels": [],
            "seed": random.SeedGenerator(0),
            "latent_gradient": None,
            "heads": 1,
            "told": lambda conditions: [],
            **overrides,
        }
        for key, value in arguments.items():
            if isinstance(value, np.ndarray | np.generic):
                arguments[key] = ops.convert_to_tensor(value)
        if generator is not None and "fake" not in overrides:
            samples, _, pullback = _backend.call_with_input_gradient(
                lambda latents: (generator(latents), None), arguments["latents"]
            )
            if arguments["network"] == "generator":
                arguments["fake"] = samples
                if arguments["latent_gradient"] is None:
                    arguments["latent_gradient"] = pullback
            else:
                arguments["fake"] = ops.stop_gradient(samples)
        return kr.penalties.StepContext(
            types.SimpleNamespace(
                role=arguments["network"],
                kernels=arguments["kernels"],
                repeats_passes=True,
            ),
            types.SimpleNamespace(
                generate=lambda latents, conditions, training: Generated(
                    generator(latents), latents, []
                ),
                discriminate=lambda samples, conditions, **_: _output(
                    discriminator(samples, *arguments["told"](conditions))
                ),
                heads=arguments["heads"],
                judged_conditions=arguments["told"],
                moved_by_discriminator=[],
            ),
            Batch(
                arguments["real"],
                arguments["conditions"],
                labels=arguments["labels"],
            ),
            Generated(
                arguments["fake"],
                arguments["latents"],
                [],
                arguments["latent_gradient"],
            ),
            step=arguments["step"],
            seed=arguments["seed"],
            training=arguments["training"],
        )

    return make


@pytest.fixture
def gradient_of():
    """Differentiates a function of one array: `(value, gradient)`.

    `gradient_of(function, array)`, in NumPy, with `function` returning a
    scalar tensor.
    """

    def gradient_of(function, array):
        value, _, pullback = _backend.call_with_input_gradient(
            lambda inputs: (function(inputs), None),
            ops.convert_to_tensor(np.asarray(array, "float32")),
        )
        gradient = pullback(ops.ones((), "float32"))
        return ops.convert_to_numpy(value), ops.convert_to_numpy(gradient)

    return gradient_of


@pytest.fixture
def calls_of():
    """Records what a method of a context is called with, as arrays.

    `calls_of(context, "generate")` returns a list that is filled later.
    """

    def calls_of(context, method):
        calls = []
        original = getattr(context, method)

        def recorded(tensor):
            calls.append(ops.convert_to_numpy(tensor))
            return original(tensor)

        setattr(context, method, recorded)
        return calls

    return calls_of


@pytest.fixture
def slope_of():
    """Differentiates a function of a NumPy array in float64.

    `slope_of(function, array)` returns central differences.
    """

    def slope_of(function, array):
        array = np.asarray(array, "float64")
        result = np.zeros_like(array)
        for index in np.ndindex(*array.shape):
            step = np.zeros_like(array)
            step[index] = 1e-5
            up, down = function(array + step), function(array - step)
            result[index] = (up - down) / 2e-5
        return result

    return slope_of


def _output(returned):
    others = {}
    if isinstance(returned, dict):
        others = {k: v for k, v in returned.items() if k != "logits"}
        returned = returned["logits"]
    return returned, (others, [])
