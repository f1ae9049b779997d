"""Packs against loops in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

layers = keras.layers
Packing = kr.layers.Packing
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def standard_normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def expected(x, size, channel_axis=-1):
    """One pack after the other."""
    packs = []
    for start in range(0, len(x), size):
        pack = [x[i % len(x)] for i in range(start, start + size)]
        axis = channel_axis if channel_axis < 0 else channel_axis - 1
        packs.append(np.concatenate(pack, axis=axis))
    return np.stack(packs)


@pytest.mark.parametrize(
    "shape, sizes, batch_sizes",
    [
        ((3, 2), [1, 2, 3, 5], [1, 2, 3, 4, 5, 6]),
        ((2,), [1, 3], [1, 5, 6]),
        ((3, 4, 2), [1, 3], [1, 5, 6]),
    ],
    ids=str,
)
def test_value(shape, sizes, batch_sizes):
    for size in sizes:
        for batch_size in batch_sizes:
            x = standard_normal(batch_size, *shape)
            layer = Packing(size)
            outputs = numpy(layer(x))
            np.testing.assert_array_equal(
                outputs, expected(x, size), err_msg=f"{size}, {batch_size}"
            )
            assert outputs.shape == layer.compute_output_shape(x.shape)


@pytest.mark.parametrize("shape", [(2,), (2, 3), (2, 3, 4)], ids=str)
def test_channels_first(shape):
    x = standard_normal(5, *shape)
    layer = Packing(3, data_format="channels_first")
    outputs = numpy(layer(x))
    np.testing.assert_array_equal(outputs, expected(x, 3, channel_axis=1))
    assert outputs.shape == layer.compute_output_shape(x.shape)


@pytest.mark.parametrize("batch_size, size", [(4, 2), (5, 3), (1, 3)])
def test_gradient_counts_a_sample_as_often_as_it_is_packed(batch_size, size):
    x = standard_normal(batch_size, 3, 2)
    packs = -(-batch_size // size)
    weights = np.random.default_rng(1).normal(size=(packs, 3, 2 * size))
    wanted = np.zeros(x.shape)
    for i in range(packs * size):
        k = 2 * (i % size)
        wanted[i % batch_size] += weights[i // size][:, k : k + 2]
    _, _, pullback = _backend.call_with_input_gradient(
        lambda x: (Packing(size)(x), None), ops.convert_to_tensor(x)
    )
    weights = ops.convert_to_tensor(weights, "float32")
    np.testing.assert_allclose(numpy(pullback(weights)), wanted, rtol=1e-5)


def test_symbolic_shapes():
    assert Packing(3)(keras.Input((8, 8, 2))).shape == (None, 8, 8, 6)
    assert Packing(3)(keras.Input((None, None, 2))).shape == (
        None,
        None,
        None,
        6,
    )
    batch = keras.Input((2,), batch_size=7)
    assert Packing(3)(batch).shape == (3, 6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_unknown_batch_size(jit_compile, backend):
    if backend == "torch" and jit_compile:
        pytest.skip("jit_compile is not tested on torch")
    inputs = keras.Input((4, 4, 2))
    model = keras.Model(inputs, layers.Conv2D(1, 3)(Packing(2)(inputs)))
    model.compile(jit_compile=jit_compile)
    x = standard_normal(8, 4, 4, 2)
    # Batches of five and three: packs of which two are filled up.
    outputs = model.predict(x, batch_size=5, verbose=0)
    packs = np.concatenate([expected(x[:5], 2), expected(x[5:], 2)])
    np.testing.assert_allclose(
        outputs, numpy(model.layers[-1](packs)), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy):
    outputs = Packing(dtype=policy)(np.ones((3, 2)))
    dtype = policy[len("mixed_") :]
    assert keras.backend.standardize_dtype(outputs.dtype) == dtype


def linear_gan(size, **arguments):
    """A discriminator of packs whose logit is linear in each sample."""
    generator = keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    discriminator = keras.Sequential(
        [layers.Input((2,)), Packing(size), layers.Dense(1)]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(**arguments)
    return gan


@pytest.mark.parametrize("batch_size", [1, 5])
def test_r1_of_packs(vectors, batch_size):
    gan = linear_gan(2, discriminator_regularizers=[kr.penalties.R1(3.0)])
    kernel = gan.discriminator.get_weights()[0].astype("float64")
    halves = kernel.reshape(2, 2)
    # Each sample's gradient is the half that it met, or both in a batch that
    # was filled up by its first sample.
    gradient = np.zeros((batch_size, 2))
    for i in range(2 * -(-batch_size // 2)):
        gradient[i % batch_size] += halves[i % 2]
    logs = gan.train_on_batch(vectors[:batch_size], return_dict=True)
    np.testing.assert_allclose(
        logs["d_r1"], 1.5 * (gradient**2).sum(axis=1).mean(), rtol=1e-5
    )


@pytest.mark.parametrize(
    "loss",
    [kr.losses.NonSaturating, kr.losses.Relativistic],
    ids=["non_saturating", "relativistic"],
)
def test_gan_of_packs_trains(vectors, loss):
    gan = linear_gan(
        3,
        loss=loss(),
        discriminator_regularizers=[kr.penalties.R1(1.0, interval=2)],
    )
    history = gan.fit(
        vectors, batch_size=32, validation_data=vectors[:7], verbose=0
    ).history
    for values in history.values():
        assert np.isfinite(values).all()


def test_saving(tmp_path):
    model = keras.Sequential(
        [
            layers.Input((2, 3)),
            Packing(3, data_format="channels_first"),
            layers.Dense(1),
        ]
    )
    x = standard_normal(4, 2, 3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == model.layers[0].get_config()
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5
    )


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"size": 0}, ValueError, "size"),
        ({"size": 2.0}, TypeError, "size"),
        ({"data_format": "last"}, ValueError, "data_format"),
    ],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        Packing(**arguments)
