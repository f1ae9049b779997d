"""`fit` takes what Keras takes, and makes the same of the same data."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation",
        "ignore:`shuffle=True` was passed",
        "ignore:Your input ran out of data",
    ),
    pytest.mark.xdist_group("data_sources"),
]


class Batches(keras.utils.PyDataset):
    """Batches of one array, or of several as tuples."""

    def __init__(self, *arrays, batch_size=16):
        super().__init__()
        self.arrays = arrays
        self.batch_size = batch_size

    def __len__(self):
        return -(-len(self.arrays[0]) // self.batch_size)

    def __getitem__(self, index):
        start = index * self.batch_size
        rows = tuple(a[start : start + self.batch_size] for a in self.arrays)
        return rows if len(rows) > 1 else rows[0]


def as_tensors(*arrays):
    tensors = tuple(map(ops.convert_to_tensor, arrays))
    return tensors if len(tensors) > 1 else tensors[0]


def as_tf_dataset(*arrays):
    tf = pytest.importorskip("tensorflow")
    rows = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(rows).batch(16)


def as_data_loader(*arrays):
    torch = pytest.importorskip("torch")
    tensors = map(torch.as_tensor, arrays)
    dataset = torch.utils.data.TensorDataset(*tensors)
    return torch.utils.data.DataLoader(dataset, batch_size=16)


def as_generator(*arrays):
    batches = Batches(*arrays)
    for index in range(len(batches)):
        batch = batches[index]
        yield batch if isinstance(batch, tuple) else (batch,)


SOURCES = {
    "tensors": as_tensors,
    "tf.data": as_tf_dataset,
    "PyDataset": Batches,
    "DataLoader": as_data_loader,
    "generator": as_generator,
}
each_source = pytest.mark.parametrize(
    "source", list(SOURCES.values()), ids=list(SOURCES)
)


@pytest.fixture
def labels():
    """One of three classes for each of 64 samples."""
    return np.random.default_rng(1).integers(0, 3, 64).astype("int32")


@pytest.fixture
def fitted(vector_pair, rewound):
    """Fits equal networks from equal seeds and returns the model.

    It is another one each time, unless one is to be compiled only once for
    all tests with this number of classes.
    """

    def compiled(pair, num_classes, run_eagerly):
        keras.utils.set_random_seed(0)
        pair = pair or vector_pair(num_classes=num_classes)
        gan = kr.RegularizedGAN(*pair, seed=0)
        gan.compile(run_eagerly=run_eagerly, jit_compile=False)
        return gan

    def fit(
        x,
        y=None,
        pair=None,
        num_classes=None,
        run_eagerly=True,
        compiled_once=False,
        **arguments,
    ):
        if compiled_once:
            gan = rewound(
                lambda: compiled(pair, num_classes, False), key=num_classes
            )
        else:
            gan = compiled(pair, num_classes, run_eagerly)
        arguments = {"shuffle": False, "verbose": 0, **arguments}
        history = gan.fit(x, y, **arguments).history
        assert history["d_loss"] and history["g_loss"]
        for key, values in history.items():
            assert np.isfinite(values).all(), key
        return gan

    return fit


@pytest.fixture(scope="module")
def known():
    """Weights after trainings that several tests compare with."""
    return {}


@pytest.fixture
def once(known):
    """Fits for the first test that asks for a name, and returns weights."""

    def once(name, fit):
        if name not in known:
            known[name] = weights_of(fit())
        return known[name]

    return once


def weights_of(model):
    return [
        (weight.path, ops.convert_to_numpy(weight.value).copy())
        for weight in model.weights
    ]


def assert_same_weights(model, expected):
    """Compares a model with another, or with the weights of one."""
    if isinstance(expected, keras.Model):
        expected = weights_of(expected)
    for (path, value), (_, wanted) in zip(
        weights_of(model), expected, strict=True
    ):
        np.testing.assert_allclose(
            value, wanted, rtol=1e-4, atol=1e-6, err_msg=path
        )


@each_source
def test_samples_from_a_source(fitted, vectors, source, once):
    sized = {"batch_size": 16} if source is as_tensors else {}
    gan = fitted(source(vectors), run_eagerly=False, **sized)
    assert_same_weights(
        gan, once("samples", lambda: fitted(vectors, batch_size=16))
    )


@each_source
def test_samples_and_labels_from_a_source(
    fitted, vectors, labels, source, once
):
    expected = once(
        "labels",
        lambda: fitted(vectors, labels, num_classes=3, batch_size=16),
    )
    sized = {"batch_size": 16} if source is as_tensors else {}
    gan = fitted(
        source(vectors, labels), num_classes=3, compiled_once=True, **sized
    )
    assert_same_weights(gan, expected)


def test_every_batch_counts(fitted, vectors):
    gan = fitted(vectors, batch_size=16)
    other = vectors.copy()
    other[-1] += 1.0
    changed = fitted(other, batch_size=16)
    assert not np.array_equal(
        gan.discriminator.get_weights()[0],
        changed.discriminator.get_weights()[0],
    )


@pytest.mark.parametrize(
    "arrange",
    [
        lambda x, y: ((x, y),),
        lambda x, y: ([x, y],),
        lambda x, y: (x, y[:, None]),
        lambda x, y: (x, y.astype("int64")),
        lambda x, y: (x, y.astype("float32")),
    ],
    ids=["tuple", "list", "column", "int64", "float32"],
)
def test_forms_of_labels(fitted, vectors, labels, arrange, once):
    settings = {"num_classes": 3, "batch_size": 16}
    expected = once("labels", lambda: fitted(vectors, labels, **settings))
    assert_same_weights(fitted(*arrange(vectors, labels), **settings), expected)


def test_labels_reach_both_networks(fitted, vectors, labels):
    gan = fitted(vectors, labels, num_classes=3, batch_size=32)
    other = fitted(vectors, (labels + 1) % 3, num_classes=3, batch_size=32)
    tables = []
    for one in (gan, other):
        latents = one.generator.inputs[0].shape[1]
        embedding = one.discriminator.get_layer("label_embedding")
        tables.append(
            # One-hot labels come behind the latents.
            (one.generator.get_weights()[0][latents:], *embedding.get_weights())
        )
    for first, second in zip(*tables, strict=True):
        assert len(first) == 3 and not np.array_equal(first, second)


@pytest.mark.parametrize(
    "validation",
    [
        lambda x, y: (x, y),
        lambda x, y: [x, y],
        as_tf_dataset,
        Batches,
        as_data_loader,
    ],
    ids=["tuple", "list", "tf.data", "PyDataset", "DataLoader"],
)
def test_validation_data_with_labels(fitted, vectors, labels, validation, once):
    settings = {"num_classes": 3, "batch_size": 16}
    gan = fitted(
        vectors,
        labels,
        validation_data=validation(vectors[:40], labels[:40]),
        **settings,
    )
    history = gan.history.history
    assert set(history) >= {"val_d_loss", "val_g_loss"}
    # Validation does not change what is trained.
    plain = once("labels", lambda: fitted(vectors, labels, **settings))
    assert_same_weights(gan, plain)


@pytest.mark.parametrize("labelled", [False, True], ids=["plain", "labels"])
def test_validation_split(fitted, vectors, labels, labelled):
    y, num_classes = (labels, 3) if labelled else (None, None)
    gan = fitted(
        vectors, y, num_classes=num_classes, validation_split=0.25, epochs=1
    )
    assert "val_d_loss" in gan.history.history
    first = fitted(
        vectors[:48], None if y is None else y[:48], num_classes=num_classes
    )
    assert_same_weights(gan.generator, first.generator)


def one_hot_pair():
    latents, samples = keras.Input((3,)), keras.Input((2,))
    inputs = [keras.Input((3,)) for _ in range(2)]
    generator = keras.Model(
        [latents, inputs[0]],
        layers.Dense(2)(layers.Concatenate()([latents, inputs[0]])),
    )
    joined = layers.Concatenate()([samples, inputs[1]])
    hidden = layers.Dense(4, activation="relu")(joined)
    discriminator = keras.Model([samples, inputs[1]], layers.Dense(1)(hidden))
    return generator, discriminator


def test_one_hot_labels(fitted, vectors, labels):
    one_hot = np.eye(3, dtype="float32")[labels]
    gan = fitted(
        vectors,
        one_hot,
        pair=one_hot_pair(),
        batch_size=32,
        validation_data=(vectors, one_hot),
    )
    assert gan.generate(4, conditions=one_hot[:4]).shape == (4, 2)
    logs = gan.evaluate(vectors, one_hot, verbose=0, return_dict=True)
    assert np.isfinite(list(logs.values())).all()


def test_generate_with_labels(fitted, vectors, labels):
    gan = fitted(vectors, labels, num_classes=3, batch_size=32)
    one = gan.generate(4, conditions=2, seed=0)
    assert np.array_equal(one, gan.generate(4, conditions=[2] * 4, seed=0))
    assert np.array_equal(
        one, gan.generate(4, conditions=np.full((4, 1), 2), seed=0)
    )
    assert not np.allclose(one, gan.generate(4, conditions=1, seed=0))


def test_last_partial_batch(fitted, vectors):
    gan = fitted(vectors[:40], batch_size=16)
    assert ops.convert_to_numpy(gan.optimizer.iterations.value) == 3
    assert_same_weights(gan, fitted(as_tf_dataset(vectors[:40])))


def test_batch_larger_than_the_data(fitted, vectors):
    gan = fitted(vectors[:5], batch_size=16)
    assert ops.convert_to_numpy(gan.optimizer.iterations.value) == 1


def test_data_set_of_unknown_rank(fitted, vectors):
    """Only its batches say what shape they have."""
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_generator(
        lambda: iter([vectors[:16], vectors[16:32]]),
        output_signature=tf.TensorSpec(None, "float32"),
    )
    assert_same_weights(fitted(data), fitted(vectors[:32], batch_size=16))


def test_source_of_unknown_length(fitted, vectors, once):
    torch = pytest.importorskip("torch")

    class Rows(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(zip(vectors, strict=True))

    data = torch.utils.data.DataLoader(Rows(), batch_size=16)
    assert_same_weights(
        fitted(data),
        once("samples", lambda: fitted(vectors, batch_size=16)),
    )


def test_batches_in_a_tuple_of_their_own(fitted, vectors, labels, once):
    """Keras takes them for samples alone."""
    batches = Batches(vectors, labels)
    data = ((batches[index],) for index in range(len(batches)))
    expected = once(
        "labels",
        lambda: fitted(vectors, labels, num_classes=3, batch_size=16),
    )
    assert_same_weights(fitted(data, num_classes=3), expected)


@pytest.mark.parametrize("dtype", ["float64", "float16"])
@pytest.mark.parametrize(
    "source",
    [lambda x: x, as_tf_dataset, Batches],
    ids=["array", "tf.data", "PyDataset"],
)
def test_other_floats(fitted, vectors, dtype, source, once):
    data = vectors.astype("float16").astype(dtype)
    expected = once(
        "rounded samples",
        lambda: fitted(data.astype("float32"), batch_size=16),
    )
    sized = {"batch_size": 16} if isinstance(source(data), np.ndarray) else {}
    assert_same_weights(fitted(source(data), **sized), expected)


@pytest.mark.parametrize("source", [as_tensors, as_tf_dataset, as_generator])
def test_samples_in_bfloat16(fitted, vectors, source, once):
    # NumPy has no such type; tensors have.
    data = ops.cast(ops.convert_to_tensor(vectors), "bfloat16")
    rounded = ops.convert_to_numpy(ops.cast(data, "float32"))
    assert not np.array_equal(rounded, vectors)
    if source is as_tf_dataset:
        tf = pytest.importorskip("tensorflow")
        data = tf.cast(tf.constant(rounded), "bfloat16")
        batches = tf.data.Dataset.from_tensor_slices(data).batch(16)
    else:
        batches = source(data)
    sized = {"batch_size": 16} if source is as_tensors else {}
    expected = once("bfloat16", lambda: fitted(rounded, batch_size=16))
    assert_same_weights(fitted(batches, **sized), expected)


class SeesTypes(kr.penalties.Penalty):
    """Notes what type the real samples have."""

    networks = ("discriminator",)

    def __init__(self):
        super().__init__()
        self.seen = set()

    def call(self, context):
        self.seen.add(keras.backend.standardize_dtype(context.real.dtype))
        return ops.mean(context.real_logits)


@pytest.mark.parametrize("dtype", ["float16", "float64", "bfloat16"])
def test_all_floats_become_float32(vector_pair, vectors, dtype):
    """Whatever penalties and metrics compute would lack digits otherwise."""
    data = ops.cast(ops.convert_to_tensor(vectors), dtype)
    sees = SeesTypes()
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(discriminator_regularizers=[sees], run_eagerly=True)
    for method in (gan.fit, gan.evaluate):
        method(as_generator(data), verbose=0)
        assert sees.seen == {"float32"}
        sees.seen.clear()
    gan.gradient_share("d_sees_types", data)
    assert sees.seen == {"float32"}


@each_source
def test_boolean_labels(fitted, vectors, labels, source, once):
    flags = labels > 0
    expected = once(
        "flags",
        lambda: fitted(
            vectors, flags.astype("int32"), num_classes=2, batch_size=16
        ),
    )
    sized = {"batch_size": 16} if source is as_tensors else {}
    gan = fitted(source(vectors, flags), num_classes=2, **sized)
    assert_same_weights(gan, expected)
    made = [
        gan.generate(2, conditions=given, seed=0)
        for given in ([False, True], [0, 1])
    ]
    assert np.array_equal(*made)


def test_train_on_batch_is_one_step_of_fit(vector_pair, fitted, vectors):
    expected = fitted(vectors, batch_size=64)
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*vector_pair(num_classes=None), seed=0)
    gan.compile(run_eagerly=True)
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    assert_same_weights(gan, expected)


@pytest.mark.parametrize("arrange", ["arguments", "tuple"])
def test_train_on_batch_with_labels(fitted, vectors, labels, arrange):
    gan = fitted(vectors, labels, num_classes=3, batch_size=64)
    data = (vectors, labels) if arrange == "arguments" else ((vectors, labels),)
    logs = gan.train_on_batch(*data, return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    logs = gan.test_on_batch(*data, return_dict=True)
    assert np.isfinite(list(logs.values())).all()


@pytest.mark.usual_on("tensorflow", "torch")
@pytest.mark.parametrize("num_classes", [None, 3])
def test_colour_images(fitted, num_classes):
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (12, 16, 16, 3)).astype("float32")
    y = None if num_classes is None else np.arange(12) % num_classes
    pair = kr.networks.dcgan(
        (16, 16, 3), latent_dim=4, width=2, num_classes=num_classes
    )
    gan = fitted(images, y, pair=pair, batch_size=8)
    made = gan.generate(2, conditions=None if num_classes is None else 1)
    assert made.shape == (2, 16, 16, 3)
    assert np.abs(made).max() <= 1.0


class WithAttributes(keras.Model):
    """A network that is told floats, which it scales, and a number.

    It can be called with nothing else.
    """

    def __init__(self, units):
        super().__init__()
        self.hidden = layers.Dense(4)
        self.last = layers.Dense(units)

    def call(self, inputs):
        samples, attributes, number = inputs
        odd = ops.cast(ops.bitwise_and(number, 1), "float32")[:, None]
        parts = [self.hidden(samples), 2.5 * attributes, odd]
        return self.last(ops.concatenate(parts, axis=-1))


def test_subclassed_networks_that_are_told_floats(vectors):
    generator, discriminator = WithAttributes(2), WithAttributes(1)
    told = np.zeros((1, 5)), np.zeros((1,), "int32")
    generator([np.zeros((1, 3)), *told])
    discriminator([np.zeros((1, 2)), *told])
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile()
    told = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")
    numbers = np.arange(64, dtype="int32")
    logs = gan.fit(vectors, (told, numbers), verbose=0).history
    assert np.isfinite([logs["d_loss"], logs["g_loss"]]).all()
    one, other = (
        gan.generate(conditions=(c, numbers), seed=0) for c in (told, -told)
    )
    assert one.shape == (64, 2)
    assert not np.allclose(one, other)


@pytest.mark.parametrize("conditional", [False, True])
def test_dictionaries_of_images_and_labels(vector_pair, vectors, conditional):
    tf = pytest.importorskip("tensorflow")
    labels = np.arange(64) % 3
    gan = kr.RegularizedGAN(
        *vector_pair(num_classes=3 if conditional else None), seed=0
    )
    gan.compile()
    data = {"image": vectors} | ({"label": labels} if conditional else {})
    batches = tf.data.Dataset.from_tensor_slices(data).batch(32)
    expected = labels if conditional else None
    assert gan.evaluate(batches, verbose=0) == pytest.approx(
        gan.evaluate(vectors, expected, verbose=0), rel=1e-5
    )
    assert np.isfinite(gan.fit(batches, verbose=0).history["d_loss"]).all()
    others = tf.data.Dataset.from_tensor_slices({"x": vectors}).batch(32)
    with pytest.raises(TypeError, match=r"dataset.map\(lambda d.*\['x'\]"):
        gan.fit(others, verbose=0)
