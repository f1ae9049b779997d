"""Plain functions of one weight in the place of regularizers."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr


@keras.saving.register_keras_serializable("test_weight_functions")
def cubes(kernel):
    return 0.1 * ops.sum(ops.power(ops.abs(kernel), 3))


def unregistered(kernel):
    return ops.sum(ops.square(kernel))


def of_kernels(network, function):
    """The sum of a NumPy function over the kernels of a network."""
    kernels = [w for w in network.get_weights() if w.ndim > 1]
    return sum(np.sum(function(kernel)) for kernel in kernels)


@pytest.fixture
def gan(vector_pair):
    return kr.RegularizedGAN(*vector_pair(), seed=0)


def test_functions_in_both_lists(gan, vectors, tmp_path):
    """They are added, learned from, scheduled, logged and saved."""
    decay = keras.optimizers.schedules.PolynomialDecay(0.5, 1, 0.0)
    still = keras.optimizers.SGD(0.0)
    gan.compile(
        keras.optimizers.SGD(0.1),
        still,
        generator_regularizers=[cubes],
        discriminator_regularizers=[
            cubes,
            kr.penalties.Scheduled(lambda w: ops.sum(w * w), 2.0, name="size"),
            kr.penalties.Scheduled(unregistered, decay),
        ],
    )
    expected = {
        "g_cubes": 0.1 * of_kernels(gan.generator, lambda w: np.abs(w) ** 3),
        "d_cubes": 0.1
        * of_kernels(gan.discriminator, lambda w: np.abs(w) ** 3),
        "d_size": 2.0 * of_kernels(gan.discriminator, np.square),
        "d_unregistered": 0.5 * of_kernels(gan.discriminator, np.square),
    }
    logs = gan.train_on_batch(vectors, return_dict=True)
    for key, value in expected.items():
        np.testing.assert_allclose(logs[key], value, rtol=1e-5, err_msg=key)
    gan.reset_metrics()
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert logs["g_cubes"] < expected["g_cubes"]
    assert logs["d_unregistered"] == 0.0

    gan.compile(generator_regularizers=[cubes])
    gan.save(str(tmp_path / "gan.keras"))
    loaded = keras.models.load_model(str(tmp_path / "gan.keras"))
    logs = loaded.evaluate(vectors, return_dict=True, verbose=0)
    value = 0.1 * of_kernels(gan.generator, lambda w: np.abs(w) ** 3)
    np.testing.assert_allclose(logs["g_cubes"], value, rtol=1e-5)


def test_function_that_nobody_registered(gan, tmp_path):
    """As with latents: the file asks for the function by its name."""
    path = str(tmp_path / "gan.keras")
    gan.compile(generator_regularizers=[unregistered])
    gan.save(path)
    with pytest.raises(ValueError, match="'unregistered'.*decorated with"):
        keras.models.load_model(path)
    functions = {"unregistered": unregistered}
    loaded = keras.models.load_model(path, custom_objects=functions)
    assert "g_unregistered" in [metric.name for metric in loaded.metrics]


@pytest.mark.parametrize(
    "entry, error, words",
    [
        (lambda w: ops.sum(w), ValueError, ["a lambda without", "name=..."]),
        (lambda w, x: w, TypeError, ["function `<lambda>(w, x)`"]),
        (lambda: 0.0, TypeError, ["function `<lambda>()`"]),
        (functools.partial(cubes), TypeError, ["functions of one weight"]),
        (kr.regularizers.L1, TypeError, ["L1'> (of type type)"]),
        (keras.losses.Hinge(), TypeError, ["(of type Hinge)"]),
        (
            keras.optimizers.schedules.CosineDecay(1.0, 2),
            TypeError,
            ["(of type CosineDecay)"],
        ),
    ],
    ids=["unnamed", "two", "none", "partial", "class", "loss", "schedule"],
)
def test_what_is_no_function_of_a_weight(gan, entry, error, words):
    with pytest.raises(error) as caught:
        gan.compile(generator_regularizers=[entry])
    for word in ["`generator_regularizers`", *words]:
        assert word in str(caught.value)
    with pytest.raises(error, match="`regularizer`"):
        kr.penalties.Scheduled(entry)


def test_function_that_returns_no_scalar(gan, vectors):
    @functools.wraps(cubes)
    def norms(kernel):
        return ops.sum(kernel, axis=0)

    gan.compile(generator_regularizers=[norms])
    with pytest.raises(ValueError, match="`cubes` must return a scalar"):
        gan.train_on_batch(vectors)
