"""The range of a network's outputs is read from its last activation."""

import keras
import pytest
from keras import layers

import keras_regan as kr
from keras_regan._output_range import output_range

UNIT = (0.0, 1.0)
SYMMETRIC = (-1.0, 1.0)


def functional(last):
    """A functional network whose last layers or operations are `last`."""
    inputs = keras.Input((4,))
    return keras.Model(inputs, last(layers.Dense(4)(inputs)))


def sequential(*last):
    return keras.Sequential([layers.Input((4,)), *last])


class Subclassed(keras.Model):
    """What it calls last is not the last of its layers."""

    def __init__(self):
        super().__init__()
        self.last = layers.Dense(4, activation="relu")
        self.first = layers.Dense(4, activation="tanh")
        self.build((None, 4))

    def build(self, input_shape):
        self.first.build(input_shape)
        self.last.build(input_shape)

    def call(self, inputs):
        return self.last(self.first(inputs))


def test_of_each_activation():
    for activation, expected in {
        "tanh": SYMMETRIC,
        "hard_tanh": SYMMETRIC,
        "sigmoid": UNIT,
        "hard_sigmoid": UNIT,
        "softmax": UNIT,
        "relu": (0.0, None),
        "linear": None,
        "leaky_relu": None,
        "selu": None,
    }.items():
        dense = layers.Dense(4, activation=activation)
        assert output_range(sequential(dense)) == expected, activation
        own_layer = sequential(layers.Dense(4), layers.Activation(activation))
        assert output_range(own_layer) == expected, activation


@pytest.mark.parametrize(
    "last, expected",
    [
        (lambda x: keras.ops.tanh(x), SYMMETRIC),
        (lambda x: keras.activations.hard_sigmoid(x), UNIT),
        (lambda x: layers.ReLU()(x), (0.0, None)),
        (lambda x: layers.ReLU(negative_slope=0.1)(x), None),
        (lambda x: layers.LeakyReLU()(x), None),
        (lambda x: keras.ops.tanh(x) * 2, None),
        (lambda x: layers.Lambda(lambda x: 2 * x)(keras.ops.tanh(x)), None),
        (lambda x: layers.Reshape((2, 2))(keras.ops.sigmoid(x)), UNIT),
        (lambda x: layers.Activation("linear")(keras.ops.sigmoid(x)), UNIT),
        (
            lambda x: kr.layers.SpectralNormalization(
                layers.Dense(2, activation="tanh")
            )(x),
            SYMMETRIC,
        ),
        (
            lambda x: kr.layers.SampleRegularization(
                kr.regularizers.PairwiseDistance()
            )(keras.ops.tanh(x)),
            SYMMETRIC,
        ),
        (lambda x: sequential(layers.Dense(4, "sigmoid"))(x), UNIT),
    ],
)
def test_of_functional_networks(last, expected):
    assert output_range(functional(last)) == expected


def test_of_sequential_networks():
    inner = sequential(layers.Dense(4, activation="tanh"))
    assert output_range(sequential(layers.Dense(4), inner)) == SYMMETRIC
    assert output_range(sequential(inner, layers.Dense(4))) is None


def test_of_what_does_not_say():
    assert output_range(Subclassed()) is None


def test_of_the_networks_of_the_package():
    generators = [
        kr.networks.mlp((2, 2), latent_dim=3)[0],
        kr.networks.dcgan((16, 16, 1), width=2)[0],
        kr.networks.resnet((32, 32, 3), width=4)[0],
        kr.networks.unet((8, 8, 1), (8, 8, 1), width=4)[0],
    ]
    for generator in generators:
        assert output_range(generator) == SYMMETRIC
