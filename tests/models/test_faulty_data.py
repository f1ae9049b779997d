"""A data set that breaks or is empty costs the model nothing."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation",
        "ignore:`shuffle=True` was passed",
        "ignore:Your input ran out of data",
    ),
    pytest.mark.xdist_group("faulty_data"),
]
BATCHES = 6


class BrokenFileError(Exception):
    pass


def read(index, broken):
    """One batch of the sources, which breaks at one of them."""
    if index == broken:
        raise BrokenFileError(f"broken file {broken}")
    random = np.random.default_rng(index)
    return random.normal(size=(4, 2)).astype("float32")


def as_generator(broken):
    for index in range(BATCHES):
        yield (read(index, broken),)


def as_py_dataset(broken):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return BATCHES

        def __getitem__(self, index):
            return read(index, broken)

    return Batches()


def as_tf_dataset(broken):
    tf = pytest.importorskip("tensorflow")

    def batches():
        for index in range(BATCHES):
            yield read(index, broken)

    return tf.data.Dataset.from_generator(
        batches, output_signature=tf.TensorSpec((None, 2), "float32")
    )


def as_data_loader(broken):
    torch = pytest.importorskip("torch")

    class Rows(torch.utils.data.Dataset):
        def __len__(self):
            return BATCHES * 4

        def __getitem__(self, index):
            return (read(index // 4, broken)[index % 4],)

    return torch.utils.data.DataLoader(Rows(), batch_size=4)


each_source = pytest.mark.parametrize(
    "source",
    [as_generator, as_py_dataset, as_tf_dataset, as_data_loader],
    ids=["generator", "PyDataset", "tf.data", "DataLoader"],
)


@pytest.fixture
def new_gan(vector_pair, backend):
    """A GAN that nothing was traced of."""
    gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
    gan.compile(
        discriminator_regularizers=[kr.penalties.R1(1.0, interval=2)],
        jit_compile=backend == "jax",
    )
    return gan


@pytest.fixture
def gan(rewound, request):
    """Such a GAN before its first step, the same for each test."""
    return rewound(lambda: request.getfixturevalue("new_gan"))


def number(variable):
    return int(ops.convert_to_numpy(variable.value))


def steps(gan):
    """How many steps it has had, which all counters agree on."""
    counters = [optimizer.iterations for optimizer in gan.optimizer.optimizers]
    counters += [player.step for player in gan._game.players]
    (count,) = {number(counter) for counter in counters}
    return count


def values(gan):
    return [ops.convert_to_numpy(v.value) for v in gan.trained_variables]


def assert_usable(gan, directory):
    assert all(np.isfinite(value).all() for value in values(gan))
    count = steps(gan)
    gan.save(directory / "gan.keras")
    loaded = keras.models.load_model(directory / "gan.keras")
    assert np.array_equal(loaded.generate(2, seed=0), gan.generate(2, seed=0))
    history = gan.fit(as_py_dataset(None), verbose=0).history
    assert np.isfinite(history["d_loss"] + history["g_loss"]).all()
    assert steps(gan) == count + BATCHES


@each_source
def test_breaks_at_once_then_in_the_middle_then_in_validation(
    gan, source, tmp_path
):
    before = values(gan)
    with pytest.raises(Exception, match="broken file 0"):
        gan.fit(source(broken=0), shuffle=False, verbose=0)
    for old, new in zip(before, values(gan), strict=True):
        np.testing.assert_array_equal(old, new)
    with pytest.raises(Exception, match="broken file 4"):
        gan.fit(source(broken=4), epochs=2, shuffle=False, verbose=0)
    # Keras may read ahead, and never trains on half of what it has read.
    count = steps(gan)
    assert 0 < count <= 4
    with pytest.raises(Exception, match="broken file 4"):
        gan.fit(
            as_py_dataset(None),
            validation_data=source(broken=4),
            epochs=2,
            verbose=0,
        )
    assert steps(gan) == count + BATCHES
    assert_usable(gan, tmp_path)


@each_source
def test_own_exception_arrives(gan, source, backend):
    if source is as_tf_dataset or (
        backend == "tensorflow" and source is not as_generator
    ):
        pytest.skip("TensorFlow tells the exception in a text of its own")
    with pytest.raises(BrokenFileError):
        gan.fit(source(broken=0), verbose=0)


def test_breaks_in_the_second_epoch(gan, tmp_path):
    """The first step of an epoch is what JAX begins without variables."""

    class Batches(keras.utils.PyDataset):
        epoch = 0

        def __len__(self):
            return BATCHES

        def on_epoch_end(self):
            self.epoch += 1

        def __getitem__(self, index):
            return read(index, None if self.epoch < broken_epoch else 0)

    class Remember(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            # What a callback changes there counts as well.
            self.model.optimizer.generator_optimizer.learning_rate = 0.125
            self.values = values(self.model)

    broken_epoch = 2  # Keras counts one before it begins.
    remember = Remember()
    with pytest.raises(Exception, match="broken file"):
        gan.fit(
            Batches(),
            validation_data=as_py_dataset(None),
            epochs=4,
            verbose=0,
            callbacks=[remember],
        )
    assert steps(gan) >= BATCHES
    rate = gan.optimizer.generator_optimizer.learning_rate
    assert float(ops.convert_to_numpy(rate)) == 0.125
    if steps(gan) == BATCHES:
        for old, new in zip(remember.values, values(gan), strict=True):
            np.testing.assert_array_equal(old, new)
    assert_usable(gan, tmp_path)


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="not in Keras on PyTorch"
)
@pytest.mark.parametrize("source", [as_generator, as_py_dataset])
def test_breaks_within_an_execution_of_several_steps(
    vector_pair, source, tmp_path, rewound
):
    def make():
        gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
        gan.compile(steps_per_execution=3)
        return gan

    gan = rewound(make, key="several steps")
    with pytest.raises(Exception, match="broken file 4"):
        gan.fit(source(broken=4), verbose=0)
    assert steps(gan) <= 4
    assert_usable(gan, tmp_path)


@pytest.mark.parametrize("source", [as_generator, as_tf_dataset])
def test_unknown_size_counts_no_step_too_many(gan, source):
    gan.fit(source(broken=None), epochs=1, verbose=0)
    assert steps(gan) == BATCHES


def empty_array():
    return np.zeros((0, 2), "float32")


def empty_py_dataset():
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 0

        def __getitem__(self, index):
            raise IndexError(index)

    return Batches()


def empty_generator():
    yield from ()


def empty_tf_dataset():
    tf = pytest.importorskip("tensorflow")
    rows = np.zeros((0, 2), "float32")
    return tf.data.Dataset.from_tensor_slices(rows).batch(4)


def empty_tf_dataset_of_unknown_size():
    return as_tf_dataset(None).filter(lambda batch: False)


def empty_data_loader():
    torch = pytest.importorskip("torch")
    rows = torch.utils.data.TensorDataset(torch.zeros((0, 2)))
    return torch.utils.data.DataLoader(rows)


@pytest.mark.parametrize(
    "source",
    [
        empty_array,
        empty_py_dataset,
        empty_tf_dataset,
        empty_data_loader,
    ],
)
def test_known_to_be_empty(new_gan, source):
    gan = new_gan
    for arguments, name in (
        ({"x": source()}, "x"),
        (
            {"x": as_py_dataset(None), "validation_data": source()},
            "validation_data",
        ),
    ):
        message = f"`{name}`. Expected one sample or more. Received: .* 0"
        with pytest.raises(ValueError, match=message):
            gan.fit(verbose=0, **arguments)
    with pytest.raises(ValueError, match="`x`. Expected one sample or more"):
        gan.evaluate(source(), verbose=0)
    assert gan.train_function is None
    assert steps(gan) == 0


@pytest.mark.parametrize(
    "source, expected",
    [
        (empty_generator, "generator"),
        (empty_tf_dataset_of_unknown_size, "`x`. Expected one batch or more"),
    ],
)
def test_turns_out_to_be_empty(gan, source, expected, tmp_path):
    with pytest.raises(ValueError, match=expected):
        gan.fit(source(), verbose=0)
    assert steps(gan) == 0
    assert_usable(gan, tmp_path)


def test_batches_of_many_sizes(vector_pair, backend):
    runs = []

    class Counting(kr.RegularizedGAN):
        def _train(self, data):
            runs.append(len(data) if backend == "torch" else None)
            return super()._train(data)

    def fit(sizes, run_eagerly):
        keras.utils.set_random_seed(0)
        gan = Counting(*vector_pair(), seed=0)
        gan.compile(
            generator_regularizers=[kr.regularizers.PairwiseDistance(0.1)],
            discriminator_regularizers=[kr.penalties.R1(1.0)],
            run_eagerly=run_eagerly,
        )
        batches = [read(i, None)[:1].repeat(n, 0) for i, n in enumerate(sizes)]
        gan.fit(((b,) for b in batches), verbose=0)
        return gan

    sizes = [16, 5, 1, 16, 3, 5]
    gan = fit(sizes, run_eagerly=False)
    if backend == "tensorflow":
        assert len(runs) <= 3
    elif backend == "jax":
        # One program for each size is how JAX works.
        assert len(runs) <= len(set(sizes)) + 1
    eager = fit(sizes, run_eagerly=True)
    for a, b in zip(values(gan), values(eager), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def generator_of(batches):
    return ((batch,) for batch in batches)


def py_dataset_of(batches):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return len(batches)

        def __getitem__(self, index):
            return batches[index]

    return Batches()


def tf_dataset_of(batches):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_generator(
        lambda: iter(batches),
        output_signature=tf.TensorSpec((None, 2), "float32"),
    )


def with_empty_ones(batches):
    """The same batches, and one without samples at each end and between."""
    empty = np.zeros((0, 2), "float32")
    mixed = [empty]
    for batch in batches:
        mixed += [batch, empty]
    return mixed


each_source_of_batches = pytest.mark.parametrize(
    "source",
    [generator_of, py_dataset_of, tf_dataset_of],
    ids=["generator", "PyDataset", "tf.data"],
)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="the others know the size of a batch before they run a step",
)
@pytest.mark.parametrize("source", [generator_of, py_dataset_of, tf_dataset_of])
def test_batches_without_samples_change_nothing(vector_pair, source, rewound):
    def make():
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
        gan.compile(
            generator_regularizers=[kr.regularizers.L1(1e-2)],
            discriminator_regularizers=[
                kr.penalties.R1(1.0, interval=2),
                kr.penalties.LeCam(0.1),
            ],
            augmentation=kr.augmentations.AdaptiveAugmentation(
                [kr.augmentations.InstanceNoise(0.1)], initial_probability=0.5
            ),
            metrics=[
                keras.metrics.MeanSquaredError(),
                kr.metrics.ModeCoverage(kr.datasets.gaussian_ring()),
            ],
        )
        return gan

    def trained(batches, judged):
        gan = rewound(make, key="empty ones between")
        history = gan.fit(
            source(batches),
            validation_data=source(judged),
            shuffle=False,
            verbose=0,
        )
        return gan, history.history

    batches = [read(index, None) for index in range(3)]
    gan, expected_logs = trained(batches, batches[:2])
    expected = values(gan)
    gan, logs = trained(with_empty_ones(batches), with_empty_ones(batches[:2]))
    assert steps(gan) == 3
    assert logs == expected_logs
    assert all(np.isfinite(value).all() for value in logs.values())
    for old, new in zip(expected, values(gan), strict=True):
        np.testing.assert_array_equal(old, new)


@each_source_of_batches
def test_nothing_but_batches_without_samples(vector_pair, source, rewound):
    def make():
        gan = kr.RegularizedGAN(*vector_pair(), seed=0)
        gan.compile()
        return gan

    gan = rewound(make, key="plain")
    batches = [read(0, None)] * 2
    gan.fit(source(batches), verbose=0)
    before = values(gan)
    empty = [np.zeros((0, 2), "float32")] * 2
    with pytest.raises(ValueError, match="empty|sample"):
        gan.fit(source(empty), verbose=0)
    if keras.backend.backend() == "tensorflow":
        for old, new in zip(before, values(gan), strict=True):
            np.testing.assert_array_equal(old, new)


@each_source_of_batches
def test_batches_without_samples_where_sizes_are_known(
    vector_pair, source, backend, rewound
):
    """They are refused, with what was trained before them kept."""

    def make():
        gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
        gan.compile(run_eagerly=backend == "tensorflow")
        return gan

    gan = rewound(make, key="sizes are known")
    batches = [read(index, None) for index in range(3)]
    empty = np.zeros((0, 2), "float32")
    with pytest.raises(ValueError, match="The data is empty. .* shape"):
        data = source([*batches, empty, *batches])
        gan.fit(data, shuffle=False, verbose=0)
    assert steps(gan) == 3
    with pytest.raises(ValueError, match="The data is empty. .* shape"):
        gan.evaluate(source([*batches, empty]), verbose=0)
    assert all(np.isfinite(value).all() for value in values(gan))


@pytest.mark.host("torch")
def test_later_batches_of_another_form_are_refused(vector_pair):
    """What fits is known from the first batch, and nothing else passes."""
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile()
    good = read(0, None)
    for wrong, text in (
        (((good * 100).astype("int32"),), "must be floats"),
        ((good, np.zeros(4, "int32")), "not conditional"),
        ((np.zeros((4, 3), "float32"),), "does not have the shape"),
    ):
        with pytest.raises(ValueError, match=text):
            batches = [(good,), (good,), wrong]
            gan.fit((batch for batch in batches), verbose=0)
    assert steps(gan) == 6
