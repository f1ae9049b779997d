"""Two forms of a transposed convolution have the same numbers."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

KIND = kr.layers.Conv2DTranspose
ON_TORCH = keras.backend.backend() == "torch"


def standard_normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def numpy(tensor):
    return np.array(ops.convert_to_numpy(tensor), "float64")


@pytest.fixture
def slow(monkeypatch):
    """Lets every backend be one that is slow at transposed convolutions."""
    monkeypatch.setattr(_backend, "transposes_slowly", lambda: True)


# Keras pads odd kernels otherwise on PyTorch, and warns of it.
other_padding = pytest.mark.skipif(ON_TORCH, reason="another padding")
CASES = [
    pytest.param(4, 2, "same", None, id="dcgan"),
    pytest.param((6, 1), (1, 2), "valid", None, id="one_stride_and_gaps"),
    pytest.param((1, 5), 2, "valid", 1, id="a_row_more"),
    pytest.param((3, 5), (4, 2), "same", None, id="odd", marks=other_padding),
    pytest.param(3, 2, "same", 1, id="odd_and_more", marks=other_padding),
]


def value_and_slope_of(kind, inputs, kernel, bias, arguments):
    """Returns outputs, gradients at everything, and the gradient of R1.

    Both are gradients at inputs, kernel and bias, in one vector. R1 is the
    squared length of the gradient at the inputs.
    """
    layer = kind(**arguments)
    layer.build(inputs.shape)
    arrays = [inputs, kernel, bias]
    ends = np.cumsum([0, *(array.size for array in arrays)])
    everything = np.concatenate([array.ravel() for array in arrays])

    def outputs(parts):
        inputs, *weights = parts
        scope = keras.StatelessScope(
            list(zip(layer.trainable_variables, weights, strict=True))
        )
        with scope:
            return layer(inputs)

    def parts(vector):
        return [
            ops.reshape(vector[start:end], array.shape)
            for array, start, end in zip(
                arrays, ends[:-1], ends[1:], strict=True
            )
        ]

    def value(vector):
        return ops.sum(ops.square(ops.tanh(outputs(parts(vector))))), None

    def penalty(vector):
        _, _, pullback = _backend.call_with_input_gradient(value, vector)
        slope = pullback(ops.ones(()))[: inputs.size]
        return ops.sum(ops.square(slope)), None

    results = [numpy(layer_outputs(outputs, arrays))]
    for function in (value, penalty):
        _, _, pullback = _backend.call_with_input_gradient(
            function, ops.convert_to_tensor(everything)
        )
        results.append(numpy(pullback(ops.ones(()))))
    return results


def layer_outputs(outputs, arrays):
    return outputs([ops.convert_to_tensor(array) for array in arrays])


@pytest.mark.parametrize("kernel_size, strides, padding, more", CASES)
def test_same_numbers_and_gradients(kernel_size, strides, padding, more, slow):
    arguments = {
        "filters": 3,
        "kernel_size": kernel_size,
        "strides": strides,
        "padding": padding,
        "output_padding": more,
        "activation": "softplus",
    }
    layer = KIND(**arguments)
    layer.build((2, 3, 4, 2))
    arrays = [
        standard_normal(2, 3, 4, 2),
        0.3 * standard_normal(*layer.kernel.shape, seed=1),
        standard_normal(3, seed=2),
    ]
    ours, theirs = (
        value_and_slope_of(kind, *arrays, arguments)
        for kind in (KIND, keras.layers.Conv2DTranspose)
    )
    for first, second in zip(ours, theirs, strict=True):
        assert first.shape == second.shape
        scale = np.abs(second).max()
        np.testing.assert_allclose(first, second, rtol=0, atol=1e-5 * scale)


def test_channels_first(slow):
    inputs = standard_normal(2, 5, 4, 3)
    arguments = {
        "filters": 6,
        "kernel_size": 4,
        "strides": 2,
        "padding": "same",
    }
    last, first = (
        KIND(**arguments, data_format=f"channels_{where}")
        for where in ("last", "first")
    )
    wanted = numpy(last(inputs))
    first.build((2, 3, 5, 4))
    first.set_weights([*last.get_weights()[:1], np.arange(6.0)])
    found = numpy(first(inputs.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(
        found.transpose(0, 2, 3, 1), wanted + np.arange(6.0), atol=1e-5
    )


def test_half_precision(slow):
    inputs = standard_normal(2, 4, 4, 8)
    layer = KIND(4, 4, 2, "same", dtype="mixed_bfloat16")
    outputs = layer(inputs)
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    whole = KIND(4, 4, 2, "same")
    whole.build(inputs.shape)
    whole.set_weights(layer.get_weights())
    wanted = numpy(whole(inputs))
    error = numpy(ops.cast(outputs, "float32")) - wanted
    assert 0 < np.abs(error).max() < 0.02 * np.abs(wanted).max()


@pytest.mark.parametrize("is_slow, strides", [(False, 2), (True, 2), (True, 1)])
def test_form_is_that_of_keras_unless_it_is_slow(is_slow, strides, monkeypatch):
    called = []
    monkeypatch.setattr(_backend, "transposes_slowly", lambda: is_slow)
    monkeypatch.setattr(
        keras.layers.Conv2DTranspose,
        "call",
        lambda self, inputs: called.append(self) or inputs,
    )
    layer = KIND(2, 4, strides, "same")
    layer(np.zeros((1, 2, 2, 2), "float32"))
    assert bool(called) is not (is_slow and strides > 1)


def with_layers_of_keras(network):
    return keras.models.clone_model(
        network,
        clone_function=lambda layer: (
            keras.layers.Conv2DTranspose if type(layer) is KIND else type(layer)
        ).from_config(layer.get_config()),
    )


def test_files_of_weights_fit_both(tmp_path):
    ours, _ = kr.networks.dcgan((16, 16, 1), latent_dim=4, width=2)
    theirs = with_layers_of_keras(ours)
    assert any(
        type(one) is keras.layers.Conv2DTranspose for one in theirs.layers
    )
    latents = standard_normal(3, 4)
    for giving, taking in ((theirs, ours), (ours, theirs)):
        giving.set_weights([w + 0.01 for w in giving.get_weights()])
        giving.save_weights(tmp_path / "a.weights.h5")
        taking.load_weights(tmp_path / "a.weights.h5")
        np.testing.assert_allclose(
            numpy(taking(latents)), numpy(giving(latents)), atol=1e-5
        )


def u_shaped(kind):
    """Both networks have transposed convolutions, normalized in the second."""
    keras.utils.set_random_seed(0)
    layers = keras.layers

    def doubling(filters):
        return kind(filters, 4, 2, padding="same", activation="tanh")

    generator = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(2 * 2 * 3),
            layers.Reshape((2, 2, 3)),
            doubling(4),
            doubling(1),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 4, 2, padding="same", activation="tanh"),
            kr.layers.SpectralNormalization(doubling(2)),
            layers.Conv2D(1, 1),
        ]
    )
    return generator, discriminator


def test_trains_as_the_layer_of_keras(slow, images):
    trained = []
    for kind in (KIND, keras.layers.Conv2DTranspose):
        gan = kr.RegularizedGAN(*u_shaped(kind), seed=0)
        gan.compile(
            generator_optimizer=keras.optimizers.SGD(0.1),
            discriminator_optimizer=keras.optimizers.SGD(0.1),
            generator_regularizers=[
                kr.penalties.PathLength(2.0, interval=1),
                kr.regularizers.Orthogonal(0.1),
            ],
            discriminator_regularizers=[kr.penalties.R1(10.0)],
        )
        before = gan.get_weights()
        gan.fit(images[:8], batch_size=4, shuffle=False, verbose=0)
        trained.append(
            [b - a for a, b in zip(before, gan.get_weights(), strict=True)]
        )
    assert max(np.abs(moved).max() for moved in trained[0]) > 0.01
    for first, second in zip(*trained, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)
