"""A last layer that bounds logits is warned of, however it is written."""

import warnings

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers


class Subclassed(keras.Model):
    """A network whose last layer stands first."""

    def __init__(self, last, end=lambda x: x):
        super().__init__()
        self.last = last
        self.hidden = layers.Dense(4)
        self.end = end

    def call(self, inputs):
        return self.end(self.last(self.hidden(inputs)))


class Probability(layers.Layer):
    def call(self, inputs):
        return ops.sigmoid(inputs)


def foreign_sigmoid(logits):
    """As another library's: it knows no symbols, so nothing can be seen."""
    if isinstance(logits, keras.KerasTensor):
        raise TypeError
    return ops.sigmoid(logits)


def sequential(*last):
    return keras.Sequential([layers.Input((2,)), layers.Dense(4), *last])


def subclassed(*arguments):
    network = Subclassed(*arguments)
    network(np.zeros((1, 2)))
    return network


def functional(last):
    inputs = keras.Input((2,))
    hidden = layers.Dense(4)(inputs)
    # The features come last among the layers.
    outputs = {"logits": last(hidden), "features": layers.ReLU()(hidden)}
    return keras.Model(inputs, outputs)


def dense(activation):
    return layers.Dense(1, activation=activation)


BOUNDED = {
    "sigmoid": lambda: sequential(dense("sigmoid")),
    "hard_sigmoid": lambda: sequential(dense("hard_sigmoid")),
    "softmax": lambda: sequential(dense("softmax")),
    "own_function": lambda: sequential(dense(lambda x: ops.sigmoid(3 * x))),
    "activation": lambda: sequential(
        layers.Dense(1), layers.Activation("sigmoid")
    ),
    "softmax_layer": lambda: sequential(layers.Dense(1), layers.Softmax()),
    "lambda": lambda: sequential(
        layers.Dense(1), layers.Lambda(lambda x: ops.sigmoid(x))
    ),
    "own_layer": lambda: sequential(layers.Dense(1), Probability()),
    "clipped": lambda: sequential(layers.Dense(1), layers.ReLU(max_value=6.0)),
    "reshaped": lambda: sequential(dense("sigmoid"), layers.Reshape((1, 1, 1))),
    "nested": lambda: sequential(keras.Sequential([dense("sigmoid")])),
    "nested_twice": lambda: sequential(
        keras.Sequential([keras.Sequential([layers.Dense(1), Probability()])])
    ),
    "wrapped": lambda: sequential(
        kr.layers.SpectralNormalization(dense("sigmoid"))
    ),
    "dictionary": lambda: functional(dense("tanh")),
    "operation": lambda: functional(lambda x: ops.tanh(layers.Dense(1)(x))),
    "second_of_two": lambda: functional(
        lambda x: [layers.Dense(1)(x), dense("tanh")(x)]
    ),
    "both_from_one": lambda: functional(lambda x: [dense("tanh")(x)] * 2),
    "subclassed": lambda: subclassed(dense("sigmoid")),
    "subclassed_operation": lambda: subclassed(layers.Dense(1), ops.sigmoid),
    "subclassed_nested": lambda: keras.Sequential(
        [layers.Input((2,)), subclassed(dense("sigmoid"))]
    ),
}
UNBOUNDED = {
    "linear": lambda: sequential(layers.Dense(1)),
    "activation": lambda: sequential(
        layers.Dense(1), layers.Activation("linear")
    ),
    "hidden": lambda: sequential(dense("sigmoid"), layers.Dense(1)),
    "scaled": lambda: sequential(layers.Dense(1), layers.Rescaling(0.01)),
    "energy": lambda: sequential(dense("softplus")),
    "slow": lambda: sequential(dense(lambda x: ops.arcsinh(x))),
    "sum": lambda: functional(
        lambda x: layers.Dense(1)(x) + layers.Dense(1, activation="tanh")(x)
    ),
    "normalized": lambda: sequential(
        kr.layers.GradientNormalization(
            keras.Sequential([layers.Input((4,)), layers.Dense(1)])
        )
    ),
    "subclassed": lambda: subclassed(layers.Dense(1)),
    "not_for_symbols": lambda: subclassed(layers.Dense(1), foreign_sigmoid),
}


def warnings_of(discriminator):
    generator, _ = kr.networks.mlp((2,), latent_dim=2, hidden=(2,))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kr.RegularizedGAN(generator, discriminator)
    return [w for w in caught if "logits" in str(w.message)]


@pytest.mark.parametrize("name", list(BOUNDED))
def test_bounded(name):
    (caught,) = warnings_of(BOUNDED[name]())
    assert "remove the activation" in str(caught.message)
    assert caught.filename == __file__


@pytest.mark.parametrize("name", list(UNBOUNDED))
def test_unbounded(name):
    assert not warnings_of(UNBOUNDED[name]())


@pytest.mark.parametrize(
    "name, words",
    [
        ("sigmoid", ["ends in a sigmoid", "between 0 and 1"]),
        ("dictionary", ["ends in a bounded layer", "between -1 and 1"]),
        ("softmax", ["ends in a bounded layer", "between 1 and 1"]),
    ],
)
def test_says_what_the_bounds_are(name, words):
    (caught,) = warnings_of(BOUNDED[name]())
    for word in words:
        assert word in str(caught.message)
