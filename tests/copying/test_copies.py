"""Averages and inference generators of what users make networks of."""

import keras
import numpy as np
import pytest
from keras import layers
from keras import ops

import keras_regan as kr

LATENTS = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")


class Halving(keras.layers.Layer):
    """Nobody registered it, as in a notebook."""

    def call(self, inputs):
        return inputs / 2

    def compute_output_shape(self, input_shape):
        return input_shape


class Cell(layers.SimpleRNNCell):
    """Nor this one, which another layer holds."""


class Gain(keras.layers.Layer):
    """What it was made with is not all in its config."""

    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(units)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        return super().get_config()


class Needy(Gain):
    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)


class OfTheGraph(keras.Model):
    """A model of inputs and outputs that trains in another way."""

    def train_step(self, data):
        return {}


class Stack(keras.Sequential):
    pass


def stacked(*parts, kind=keras.Sequential):
    return kind([keras.Input((3,)), *parts])


def not_registered():
    return stacked(
        layers.Dense(6),
        Halving(),
        layers.Reshape((3, 2)),
        layers.TimeDistributed(Halving()),
        layers.RNN(Cell(2)),
    )


def called_twice():
    shared = layers.Dense(3)
    return stacked(shared, layers.ReLU(), shared)


def difference(wanted, made):
    return ops.mean(wanted - made)


def compiled():
    """Keras would compile the copies too, and not find the losses again."""
    inside = stacked(layers.Dense(3))
    inside.compile("adam", difference)
    inputs = keras.Input((3,))
    network = keras.Model(inputs, layers.Dense(2)(inside(inputs)))
    network.compile("sgd", difference)
    return network


def inside_of_each_other():
    """A model that is called by two others, with arguments of its own."""
    inputs = keras.Input((3,))
    layer = kr.layers.SpectralNormalization(layers.Dense(3))
    passes = kr.layers.SampleRegularization(kr.regularizers.PairwiseDistance())
    x = passes(layer(inputs, training=False), training=True)
    block = keras.Model(inputs, layer(x))
    around = stacked(block, layers.ReLU())
    inputs = keras.Input((3,), name="latents")
    x = around(around(inputs)) * np.float32([1, 2, 3])
    return keras.Model(inputs, ops.concatenate([block(x), x[:, :1]], axis=-1))


def of_own_classes():
    inputs = keras.Input((3,))
    spectral = kr.layers.SpectralNormalization
    inside = stacked(spectral(layers.Dense(3)), kind=Stack)
    return OfTheGraph(inputs, spectral(layers.Dense(2))(inside(inputs)))


def gan_of(generator, **arguments):
    samples = keras.Input(generator.output_shape[1:])
    judge = keras.Model(samples, layers.Dense(1)(samples))
    return kr.RegularizedGAN(generator, judge, **arguments)


@pytest.mark.parametrize(
    "build",
    [
        not_registered,
        called_twice,
        compiled,
        inside_of_each_other,
        of_own_classes,
    ],
)
def test_copies_make_the_same_samples(build):
    generator = build()
    config = generator.get_config()
    gan = gan_of(generator, ema_momentum=0.9)
    average, plain = gan.ema_generator, gan.inference_generator()
    wanted = ops.convert_to_numpy(generator(LATENTS))
    for copy in (average, plain):
        assert type(copy) is type(generator)
        assert not copy.trainable_weights and not copy.compiled
        samples = ops.convert_to_numpy(copy(LATENTS))
        np.testing.assert_allclose(samples, wanted, atol=1e-6)
    for weight, copied in zip(generator.weights, average.weights, strict=True):
        assert weight is not copied and weight.name == copied.name
        np.testing.assert_array_equal(weight, copied)
    assert generator.get_config() == config


@pytest.mark.parametrize(
    "layer, received",
    [(Gain, "shape .3, 2. .*shape .3, 4."), (Needy, "units")],
)
def test_layer_that_cannot_be_made_anew_is_named(layer, received):
    inputs = keras.Input((3,))
    mine = layer(4, name="mine")
    # This layer fails where the copy of the other is wrong.
    outputs = layers.Add()([mine(inputs), layers.Dense(4)(inputs)])
    generator = keras.Model(inputs, outputs)
    named = f"`mine` .*in {layer.__name__}(?s:.*){received}"
    with pytest.raises(ValueError, match=f"`ema_momentum`.*{named}"):
        gan_of(generator, ema_momentum=0.9)
    with pytest.raises(ValueError, match=f"without keras_regan.*{named}"):
        gan_of(generator).inference_generator()
