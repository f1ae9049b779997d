"""Slow layers are warned of where they cost something."""

import warnings

import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan import _backend

layers = keras.layers
THEIRS, OURS = layers.Conv2DTranspose, kr.layers.Conv2DTranspose


class Subclassed(keras.Model):
    """A network that shows its layers only."""

    def __init__(self, *held):
        super().__init__()
        self.held = [
            layers.Dense(4 * 4 * 32),
            layers.Reshape((4, 4, 32)),
            *held,
        ]

    def call(self, inputs):
        for layer in self.held:
            inputs = layer(inputs)
        return inputs


def doubling(kind, filters, **arguments):
    return kind(filters, 4, 2, padding="same", **arguments)


def stacked(*held, kind=keras.Sequential):
    if kind is Subclassed:
        network = Subclassed(*held)
        network(np.zeros((1, 4)))
        return network
    return keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(4 * 4 * 32),
            layers.Reshape((4, 4, 32)),
            *held,
        ]
    )


# The second of these multiplies 2 million times: 64 places, 4 x 4 x 64 x 32.
def two(kind):
    return [doubling(kind, 64, name="first"), doubling(kind, 32, name="second")]


SLOW = {
    "sequential": lambda: stacked(*two(THEIRS)),
    "nested": lambda: stacked(keras.Sequential(two(THEIRS))),
    "wrapped": lambda: stacked(
        *map(kr.layers.SpectralNormalization, two(THEIRS))
    ),
    "subclassed": lambda: stacked(*two(THEIRS), kind=Subclassed),
}
QUICK = {
    "ours": lambda: stacked(*two(OURS)),
    "small": lambda: stacked(doubling(THEIRS, 8), doubling(THEIRS, 4)),
    "without_strides": lambda: stacked(
        THEIRS(512, 4, padding="same"), doubling(THEIRS, 1)
    ),
    "others": lambda: stacked(layers.UpSampling2D(4), layers.Conv2D(32, 4)),
}


def warnings_of(generator):
    latents = np.zeros((1, 4), "float32")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kr.RegularizedGAN(generator, judge(generator(latents).shape[1:]))
    return [w for w in caught if "JAX" in str(w.message)]


def judge(shape):
    return keras.Sequential(
        [layers.Input(shape), layers.Flatten(), layers.Dense(1)]
    )


@pytest.mark.parametrize("name", list(SLOW))
def test_slow_layers_are_named_with_their_remedy(name, monkeypatch):
    monkeypatch.setattr(_backend, "transposes_slowly", lambda: True)
    (caught,) = warnings_of(SLOW[name]())
    for word in ("first", "second", "keras_regan.layers.Conv2DTranspose"):
        assert word in str(caught.message)
    assert caught.filename == __file__


@pytest.mark.parametrize("name", list(QUICK))
def test_no_word_of_others(name, monkeypatch):
    monkeypatch.setattr(_backend, "transposes_slowly", lambda: True)
    assert not warnings_of(QUICK[name]())


def test_warned_of_on_jax_and_a_cpu_alone(monkeypatch):
    on_jax = keras.backend.backend() == "jax"
    assert len(warnings_of(SLOW["sequential"]())) == on_jax
    if on_jax:
        import jax

        with jax.default_device(jax.devices("cpu")[0]):
            assert _backend.transposes_slowly()
        monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
        with jax.default_device(None):
            assert not _backend.transposes_slowly()
    else:
        assert not _backend.transposes_slowly()


@pytest.mark.usual_on("torch")
@pytest.mark.parametrize("kind, forwards", [(OURS, True), (THEIRS, False)])
def test_second_order_gradients_suit_the_layers(kind, forwards, monkeypatch):
    modes = []
    differentiated = _backend.call_with_input_gradient

    def noted(*arguments, **named):
        if "forwards" in named:  # In the pass of the generator.
            modes.append(named["forwards"])
        return differentiated(*arguments, **named)

    monkeypatch.setattr(_backend, "transposes_slowly", lambda: True)
    monkeypatch.setattr(_backend, "call_with_input_gradient", noted)
    gan = kr.RegularizedGAN(stacked(doubling(kind, 1)), judge((8, 8, 1)))
    gan.compile(
        generator_regularizers=[kr.penalties.PathLength(interval=1)],
        run_eagerly=True,
    )
    gan.train_on_batch(np.zeros((2, 8, 8, 1), "float32"))
    assert modes == [forwards]
