"""Spectral normalization against NumPy's singular values."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers
SpectralNormalization = kr.layers.SpectralNormalization
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

# A layer, what it is called on, and the axis of its kernel's outputs.
LAYERS = {
    "dense": (lambda: layers.Dense(3, use_bias=False), (5,), -1),
    "dense_of_rank_3": (lambda: layers.Dense(3, use_bias=False), (2, 5), -1),
    "conv1d": (lambda: layers.Conv1D(3, 2, use_bias=False), (4, 2), -1),
    "conv2d": (lambda: layers.Conv2D(3, 2, use_bias=False), (4, 4, 2), -1),
    "conv3d": (lambda: layers.Conv3D(3, 2, use_bias=False), (3, 3, 3, 2), -1),
    "conv1d_transpose": (
        lambda: layers.Conv1DTranspose(3, 2, use_bias=False),
        (4, 2),
        -2,
    ),
    "conv2d_transpose": (
        lambda: layers.Conv2DTranspose(3, 2, use_bias=False),
        (4, 4, 2),
        -2,
    ),
    "conv3d_transpose": (
        lambda: layers.Conv3DTranspose(3, 2, use_bias=False),
        (3, 3, 3, 2),
        -2,
    ),
    "embedding": (lambda: layers.Embedding(6, 3), (4,), -1),
    "einsum_dense": (
        lambda: layers.EinsumDense("abc,cd->abd", (None, 3)),
        (2, 5),
        -1,
    ),
}


def numpy(tensor):
    return np.array(ops.convert_to_numpy(tensor), "float64")


def kernel_of(layer):
    return layer.layer.trainable_variables[0]


def largest(kernel, axis=-1):
    matrix = np.moveaxis(numpy(kernel), axis, -1)
    matrix = matrix.reshape(-1, matrix.shape[-1])
    return np.linalg.svd(matrix, compute_uv=False)[0]


def standard_normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def settled(layer, axis=-1):
    """Gives a layer the vector to which calls in training would lead."""
    matrix = np.moveaxis(numpy(kernel_of(layer)), axis, -1)
    matrix = matrix.reshape(-1, matrix.shape[-1])
    layer.u.assign(np.linalg.svd(matrix)[2][0])
    return layer


def called(layer, inputs, times=3):
    """Calls a layer some times in training."""
    for _ in range(times):
        layer(inputs, training=True)
    return layer


@pytest.fixture
def dense():
    """A wrapped layer with a known kernel of two inputs and two outputs."""

    def build(kernel, power_iterations=1, **arguments):
        layer = SpectralNormalization(
            layers.Dense(2, use_bias=False, **arguments), power_iterations
        )
        layer.build((None, 2))
        layer.layer.kernel.assign(np.array(kernel, "float32"))
        return layer

    return build


@pytest.mark.parametrize("key", list(LAYERS))
def test_kernel_is_divided_by_its_largest_singular_value(key):
    build, shape, axis = LAYERS[key]
    inputs = standard_normal(2, *shape)
    if key == "embedding":
        inputs = np.arange(8).reshape(2, 4) % 6
    layer = called(SpectralNormalization(build(), 20), inputs)
    plain = numpy(layer.layer(inputs))
    expected = plain / largest(kernel_of(layer), axis)
    np.testing.assert_allclose(
        numpy(layer(inputs)), expected, rtol=1e-4, atol=1e-6
    )
    assert numpy(layer.u).shape == (3,)
    np.testing.assert_allclose(np.linalg.norm(numpy(layer.u)), 1.0, rtol=1e-5)


def test_bias_stays():
    layer = SpectralNormalization(layers.Dense(3, bias_initializer="ones"))
    inputs = standard_normal(4, 5)
    layer.build(inputs.shape)
    settled(layer)
    kernel = numpy(layer.layer.kernel)
    np.testing.assert_allclose(
        numpy(layer(inputs)), inputs @ (kernel / largest(kernel)) + 1, rtol=1e-4
    )


@pytest.mark.parametrize("iterations", [1, 3])
def test_each_call_in_training_iterates_as_often_as_asked(dense, iterations):
    kernel = np.array([[2.0, 0.5], [-0.3, 1.0]])
    layer = dense(kernel, iterations)
    u = np.array([0.6, 0.8])
    layer.u.assign(u)
    for _ in range(2):
        outputs = numpy(layer(np.eye(2, dtype="float32"), training=True))
        for _ in range(iterations):
            v = kernel @ u / np.linalg.norm(kernel @ u)
            u = kernel.T @ v / np.linalg.norm(kernel.T @ v)
        np.testing.assert_allclose(numpy(layer.u), u, rtol=1e-5)
        sigma = np.linalg.norm(kernel @ u)
        np.testing.assert_allclose(outputs, kernel / sigma, rtol=1e-5)
        # And the same kernel outside of training, where nothing moves.
        outputs = numpy(layer(np.eye(2, dtype="float32"), training=False))
        np.testing.assert_allclose(outputs, kernel / sigma, rtol=1e-5)
        np.testing.assert_allclose(numpy(layer.u), u, rtol=1e-5)


def test_length_of_the_vector_is_of_no_account(dense):
    layer = dense([[2.0, 0.5], [-0.3, 1.0]])
    inputs = standard_normal(3, 2)
    expected = numpy(layer(inputs))
    layer.u.assign(0.01 * layer.u)
    np.testing.assert_allclose(numpy(layer(inputs)), expected, rtol=1e-5)


def test_stored_kernel_is_never_touched():
    layer = SpectralNormalization(layers.Conv2D(3, 2))
    layer.build((None, 4, 4, 2))
    before = numpy(layer.layer.kernel)
    called(layer, standard_normal(2, 4, 4, 2))
    np.testing.assert_array_equal(numpy(layer.layer.kernel), before)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_only_training_moves_the_vector(compiled):
    layer = SpectralNormalization(layers.Dense(3))
    model = keras.Sequential([layers.Input((5,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=not compiled)
    x, y = standard_normal(4, 5), standard_normal(4, 3)
    start = numpy(layer.u)
    model.predict(x, verbose=0)
    model.evaluate(x, y, verbose=0)
    np.testing.assert_array_equal(numpy(layer.u), start)
    kernel = numpy(layer.layer.kernel)
    model.fit(x, y, verbose=0)
    assert np.abs(numpy(layer.u) - start).max() > 1e-3
    np.testing.assert_array_equal(numpy(layer.layer.kernel), kernel)


def gradient(layer, upstream, **compile_arguments):
    """The gradient of `sum(upstream * outputs)` at the kernel.

    The inputs are the unit vectors, so that the outputs are the kernel.
    """
    model = keras.Sequential([layers.Input((upstream.shape[0],)), layer])
    model.compile(
        keras.optimizers.SGD(1.0),
        lambda y, outputs: ops.sum(y * outputs, axis=-1),
        **compile_arguments,
    )
    before = numpy(layer.layer.kernel)
    # Keras takes the mean over the rows of the batch.
    rows = len(upstream)
    model.train_on_batch(np.eye(rows, dtype="float32"), rows * upstream)
    return before - numpy(layer.layer.kernel)


@pytest.mark.parametrize(
    "compile_arguments",
    [{"run_eagerly": True}, {"jit_compile": False}, {"jit_compile": True}],
    ids=["eager", "graph", "jit"],
)
def test_gradient_is_the_papers(dense, compile_arguments, backend):
    if backend == "torch" and compile_arguments.get("jit_compile"):
        pytest.skip("jit_compile is not tested on torch")
    # (G - <G, W / sigma> u v^T) / sigma, with u = v = (1, 0) and sigma = 2.
    layer = settled(dense([[2.0, 0.0], [0.0, 1.0]]))
    upstream = np.array([[1.0, 3.0], [1.0, 3.0]], "float32")
    np.testing.assert_allclose(
        gradient(layer, upstream, **compile_arguments),
        [[-0.75, 1.5], [0.5, 1.5]],
        rtol=1e-5,
    )


def test_gradient_matches_finite_differences():
    """Also of a vector that is far from the singular one."""
    layer = SpectralNormalization(layers.Dense(3, use_bias=False))
    layer.build((None, 4))
    upstream = standard_normal(4, 3)
    kernel, u = numpy(layer.layer.kernel), numpy(layer.u)
    v = kernel @ u / np.linalg.norm(kernel @ u)
    u = kernel.T @ v / np.linalg.norm(kernel.T @ v)
    v = kernel @ u / np.linalg.norm(kernel @ u)

    def value(kernel):
        return (upstream * kernel / (v @ kernel @ u)).sum()

    expected = np.zeros_like(kernel)
    for index in np.ndindex(*kernel.shape):
        step = np.zeros_like(kernel)
        step[index] = 1e-6
        expected[index] = value(kernel + step) - value(kernel - step)
    np.testing.assert_allclose(
        gradient(layer, upstream), expected / 2e-6, rtol=1e-4, atol=1e-5
    )


def test_kernel_of_zeros_stays_and_recovers(dense):
    layer = dense(np.zeros((2, 2)))
    inputs = np.eye(2, dtype="float32")
    start = numpy(layer.u)
    called(layer, inputs)
    np.testing.assert_array_equal(numpy(layer(inputs)), 0.0)
    assert np.linalg.norm(numpy(layer.u)) > 0.1 * np.linalg.norm(start)
    upstream = np.array([[3.0, 0.0], [0.0, -1.0]], "float32")
    np.testing.assert_allclose(gradient(layer, upstream), upstream, rtol=1e-5)
    called(layer, inputs, times=20)
    np.testing.assert_allclose(
        numpy(layer(inputs)), -upstream / 3, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("size", [1e-8, 1e8])
def test_size_of_the_kernel_is_of_no_account(dense, size):
    kernel = np.array([[2.0, 0.5], [-0.3, 1.0]])
    layer = dense(size * kernel, power_iterations=20)
    inputs = np.eye(2, dtype="float32")
    called(layer, inputs, times=1)
    np.testing.assert_allclose(
        numpy(layer(inputs)), kernel / largest(kernel), rtol=1e-4
    )


def test_losses_of_the_wrapped_layer_count_once(dense):
    layer = dense(
        [[2.0, 0.0], [0.0, 1.0]],
        kernel_regularizer=keras.regularizers.L2(0.1),
        activity_regularizer=keras.regularizers.L1(1.0),
    )
    inputs = np.eye(2, dtype="float32")
    settled(layer)
    model = keras.Sequential([layers.Input((2,)), layer])
    model(inputs)
    # Keras divides what an activity regularizer returns by the batch size.
    activity, weight = sorted(numpy(loss) for loss in model.losses)
    np.testing.assert_allclose(weight, (1.0 + 0.5) / 2, rtol=1e-4)
    np.testing.assert_allclose(activity, 0.1 * 5.0, rtol=1e-5)


def test_losses_reach_the_gan(vectors):
    generator, discriminator = pair(kernel_regularizer=keras.regularizers.L2(1))
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(discriminator_optimizer=keras.optimizers.SGD(0.0))
    kernels = [w for w in discriminator.get_weights() if w.ndim == 2]
    logs = gan.train_on_batch(vectors, return_dict=True)
    np.testing.assert_allclose(
        logs["d_layer_regularizers"],
        sum((kernel**2).sum() for kernel in kernels),
        rtol=1e-5,
    )


@keras.saving.register_keras_serializable("test_spectral_normalization")
class Counting(layers.Dense):
    """A layer with state, which counts its calls."""

    def build(self, input_shape):
        super().build(input_shape)
        self.count = self.add_weight(
            name="count", initializer="zeros", trainable=False
        )

    def call(self, inputs):
        self.count.assign(self.count + 1.0)
        return super().call(inputs)


def test_state_of_the_wrapped_layer_is_kept():
    layer = SpectralNormalization(Counting(2))
    called(layer, standard_normal(2, 3))
    assert float(numpy(layer.layer.count)) == 3.0


def test_masks_pass():
    inputs = keras.Input((4,), dtype="int32")
    layer = SpectralNormalization(layers.Embedding(6, 3, mask_zero=True))
    assert getattr(layer(inputs), "_keras_mask", None) is not None
    with pytest.warns(UserWarning, match="does not support masking"):
        unmasked = SpectralNormalization(
            layers.EinsumDense("abc,cd->abd", (None, 2))
        )(layers.Masking()(keras.Input((4, 3))))
    assert getattr(unmasked, "_keras_mask", None) is None
    ids = np.array([[1, 0, 2, 0]])
    model = keras.Sequential([layer, layers.GRU(2)])
    other = ids[:, [0, 2]]
    np.testing.assert_allclose(
        numpy(model(ids)), numpy(model(other)), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy):
    layer = SpectralNormalization(layers.Dense(3, dtype=policy), 20)
    last = SpectralNormalization(layers.Dense(1, dtype="float32"))
    inputs = keras.Input((5,))
    hidden = layer(inputs)
    compute_dtype = policy[len("mixed_") :]
    assert hidden.dtype == compute_dtype
    model = keras.Model(inputs, last(hidden))
    assert model.output.dtype == "float32"
    samples = standard_normal(4, 5)
    called(layer, samples)
    for variable in layer.variables:
        assert variable.dtype == "float32"
    outputs = layer(samples)
    assert keras.backend.standardize_dtype(outputs.dtype) == compute_dtype
    kernel = numpy(layer.layer.kernel)
    np.testing.assert_allclose(
        numpy(ops.cast(outputs, "float32")),
        samples @ (kernel / largest(kernel)),
        atol=0.05,
    )
    # The vector is that of the stored kernel, not of one rounded to half.
    u = np.linalg.svd(kernel)[2][0]
    u = u * np.sign(u @ numpy(layer.u))
    np.testing.assert_allclose(numpy(layer.u), u, atol=1e-5)


@keras.saving.register_keras_serializable("test_spectral_normalization")
class Uncast(layers.Dense):
    """A layer that takes inputs as they are."""

    def __init__(self, units, **arguments):
        super().__init__(units, **arguments)
        self.autocast = False

    def call(self, inputs):
        self.seen = keras.backend.standardize_dtype(inputs.dtype)
        return super().call(ops.cast(inputs, self.compute_dtype))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_inputs_are_left_to_the_wrapped_layer(dtype):
    layer = SpectralNormalization(Uncast(2))
    layer(ops.ones((2, 3), dtype))
    assert layer.layer.seen == dtype


def test_symbolic_call_traces_nothing(monkeypatch):
    def call(self, inputs, training=False):
        raise AssertionError("call was traced")

    monkeypatch.setattr(SpectralNormalization, "call", call)
    layer = SpectralNormalization(layers.Conv2D(3, 2))
    outputs = layer(keras.Input((None, None, 2)))
    assert outputs.shape == (None, None, None, 3)
    assert layer.compute_output_shape((None, 8, 8, 2)) == (None, 7, 7, 3)


def test_saving(tmp_path):
    model = keras.Sequential(
        [
            layers.Input((8, 8, 2)),
            SpectralNormalization(layers.Conv2D(3, 2, strides=2), 2),
            layers.Flatten(),
            SpectralNormalization(layers.Dense(1)),
        ]
    )
    samples = standard_normal(3, 8, 8, 2)
    called(model, samples)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].power_iterations == 2
    copy = keras.models.clone_model(model)
    copy.load_weights(tmp_path / "model.weights.h5")
    for other in (loaded, copy):
        assert len(other.weights) == len(model.weights) == 6
        for mine, theirs in zip(model.weights, other.weights, strict=True):
            np.testing.assert_array_equal(numpy(theirs), numpy(mine))
        np.testing.assert_allclose(
            numpy(other(samples)), numpy(model(samples)), rtol=1e-5
        )


def test_weights_that_are_trained():
    layer = SpectralNormalization(layers.Dense(3))
    layer.build((None, 5))
    assert [v.name for v in layer.trainable_variables] == ["kernel", "bias"]
    assert [v.name for v in layer.non_trainable_variables] == ["u"]


def pair(**arguments):
    """A pair whose discriminator is normalized and settled."""
    generator = keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    discriminator = keras.Sequential(
        [
            layers.Input((2,)),
            SpectralNormalization(
                layers.Dense(3, activation="tanh", **arguments)
            ),
            SpectralNormalization(layers.Dense(1, **arguments)),
        ]
    )
    for layer in discriminator.layers:
        settled(layer)
    return generator, discriminator


MODES = {
    "eager": {"run_eagerly": True},
    "compiled": {},
    "jit": {"jit_compile": True},
}


@pytest.mark.parametrize("mode", list(MODES))
def test_step_of_a_gan_with_lazy_r1(mode, backend, vectors):
    """The discriminator's first step against finite differences, and more."""
    if backend == "torch" and mode == "jit":
        pytest.skip("jit_compile is not tested on torch")
    generator, discriminator = pair()
    generator.set_weights([np.zeros_like(w) for w in generator.get_weights()])
    start = numpy(discriminator.non_trainable_variables[0])
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        keras.optimizers.SGD(0.0),
        keras.optimizers.SGD(0.1),
        loss=kr.losses.Wasserstein(),
        discriminator_regularizers=[kr.penalties.R1(0.7, interval=2)],
        **MODES[mode],
    )
    real = vectors[:32].astype("float64")
    variables = discriminator.trainable_variables
    weights = [numpy(v) for v in variables]

    def loss(hidden, bias, output, last_bias):
        # Where the vectors have settled, sigma is the singular value itself.
        hidden = hidden / np.linalg.svd(hidden, compute_uv=False)[0]
        output = output / np.linalg.norm(output)

        def logits(x):
            return np.tanh(x @ hidden + bias) @ output + last_bias

        slope = (1 - np.tanh(real @ hidden + bias) ** 2) * output[:, 0]
        squares = ((slope @ hidden.T) ** 2).sum(axis=1)
        fake = np.zeros((1, 2))
        return (
            logits(fake).mean() - logits(real).mean() + 0.7 * squares.mean()
        )  # The half of R1, twice for the interval.

    logs = gan.train_on_batch(vectors[:32], return_dict=True)
    np.testing.assert_allclose(logs["d_loss"], loss(*weights), rtol=1e-4)
    for position, weight in enumerate(weights):
        expected = np.zeros_like(weight)
        for index in np.ndindex(*weight.shape):
            changed = [w.copy() for w in weights]
            changed[position][index] += 1e-5
            high = loss(*changed)
            changed[position][index] -= 2e-5
            expected[index] = (high - loss(*changed)) / 2e-5
        np.testing.assert_allclose(
            (weight - numpy(variables[position])) / 0.1,
            expected,
            rtol=1e-3,
            atol=2e-5,
        )
    history = gan.fit(vectors, batch_size=32, verbose=0).history
    assert np.isfinite(history["d_loss"]).all()
    assert history["d_r1"][0] > 0
    vector = discriminator.non_trainable_variables[0]
    assert np.abs(numpy(vector) - start).max() > 1e-5
    kernel = discriminator.layers[0].layer.kernel
    called(discriminator, vectors[:2], times=20)
    np.testing.assert_allclose(
        np.linalg.norm(numpy(kernel) @ numpy(vector)),
        largest(kernel),
        rtol=1e-5,
    )


def test_r1_of_one_unit_is_that_of_a_unit_slope(vectors):
    """Whatever the kernel, the normalized one has length one."""
    generator, _ = pair()
    discriminator = keras.Sequential(
        [layers.Input((2,)), SpectralNormalization(layers.Dense(1))]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(discriminator_regularizers=[kr.penalties.R1(3.0)])
    logs = gan.train_on_batch(vectors, return_dict=True)
    np.testing.assert_allclose(logs["d_r1"], 1.5, rtol=1e-5)


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"layer": "dense"}, TypeError, "layer"),
        ({"layer": None}, TypeError, "layer"),
        ({"power_iterations": 0}, ValueError, "power_iterations"),
        ({"power_iterations": 1.0}, TypeError, "power_iterations"),
        ({"power_iterations": True}, TypeError, "power_iterations"),
    ],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        SpectralNormalization(**{"layer": layers.Dense(2), **arguments})


@pytest.mark.parametrize(
    "build",
    [layers.ReLU, layers.BatchNormalization, lambda: layers.GRU(2)],
    ids=["no_weights", "no_kernel", "several_kernels"],
)
def test_layer_without_one_kernel(build):
    with pytest.raises(ValueError, match="argument `layer`. Expected.*kernel"):
        SpectralNormalization(build()).build((None, 3, 2))
