"""What is wrong is refused at once, by name, and before anything is trained."""

import contextlib
import fractions
import math
import re
import sys

import keras
import numpy as np
import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from keras import ops

import keras_regan as kr
from keras_regan._checks import batches
from keras_regan._checks.conditions import Condition

layers = keras.layers
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation", "ignore:`shuffle=True` was passed"
)


def snapshot(gan):
    """All weights of both networks and everything the optimizers hold."""
    variables = gan.generator.variables + gan.discriminator.variables
    if gan.ema_generator is not None:
        variables = variables + gan.ema_generator.variables
    if gan.compiled:
        variables = variables + gan.optimizer.variables
    return [np.array(ops.convert_to_numpy(v.value)) for v in variables]


def assert_unchanged(gan, before):
    for old, new in zip(before, snapshot(gan), strict=True):
        np.testing.assert_array_equal(old, new)


@contextlib.contextmanager
def refused(gan, error, *texts):
    """Expects an error that names all of `texts` and changes no weight."""
    before = snapshot(gan)
    with pytest.raises(error) as caught:
        yield
    message = str(caught.value)
    for text in ("Expected", "Received", *texts):
        assert text in message
    assert_unchanged(gan, before)


@pytest.fixture
def gan(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
    gan.compile()
    return gan


@pytest.fixture
def conditional(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair(num_classes=3), seed=0)
    gan.compile()
    return gan


def generator_of(*shapes, units=2):
    """A generator with inputs of the given shapes, without the batch."""
    inputs = [keras.Input(shape) for shape in shapes]
    flat = [layers.Flatten()(x) for x in inputs]
    joined = layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    return keras.Model(
        inputs if len(flat) > 1 else inputs[0], layers.Dense(units)(joined)
    )


def discriminator_of(*last, units=2):
    return keras.Sequential([layers.Input((units,)), layers.Dense(4), *last])


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


def data_loader(*arrays):
    torch = pytest.importorskip("torch")
    rows = torch.utils.data.TensorDataset(*map(torch.as_tensor, arrays))
    return torch.utils.data.DataLoader(rows, batch_size=16)


def tf_dataset(*arrays):
    tf = pytest.importorskip("tensorflow")
    rows = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(rows).batch(16)


def generate_batches(*arrays):
    dataset = Batches(*arrays)
    for index in range(len(dataset)):
        batch = dataset[index]
        yield batch if isinstance(batch, tuple) else (batch,)


SOURCES = {
    "array": lambda *arrays: arrays if len(arrays) > 1 else arrays[0],
    "tensor": lambda *arrays: (
        tuple(map(ops.convert_to_tensor, arrays))
        if len(arrays) > 1
        else ops.convert_to_tensor(arrays[0])
    ),
    "tf.data": tf_dataset,
    "PyDataset": Batches,
    "DataLoader": data_loader,
    "generator": generate_batches,
}
each_source = pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            build,
            id=name,
        )
        for name, build in SOURCES.items()
    ],
)


# What `compile` refuses.


@pytest.mark.parametrize("factor", [-1.0, float("nan"), float("inf"), 1e39])
@pytest.mark.parametrize(
    "network, make, argument",
    [
        ("generator", kr.regularizers.L1, "l1"),
        ("generator", kr.regularizers.L2, "l2"),
        ("generator", lambda f: kr.regularizers.L1L2(l2=f), "l2"),
        ("generator", kr.regularizers.PairwiseDistance, "factor"),
        ("discriminator", kr.penalties.R1, "factor"),
        ("discriminator", kr.penalties.R2, "factor"),
        (
            "discriminator",
            lambda f: kr.penalties.Scheduled(kr.regularizers.L1(), f),
            "factor",
        ),
    ],
    ids=["l1", "l2", "l1l2", "pairwise", "r1", "r2", "scheduled"],
)
def test_compile_refuses_a_factor(gan, network, make, argument, factor):
    with refused(gan, ValueError, f"`{argument}`", f"{argument}={factor}"):
        gan.compile(**{f"{network}_regularizers": [make(factor)]})


@pytest.mark.parametrize(
    "entry",
    [
        "l1",
        None,
        0.1,
        kr.regularizers.L1,
        kr.penalties.R1,
        kr.losses.Hinge(),
        [kr.regularizers.L1(0.1)],
        lambda weights, samples: 0.0,
        keras.layers.Dense(1),
    ],
    ids=[
        "string",
        "None",
        "number",
        "class",
        "penalty_class",
        "loss",
        "list",
        "function_of_two",
        "layer",
    ],
)
@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_compile_refuses_what_is_no_regularizer(gan, network, entry):
    argument = f"{network}_regularizers"
    with refused(gan, TypeError, f"`{argument}`", type(entry).__name__):
        gan.compile(**{argument: [kr.regularizers.L2(0.1), entry]})


@pytest.mark.parametrize(
    "entries",
    [kr.regularizers.L1(0.1), "l1", 0.0, {}, {"l1": 0.1}, kr.regularizers.L1],
    ids=["regularizer", "string", "zero", "empty_dict", "dict", "class"],
)
@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_compile_refuses_what_is_no_list(gan, network, entries):
    argument = f"{network}_regularizers"
    with refused(gan, TypeError, f"`{argument}`", "a list"):
        gan.compile(**{argument: entries})


@pytest.mark.parametrize(
    "entries, name",
    [
        ([kr.regularizers.L1(0.1), kr.regularizers.L1(0.2)], "l1"),
        ([kr.regularizers.L1(0.1), keras.regularizers.L1(0.2)], "l1"),
        ([kr.regularizers.L1(0.1), kr.regularizers.L2(0.1, name="l1")], "l1"),
        ([kr.regularizers.L1(0.1, name="loss")], "loss"),
        (
            [kr.regularizers.L1(0.1, name="layer_regularizers")],
            "layer_regularizers",
        ),
    ],
    ids=["twice", "keras", "renamed", "loss", "layer_regularizers"],
)
@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_compile_refuses_equal_names(gan, network, entries, name):
    argument = f"{network}_regularizers"
    with refused(gan, ValueError, f"`{argument}`", f"`{name}`"):
        gan.compile(**{argument: entries})


def test_compile_takes_one_name_for_both_networks(gan):
    gan.compile(
        generator_regularizers=[kr.regularizers.L1(0.1)],
        discriminator_regularizers=[kr.regularizers.L1(0.1)],
    )
    assert {"g_l1", "d_l1"} <= {metric.name for metric in gan.metrics}


@pytest.mark.parametrize(
    "metrics",
    [
        "mse",
        ["mse"],
        [None],
        [keras.metrics.Mean],
        keras.metrics.Mean(),
        {"a": keras.metrics.Mean()},
        [kr.losses.Hinge()],
    ],
    ids=["string", "names", "None", "class", "bare", "dict", "loss"],
)
def test_compile_refuses_what_are_no_metrics(gan, metrics):
    with refused(gan, TypeError, "`metrics`"):
        gan.compile(metrics=metrics)


@pytest.mark.parametrize(
    "names", [("a", "a"), ("d_loss",), ("g_loss",), ("g_l1",)], ids=str
)
def test_compile_refuses_metrics_of_equal_names(gan, names):
    with refused(gan, ValueError, "`metrics`", f"`{names[-1]}`"):
        gan.compile(
            generator_regularizers=[kr.regularizers.L1(0.1)],
            metrics=[keras.metrics.MeanSquaredError(name=n) for n in names],
        )


@pytest.mark.parametrize(
    "loss",
    [
        "hinge",
        kr.losses.Hinge,
        keras.losses.BinaryCrossentropy(),
        kr.penalties.R1(),
        1.0,
    ],
    ids=["string", "class", "keras", "penalty", "number"],
)
def test_compile_refuses_a_loss(gan, loss):
    with refused(gan, TypeError, "`loss`", "AdversarialLoss"):
        gan.compile(loss=loss)


def test_compile_refuses_one_optimizer_for_both(gan):
    optimizer = keras.optimizers.Adam()
    with refused(gan, ValueError, "`discriminator_optimizer`"):
        gan.compile(optimizer, optimizer)


@pytest.mark.parametrize(
    "optimizer",
    [
        "adamm",
        3,
        [],
        keras.optimizers.Adam,
        {"class_name": "Nothing", "config": {}},
        {"class_name": "Dense", "config": {"units": 1}},
        {"lr": 1.0},
        kr.losses.Hinge(),
    ],
    ids=[
        "name",
        "number",
        "list",
        "class",
        "config",
        "layer_config",
        "dict",
        "loss",
    ],
)
@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_compile_refuses_an_optimizer(gan, network, optimizer):
    argument = f"{network}_optimizer"
    with refused(gan, (TypeError, ValueError), f"`{argument}`"):
        gan.compile(**{argument: optimizer})


@pytest.mark.parametrize(
    "argument",
    ["discriminator_steps", "generator_steps", "steps_per_execution"],
)
@pytest.mark.parametrize(
    "value, error",
    [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)],
    ids=str,
)
def test_compile_refuses_a_number_of_steps(gan, argument, value, error):
    with refused(gan, error, f"`{argument}`", f"{argument}={value}"):
        gan.compile(**{argument: value})


def test_failed_compile_leaves_the_earlier_one(gan, vectors):
    gan.compile(
        generator_regularizers=[kr.regularizers.L1(0.1)], run_eagerly=True
    )
    with pytest.raises(TypeError):
        gan.compile(metrics=["mse"])
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert "g_l1" in logs


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_compile_refuses_frozen_networks(vector_pair, network):
    gan = kr.RegularizedGAN(*vector_pair())
    getattr(gan, network).trainable = False
    with refused(gan, ValueError, f"`{network}`", "trainable weights"):
        gan.compile()


@pytest.mark.parametrize(
    "entry",
    [kr.regularizers.L1(0.1), keras.regularizers.L2(0.1), keras.ops.norm],
    ids=["own", "keras", "function"],
)
def test_compile_refuses_weight_regularizers_without_kernels(entry):
    generator = keras.Sequential(
        [layers.Input((2,)), layers.BatchNormalization()]
    )
    gan = kr.RegularizedGAN(generator, discriminator_of(layers.Dense(1)))
    gan.compile(
        generator_regularizers=[kr.regularizers.PairwiseDistance(0.1)],
        discriminator_regularizers=[entry],
    )
    with refused(gan, ValueError, "`generator_regularizers`", "kernels"):
        gan.compile(generator_regularizers=[entry])


# What the constructor refuses.


@pytest.mark.parametrize("argument", ["generator", "discriminator"])
@pytest.mark.parametrize(
    "network",
    [None, "mlp", 3, keras.Model, layers.Dense(1), lambda x: x],
    ids=["None", "string", "number", "class", "layer", "function"],
)
def test_what_is_no_model(vector_pair, argument, network):
    arguments = dict(
        zip(("generator", "discriminator"), vector_pair(), strict=True)
    )
    with pytest.raises(TypeError, match=f"`{argument}`.*keras.Model") as caught:
        kr.RegularizedGAN(**{**arguments, argument: network})
    assert "Received" in str(caught.value)


@pytest.mark.parametrize("argument", ["generator", "discriminator"])
def test_unbuilt_networks(vector_pair, argument):
    arguments = dict(
        zip(("generator", "discriminator"), vector_pair(), strict=True)
    )
    arguments[argument] = keras.Sequential([layers.Dense(2)])
    with pytest.raises(
        ValueError, match=f"`{argument}`. Expected.*built.*Received"
    ):
        kr.RegularizedGAN(**arguments)


def test_one_network_for_both(vector_pair):
    generator, _ = vector_pair()
    with pytest.raises(ValueError, match="`discriminator`. Expected another"):
        kr.RegularizedGAN(generator, generator)


def test_networks_that_do_not_fit(vector_pair):
    generator, _ = vector_pair()
    with pytest.raises(ValueError) as caught:
        kr.RegularizedGAN(generator, discriminator_of(layers.Dense(1), units=5))
    for text in ("`discriminator`", "Expected", "(None, 2)", "(None, 5)"):
        assert text in str(caught.value)


@pytest.mark.parametrize(
    "logits, shape",
    [
        ((3,), "(None, 3)"),
        ((2, 2, 2), "(None, 2, 2, 2)"),
    ],
    ids=["units", "channels"],
)
def test_what_are_no_logits(vector_pair, logits, shape):
    generator, _ = vector_pair()
    with pytest.raises(ValueError) as caught:
        kr.RegularizedGAN(
            generator,
            discriminator_of(
                layers.Dense(math.prod(logits)), layers.Reshape(logits)
            ),
        )
    for text in ("`discriminator`", "Expected", "logits", shape):
        assert text in str(caught.value)


@pytest.mark.parametrize(
    "outputs",
    [
        lambda x: {"features": x},
        lambda x: {"logits": [], "features": x},
        lambda x: [x, layers.Dense(3)(x)],
        lambda x: {"logits": {"one": x, "other": x}},
    ],
    ids=["features", "none", "with_features", "named"],
)
def test_outputs_without_logits(vector_pair, outputs):
    generator, _ = vector_pair()
    inputs = keras.Input((2,))
    discriminator = keras.Model(inputs, outputs(layers.Dense(1)(inputs)))
    with pytest.raises(ValueError, match="`discriminator`.*logits.*Received"):
        kr.RegularizedGAN(generator, discriminator)


@pytest.mark.parametrize("shape", [(), (None,), (3, None)], ids=str)
def test_latents_of_no_known_shape(shape):
    inputs = keras.Input(shape)
    if None in shape:
        flat = inputs if len(shape) == 1 else inputs[:, 0]
        outputs = layers.Embedding(3, 2)(flat)[:, 0]
    else:
        outputs = layers.Dense(2)(layers.Reshape((-1,))(inputs))
    generator = keras.Model(inputs, outputs)
    with pytest.raises(ValueError) as caught:
        kr.RegularizedGAN(generator, discriminator_of(layers.Dense(1)))
    for text in ("`generator`", "latent_dim", f"{(None, *shape)}"):
        assert text in str(caught.value)


def test_generator_with_two_outputs():
    inputs = keras.Input((3,))
    generator = keras.Model(inputs, [layers.Dense(2)(inputs)] * 2)
    with pytest.raises(ValueError, match="`generator`.*one output.*Received"):
        kr.RegularizedGAN(generator, discriminator_of(layers.Dense(1)))


@pytest.mark.parametrize("conditional", ["generator", "discriminator"])
def test_labels_in_one_network_only(vector_pair, conditional):
    plain, classes = vector_pair(), vector_pair(num_classes=3)
    pair = (
        (classes[0], plain[1])
        if conditional == "generator"
        else (plain[0], classes[1])
    )
    with pytest.raises(ValueError) as caught:
        kr.RegularizedGAN(*pair)
    for text in ("Expected labels", "Received", f"{conditional} that takes l"):
        assert text in str(caught.value)


@pytest.mark.parametrize(
    "momentum, error",
    [
        (1.0, ValueError),
        (-0.1, ValueError),
        (float("nan"), ValueError),
        ("0.9", TypeError),
        (True, TypeError),
    ],
    ids=str,
)
def test_momentum(vector_pair, momentum, error):
    with pytest.raises(error, match="`ema_momentum`. Expected.*Received"):
        kr.RegularizedGAN(*vector_pair(), ema_momentum=momentum)


@pytest.mark.parametrize(
    "seed, error",
    [
        ("x", TypeError),
        (1.5, TypeError),
        (True, TypeError),
        (-1, ValueError),
        (2**31, ValueError),
    ],
    ids=str,
)
def test_seed(vector_pair, seed, error):
    with pytest.raises(error, match="`seed`. Expected.*Received"):
        kr.RegularizedGAN(*vector_pair(), seed=seed)


class WithoutConfig(keras.Model):
    """A generator that cannot be made anew: its argument is a layer."""

    def __init__(self, last):
        super().__init__()
        self.last = last

    def call(self, inputs):
        return self.last(inputs)


def test_average_of_a_generator_without_config():
    generator = WithoutConfig(layers.Dense(2))
    generator(np.zeros((1, 3)))
    pair = generator, discriminator_of(layers.Dense(1))
    kr.RegularizedGAN(*pair)
    with pytest.raises(ValueError) as caught:
        kr.RegularizedGAN(*pair, ema_momentum=0.9)
    for text in ("`ema_momentum`", "get_config", "WithoutConfig", "Received"):
        assert text in str(caught.value)


# What the methods refuse.


@pytest.mark.parametrize(
    "method", ["fit", "evaluate", "train_on_batch", "test_on_batch"]
)
def test_not_compiled(vector_pair, vectors, method):
    gan = kr.RegularizedGAN(*vector_pair())
    before = snapshot(gan)
    with pytest.raises(ValueError) as caught:
        getattr(gan, method)(vectors)
    assert re.search(f"compiled before `{method}`", str(caught.value))
    assert_unchanged(gan, before)


@each_source
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_samples_of_another_shape(gan, vectors, source, method):
    data = source(np.concatenate([vectors, vectors], axis=1))
    with refused(gan, ValueError, "shape (None, 2)", "4)"):
        getattr(gan, method)(data, verbose=0)


@pytest.mark.parametrize("shape", [(64,), (64, 2, 1), (64, 1)], ids=str)
def test_samples_of_another_rank(gan, shape):
    with refused(gan, ValueError, "shape (None, 2)", str(shape)):
        gan.fit(np.zeros(shape, "float32"), verbose=0)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool"])
@each_source
def test_integer_samples(gan, vectors, source, dtype):
    data = source((vectors > 0).astype(dtype))
    with refused(
        gan, ValueError, "astype('float32') / 127.5 - 1", f"dtype {dtype}"
    ):
        gan.fit(data, verbose=0)


@each_source
def test_labels_nobody_takes(gan, vectors, source):
    with refused(gan, ValueError, "not conditional", "labels"):
        gan.fit(source(vectors, np.zeros(64, "int32")), verbose=0)


@each_source
def test_labels_that_are_missing(conditional, vectors, source):
    with refused(conditional, ValueError, "got no labels", "samples only"):
        conditional.fit(source(vectors), verbose=0)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch"])
def test_another_number_of_labels(conditional, vectors, method):
    with refused(conditional, ValueError, "64 samples and 63 labels"):
        getattr(conditional, method)(vectors, np.zeros(63, "int32"))


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch"])
def test_no_samples_at_all(gan, vectors, method):
    with refused(gan, ValueError, "one sample or more", "length 0"):
        getattr(gan, method)(vectors[:0])


@pytest.mark.parametrize("dtype", ["object", "str", "complex64", "M8[s]"])
@pytest.mark.parametrize("method", ["fit", "train_on_batch"])
def test_samples_that_are_no_numbers(gan, vectors, method, dtype):
    data = vectors.astype("int64" if dtype == "M8[s]" else dtype)
    data = data.astype(dtype)
    with refused(gan, ValueError, f"dtype {data.dtype}"):
        getattr(gan, method)(data)


@pytest.mark.parametrize(
    "x",
    [None, "samples", 3, [[0.0, 1.0]] * 4, {"x": np.zeros((4, 2))}],
    ids=["None", "text", "number", "list", "dictionary"],
)
@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch"])
def test_what_is_no_array(gan, method, x):
    with refused(gan, TypeError, "`x`", type(x).__name__):
        getattr(gan, method)(x)


def test_labels_beside_a_source(conditional, vectors):
    with refused(conditional, ValueError, "`y`", "None"):
        conditional.fit(Batches(vectors), np.zeros(64, "int32"))


LABELS_OF_NO_CLASS = {
    "too_large": np.full(64, 3),
    "negative": np.full(64, -1),
    "far_too_large": np.full(64, 2**40),
    "half": np.full(64, 0.5),
    "column": np.full((64, 1), 3),
}


@pytest.mark.parametrize(
    "y", LABELS_OF_NO_CLASS.values(), ids=list(LABELS_OF_NO_CLASS)
)
def test_labels_of_no_class(conditional, vectors, y):
    received = f"{y.flat[0]} among"
    for method in ("fit", "train_on_batch", "evaluate"):
        with refused(conditional, ValueError, "from 0 to 2", received):
            getattr(conditional, method)(vectors, y)
    with refused(conditional, ValueError, "from 0 to 2", received):
        conditional.generate(64, conditions=y)


@pytest.mark.parametrize(
    "num_classes, labels",
    [(3, [0, 1, 2]), (3, [0.0, 2.0]), (None, [7, -1])],
    ids=["integers", "floats", "unknown"],
)
def test_labels_of_a_class(num_classes, labels):
    labels_of = Condition(None, (), "int32", num_classes)
    labels_of.check_numbering(np.array(labels))


def test_classes_are_known_from_the_class_logits(vector_pair):
    generator, _ = vector_pair(num_classes=5)
    inputs = keras.Input((2,))
    discriminator = keras.Model(
        inputs,
        {
            "logits": layers.Dense(1)(inputs),
            "class_logits": layers.Dense(3)(inputs),
        },
    )
    gan = kr.RegularizedGAN(generator, discriminator)
    with refused(gan, ValueError, "from 0 to 2", "4 among"):
        gan.generate(2, conditions=4)


def test_labels_that_are_counted_otherwise_are_taken(vectors):
    """A network may change labels before it looks them up."""

    def network(units, size):
        inputs = keras.Input((size,)), keras.Input((1,), dtype="int32")
        looked_up = layers.Embedding(3, 2)(inputs[1] - 1)
        joined = layers.Concatenate()([inputs[0], layers.Flatten()(looked_up)])
        return keras.Model(inputs, layers.Dense(units)(joined))

    gan = kr.RegularizedGAN(network(2, 3), network(1, 2))
    gan.compile()
    logs = gan.train_on_batch(vectors, np.full(64, 3), return_dict=True)
    assert np.isfinite(logs["g_loss"])


@pytest.mark.parametrize(
    "y, error",
    [
        (np.full(64, "cat"), TypeError),
        (np.zeros(64, "complex64"), TypeError),
        ([0] * 63 + [[0, 1]], TypeError),
        ("cat", TypeError),
        ({"y": np.zeros(64)}, ValueError),
        (np.zeros((64, 3)), ValueError),
        (np.array(1), ValueError),
        (1, ValueError),
    ],
    ids=[
        "strings",
        "complex",
        "ragged",
        "text",
        "dictionary",
        "one_hot",
        "scalar",
        "number",
    ],
)
@pytest.mark.parametrize("method", ["fit", "train_on_batch"])
def test_what_are_no_labels(conditional, vectors, method, y, error):
    with refused(conditional, error, "`y`"):
        getattr(conditional, method)(vectors, y)


each_source_of_batches = pytest.mark.parametrize(
    "source", [tf_dataset, Batches, data_loader, generate_batches]
)


@pytest.mark.parametrize(
    "y, error, received",
    [
        (np.zeros((64, 3), "int32"), ValueError, "3)"),
        (np.zeros((64, 2, 1), "int32"), ValueError, "2, 1)"),
        (np.zeros(64, "complex64"), TypeError, "complex64"),
    ],
    ids=["one_hot", "rank", "complex"],
)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
@each_source_of_batches
def test_what_are_no_labels_in_a_source(
    conditional, vectors, source, method, y, error, received
):
    with refused(conditional, error, "`y`", received):
        getattr(conditional, method)(source(vectors, y), verbose=0)


def test_what_is_no_array_in_a_source(gan, vectors):
    batches = (({"x": vectors[start : start + 16]},) for start in (0, 16))
    with refused(gan, TypeError, "`x`", "one array", "dict"):
        gan.fit(batches, verbose=0)


@pytest.mark.parametrize("case", ["shape", "dtype", "labels"])
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_a_data_set_is_checked_before_a_batch_is_drawn(gan, method, case):
    """It says what it has; a first batch may take minutes."""
    tf = pytest.importorskip("tensorflow")

    def draw():
        pytest.fail("A batch was drawn.")
        yield

    x = tf.TensorSpec((None, 3 if case == "shape" else 2), "float32")
    if case == "dtype":
        x = tf.TensorSpec((None, 2), "uint8")
    labels = tf.TensorSpec((None,), "int32")
    data = tf.data.Dataset.from_generator(
        draw, output_signature=(x, labels) if case == "labels" else x
    )
    received = {
        "shape": "(None, 3)",
        "dtype": "dtype uint8",
        "labels": "not conditional",
    }
    with refused(gan, ValueError, received[case]):
        getattr(gan, method)(data, verbose=0)


@pytest.mark.parametrize(
    "shape, label_shape, fits",
    [
        ((None, None), (3,), True),
        ((4, 3), (None,), True),
        ((None, None, 2), (None, 2), True),
        ((None, None, 2), (None, 3), False),
        ((4, 3, 1), (3,), False),
        ((4, 1), (), True),
        ((4,), (1,), True),
        ((4,), (3,), False),
        ((None, None), (3, 2), False),
        ((), (), False),
    ],
    ids=str,
)
def test_shapes_of_labels(shape, label_shape, fits):
    """What a graph does not know may be right."""
    labels = keras.KerasTensor(shape, "int32")
    if fits:
        Condition(None, label_shape).check(labels)
        return
    with pytest.raises(ValueError, match="Expected .* of shape"):
        Condition(None, label_shape).check(labels)


@pytest.mark.parametrize(
    "shape, sample_shape, fits",
    [
        ((None, None, None, 3), (8, 8, 3), True),
        ((4, 8, 8, 3), (None, None, 3), True),
        ((4, 8, 8, 1), (None, None, 3), False),
        ((4, 8, 8), (None, None, 3), False),
    ],
    ids=str,
)
def test_shapes_of_samples(shape, sample_shape, fits):
    samples = keras.KerasTensor(shape, "float32")
    if fits:
        batches.check_samples(samples, sample_shape)
        return
    with pytest.raises(ValueError, match="shape of what the generator makes"):
        batches.check_samples(samples, sample_shape)


def test_labels_in_a_list(conditional, vectors):
    logs = conditional.train_on_batch(vectors, [0, 2] * 32, return_dict=True)
    assert np.isfinite(logs["d_loss"])


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
def test_single_batches(gan, vectors, method):
    with refused(gan, ValueError, "shape (None, 2)", "(64, 1)"):
        getattr(gan, method)(vectors[:, :1])
    with refused(gan, ValueError, "dtype int64"):
        getattr(gan, method)(vectors.astype("int64"))


@pytest.mark.parametrize(
    "validation_data",
    [
        lambda x: x[:, :1],
        lambda x: x.astype("int32"),
        lambda x: (x, np.zeros(64, "int32")),
        lambda x: (x, None, np.ones(64)),
        lambda x: tf_dataset(x[:, :1]),
    ],
    ids=["shape", "integers", "labels", "weights", "tf.data"],
)
def test_validation_data(gan, vectors, validation_data):
    # Not only after an epoch, which may take hours.
    with refused(gan, ValueError):
        gan.fit(vectors, validation_data=validation_data(vectors), verbose=0)


@pytest.mark.parametrize(
    "method, argument, value",
    [
        ("fit", "sample_weight", np.ones(64)),
        ("fit", "class_weight", {0: 1.0}),
        ("evaluate", "sample_weight", np.ones(64)),
        ("train_on_batch", "sample_weight", np.ones(64)),
        ("train_on_batch", "class_weight", {0: 1.0}),
        ("test_on_batch", "sample_weight", np.ones(64)),
    ],
)
def test_weights_of_samples(gan, vectors, method, argument, value):
    with refused(gan, ValueError, f"`{argument}`", "None"):
        getattr(gan, method)(vectors, **{argument: value})


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(tf_dataset, id="tf.data"),
        pytest.param(Batches, id="PyDataset"),
    ],
)
def test_weights_in_a_data_set(conditional, vectors, source):
    data = source(vectors, np.zeros(64, "int32"), np.ones(64, "float32"))
    with refused(conditional, ValueError, "`sample_weight`"):
        conditional.fit(data, verbose=0)


@pytest.mark.parametrize(
    "n, error",
    [(0, ValueError), (-1, ValueError), (2.5, TypeError), ("4", TypeError)],
    ids=str,
)
def test_generate_refuses_a_number(gan, n, error):
    with refused(gan, error, "`n`", f"n={n!r}"):
        gan.generate(n)


@pytest.mark.parametrize(
    "seed, error", [("x", TypeError), (0.5, TypeError), (-1, ValueError)]
)
def test_generate_refuses_a_seed(gan, seed, error):
    with refused(gan, error, "`seed`", f"seed={seed!r}"):
        gan.generate(2, seed=seed)


@pytest.mark.parametrize(
    "labels",
    [[0, 1], np.zeros(5), "cat", ["a", "b", "c"], [[0], [0, 1], [2]], {}],
    ids=["few", "many", "string", "strings", "ragged", "dict"],
)
def test_generate_refuses_labels(conditional, labels):
    with refused(conditional, (TypeError, ValueError), "`conditions`"):
        conditional.generate(3, conditions=labels)


@pytest.mark.parametrize(
    "labels, label_shape, expected",
    [
        (1, (), (2,)),
        ([0, 1], (), (2,)),
        ([[0], [1]], (), (2,)),
        ([0, 1], (1,), (2, 1)),
        (np.zeros((2, 3)), (2, 3), (2, 2, 3)),
        (np.zeros((2, 3)), (None,), (2, 3)),
    ],
)
def test_labels_for_all_samples(labels, label_shape, expected):
    labels_of = Condition(None, label_shape)
    assert labels_of.rows(2, np.asarray(labels)).shape == expected


def test_generate_with_and_without_labels(gan, conditional):
    wrong = "argument `conditions`"
    with refused(gan, ValueError, wrong, "not conditional", "type int"):
        gan.generate(2, conditions=1)
    with refused(
        conditional, ValueError, wrong, "are conditional", "conditions=None"
    ):
        conditional.generate(2)
    with refused(conditional, ValueError, "`conditions`", "(3, 2)"):
        conditional.generate(3, conditions=np.zeros((3, 2)))
    with refused(conditional, ValueError, "`labels.argmax(-1)`"):
        conditional.generate(3, conditions=np.eye(3))


# Anything at all, given for each argument.

fast = settings(max_examples=60, deadline=None, derandomize=True, database=None)
simple = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.fractions(),
    st.decimals(),
    st.text(max_size=8),
    st.binary(max_size=4),
)
anything = st.one_of(
    simple,
    st.lists(simple, max_size=3),
    st.tuples(simple, simple),
    st.dictionaries(st.text(max_size=4), simple, max_size=2),
    st.sampled_from(
        [
            object(),
            int,
            len,
            np.float32(0.5),
            np.float64("nan"),
            np.bool_(True),
            np.array(0.5),
            np.zeros(2),
            np.array(["l1", "l2"]),
            10**400,
            -(10**400),
            fractions.Fraction(10**400),
            {"class_name": "Nothing", "config": {}},
            {"class_name": "Dense", "config": {"units": 1}},
            "auto",
            "l1",
        ]
    ),
)


def is_number(value):
    number = (int, float, fractions.Fraction, np.integer, np.floating)
    return isinstance(value, number) and not isinstance(value, bool)


def is_non_negative(value):
    finite = is_number(value) and 0 <= value <= float(np.finfo("float32").max)
    return finite and float(value) <= 3.402823466e38


def is_positive(value):
    return is_non_negative(value) and value > 0


def is_below_one(value):
    return is_number(value) and 0 <= value < 1


def is_count(value):
    integer = isinstance(value, int | np.integer)
    return integer and not isinstance(value, bool) and 1 <= value < 2**31


def is_seed(value):
    integer = isinstance(value, int) and not isinstance(value, bool)
    return integer and 0 <= value < 2**31 - 3


def is_range(value):
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(is_number(v) and abs(v) <= sys.float_info.max for v in value)
        and value[0] < value[1]
    )


def is_name(value):
    return isinstance(value, str) and re.fullmatch(r"\S+", value)


def is_none_or(valid):
    return lambda value: value is None or valid(value)


def scheduled(**arguments):
    regularizer = kr.regularizers.L1(0.1)
    return kr.penalties.Scheduled(**{"regularizer": regularizer, **arguments})


def only(*kinds):
    return lambda value: isinstance(value, kinds)


_regularizers = kr.regularizers
_penalty = {
    "factor": is_non_negative,
    "interval": is_count,
    "name": is_none_or(is_name),
}
ARGUMENTS = {
    "L1": (_regularizers.L1, {"l1": is_non_negative, "name": is_name}),
    "L2": (_regularizers.L2, {"l2": is_non_negative, "name": is_name}),
    "L1L2": (
        _regularizers.L1L2,
        {"l1": is_non_negative, "l2": is_non_negative, "name": is_name},
    ),
    "PairwiseDistance": (
        _regularizers.PairwiseDistance,
        {
            "factor": is_non_negative,
            "direction": lambda v: v in ("repel", "attract"),
            "distance": lambda v: callable(v) or v in ("l1", "l2"),
            "margin": is_none_or(is_positive),
            "pairing": lambda v: v in ("partner", "all"),
            "name": is_none_or(is_name),
        },
    ),
    "R1": (kr.penalties.R1, _penalty),
    "R2": (kr.penalties.R2, _penalty),
    "Scheduled": (
        scheduled,
        {
            **_penalty,
            "regularizer": only(
                keras.regularizers.Regularizer, kr.penalties.Penalty
            ),
        },
    ),
    "Minimax": (kr.losses.Minimax, {"label_smoothing": is_below_one}),
    "NonSaturating": (
        kr.losses.NonSaturating,
        {"label_smoothing": is_below_one},
    ),
    "RelativisticAverage": (
        kr.losses.RelativisticAverage,
        {"form": lambda v: v in ("logistic", "least_squares", "hinge")},
    ),
    "SampleRegularization": (
        kr.layers.SampleRegularization,
        {"regularizer": only(keras.regularizers.Regularizer)},
    ),
}


def check_anything(build, argument, valid):
    """Asserts that `build` takes what is valid and refuses all else by name."""

    @fast
    @given(value=anything)
    @example(value=10**400)
    @example(value=np.zeros(2))
    @example(value={"class_name": "Nothing", "config": {}})
    def check(value):
        try:
            expected = bool(valid(value))
        except ValueError:  # An array has no truth value.
            expected = False
        try:
            build(**{argument: value})
        except (TypeError, ValueError) as error:
            assert not expected, f"{argument}={value!r} is valid: {error}"
            assert f"`{argument}`" in str(error)
            assert "Expected" in str(error) and "Received" in str(error)
        else:
            assert expected, f"{argument}={value!r} was taken"

    check()


@pytest.mark.parametrize(
    "name, argument",
    [(name, a) for name, (_, checks) in ARGUMENTS.items() for a in checks],
)
def test_anything_for_a_constructor(name, argument):
    build, checks = ARGUMENTS[name]
    check_anything(build, argument, checks[argument])


@pytest.mark.parametrize(
    "argument, valid",
    [
        ("every", is_count),
        ("count", is_count),
        ("at_start", only(bool)),
        ("at_end", only(bool)),
        ("animation", is_none_or(lambda v: v in ("gif", "webp"))),
        ("value_range", is_none_or(is_range)),
        ("seed", is_seed),
    ],
)
def test_anything_for_a_sample_grid(tmp_path, argument, valid):
    def build(**arguments):
        return kr.callbacks.SampleGrid(tmp_path, **arguments)

    check_anything(build, argument, valid)


COMPILE = {
    "generator_optimizer": is_none_or(lambda v: False),
    "discriminator_optimizer": is_none_or(lambda v: False),
    "loss": is_none_or(lambda v: False),
    "generator_regularizers": is_none_or(
        lambda v: isinstance(v, list | tuple) and len(v) == 0
    ),
    "discriminator_regularizers": is_none_or(
        lambda v: isinstance(v, list | tuple) and len(v) == 0
    ),
    "discriminator_steps": is_count,
    "generator_steps": is_count,
    "metrics": is_none_or(
        lambda v: isinstance(v, list | tuple) and len(v) == 0
    ),
    "run_eagerly": only(bool),
    "steps_per_execution": is_count,
    "jit_compile": lambda v: isinstance(v, bool) or v == "auto",
}


@pytest.mark.parametrize("argument", list(COMPILE))
def test_anything_for_compile(gan, argument):
    before = snapshot(gan)[:-1]
    check_anything(gan.compile, argument, COMPILE[argument])
    for old, new in zip(before, snapshot(gan), strict=False):
        if old.shape == new.shape:
            np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "argument, valid",
    [
        ("generator", lambda v: False),
        ("discriminator", lambda v: False),
        ("ema_momentum", is_none_or(is_below_one)),
        ("seed", is_none_or(is_seed)),
    ],
)
def test_anything_for_the_model(vector_pair, argument, valid):
    generator, discriminator = vector_pair()

    def build(**arguments):
        return kr.RegularizedGAN(
            **{
                "generator": generator,
                "discriminator": discriminator,
                **arguments,
            }
        )

    check_anything(build, argument, valid)
