"""Batches with NaN or infinity change nothing, and are named."""

import warnings

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

pytestmark = pytest.mark.xdist_group("nonfinite_batches")
SIZE = 4


def adam():
    return keras.optimizers.Adam(1e-3)


def momentum():
    return keras.optimizers.SGD(0.05, momentum=0.9)


def make(pair, optimizer=adam, **arguments):
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*pair(), ema_momentum=0.9, seed=0)
    gan.compile(
        generator_optimizer=optimizer(),
        discriminator_optimizer=optimizer(),
        discriminator_regularizers=[
            kr.penalties.LeCam(0.1),
            kr.penalties.R1(1.0, interval=2),
        ],
        augmentation=kr.augmentations.AdaptiveAugmentation(
            [kr.augmentations.HorizontalFlip()],
            interval=1,
            adjustment_images=50,
        ),
        **arguments,
    )
    return gan


def values(gan):
    return [ops.convert_to_numpy(v.value).copy() for v in gan.trained_variables]


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def new_gan(image_pair, rewound):
    """Returns a GAN before its first step, the same for the same arguments."""

    def new(optimizer=adam, **arguments):
        return rewound(
            lambda: make(image_pair, optimizer, **arguments),
            key=(optimizer, *arguments.items()),
        )

    return new


@pytest.fixture
def broken(images):
    """Eight batches of which the third and the sixth cannot be used."""
    broken = images.copy()
    broken[2 * SIZE + 1, 3, 3, 0] = np.nan
    broken[5 * SIZE, 0, 0, 0] = np.inf
    return broken


def fit(gan, data, **arguments):
    return gan.fit(data, batch_size=SIZE, shuffle=False, verbose=0, **arguments)


@pytest.mark.parametrize(
    "modes", [{}, {"run_eagerly": True}, {"steps_per_execution": 4}]
)
def test_the_first_one_ends_the_training(
    new_gan, images, broken, modes, backend
):
    if backend == "torch" and modes.get("steps_per_execution"):
        pytest.skip("Keras has no steps_per_execution on PyTorch")
    gan = new_gan(**modes)
    fit(gan, images[: 2 * SIZE])
    expected = values(gan)
    gan = new_gan(**modes)
    with pytest.raises(
        ValueError, match="NaN or infinity in batch 2 of epoch 0"
    ):
        fit(gan, broken)
    assert_same(expected, values(gan))


def test_the_epoch_is_named(new_gan, images):
    class Data(keras.utils.PyDataset):
        epoch = 0

        def __len__(self):
            return 3

        def __getitem__(self, index):
            batch = images[index * SIZE : (index + 1) * SIZE].copy()
            if self.epoch == 1 and index == 1:
                batch[:] = np.nan
            return batch

        def on_epoch_end(self):
            self.epoch += 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras calls the hook at the start.
        data = Data()
        data.epoch = -1
        with pytest.raises(ValueError, match="in batch 1 of epoch 1"):
            new_gan().fit(data, epochs=3, shuffle=False, verbose=0)


def test_found_long_before_the_end_of_the_epoch(new_gan, images):
    gan = new_gan()
    data = np.tile(images, (7 * 7, 1, 1, 1))[: 350 * SIZE]
    data[3 * SIZE] = np.nan
    last = []
    count = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: last.append(batch)
    )
    with pytest.raises(ValueError, match="in batch 3 of epoch 0"):
        fit(gan, data, callbacks=[count])
    assert last[-1] == 99


def test_no_callback_saves_an_epoch_that_was_given_up(
    new_gan, broken, tmp_path
):
    gan = new_gan()
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "gan.keras")
    with pytest.raises(ValueError, match="NaN or infinity"):
        fit(gan, broken, callbacks=[checkpoint])
    assert not list(tmp_path.iterdir())
    assert gan.position == (0, 8)


def test_the_model_can_go_on(new_gan, images, broken):
    gan = new_gan()
    with pytest.raises(ValueError, match="NaN or infinity"):
        fit(gan, broken)
    before = values(gan)
    history = fit(gan, images).history
    assert np.isfinite([history["d_loss"], history["g_loss"]]).all()
    assert not np.array_equal(before[0], values(gan)[0])


def test_one_batch(new_gan, images, broken):
    gan = new_gan()
    before = values(gan)
    with pytest.raises(ValueError, match="Received: NaN or infinity"):
        gan.train_on_batch(broken)
    assert_same(before, values(gan))
    gan.train_on_batch(images)


def test_as_on_a_gpu_with_jax(image_pair, images, broken, backend, monkeypatch):
    """JAX chooses between new and old values in another form there."""
    if backend != "jax":
        pytest.skip("Other backends have one form")
    monkeypatch.setattr("keras_regan._backend.jax._on_a_cpu", lambda: False)
    gan = make(image_pair)
    before = values(gan)
    with pytest.raises(ValueError, match="Received: NaN or infinity"):
        gan.train_on_batch(broken)
    assert_same(before, values(gan))
    gan.train_on_batch(images)
    assert not np.array_equal(before[0], values(gan)[0])
