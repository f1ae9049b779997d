"""A run that stops and goes on is the run that never stopped."""

import pathlib
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan._game.state import SAVED

# What they share is made once.
pytestmark = pytest.mark.xdist_group("resume")
on_torch = pytest.mark.usual_on("torch")
# To the last bit where Keras seeds everything; torch sums in another order.
TOLERANCE = 1e-6 if keras.backend.backend() == "torch" else 0.0

GO_ON = """
import sys
import warnings
import keras
import numpy as np
import keras_regan
data, saved, resumed = sys.argv[1:]
gan = keras.models.load_model(saved)
gan.fit(np.load(data), batch_size=8, epochs=4, shuffle=False, verbose=0,
        resume=True)
gan.save(resumed)
"""


def make(image_pair, **compile_arguments):
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*image_pair(), ema_momentum=0.9, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.RMSprop(
            keras.optimizers.schedules.ExponentialDecay(1e-3, 4, 0.9)
        ),
        loss=kr.losses.Hinge(),
        generator_regularizers=[
            kr.penalties.Scheduled(
                kr.regularizers.PairwiseDistance(0.1),
                keras.optimizers.schedules.PolynomialDecay(1.0, 12, 0.0),
            )
        ],
        discriminator_regularizers=[kr.penalties.R1(1.0, interval=3)],
        discriminator_steps=2,
        **compile_arguments,
    )
    return gan


def everything(gan):
    """All that a step reads: weights, optimizers, random state, counters."""
    variables = {
        **{f"model/{i}": v for i, v in enumerate(gan.variables)},
        **{f"optimizer/{i}": v for i, v in enumerate(gan.optimizer.variables)},
        **{f"own/{k}": v for k, v in gan._state.named(SAVED).items()},
    }
    return {
        f"{key} {variable.path}": ops.convert_to_numpy(variable.value).copy()
        for key, variable in variables.items()
    }


def assert_equal(expected, gan):
    """Compares a GAN with another, or with what was `everything` of one."""
    if isinstance(expected, keras.Model):
        expected = everything(expected)
    found = everything(gan)
    assert [key.split()[0] for key in expected] == [
        key.split()[0] for key in found
    ]
    for (key, value), other in zip(
        expected.items(), found.values(), strict=True
    ):
        np.testing.assert_allclose(
            value.astype("float64"),
            other.astype("float64"),
            rtol=0,
            atol=TOLERANCE,
            err_msg=key,
        )


@pytest.fixture
def new_gan(image_pair, rewound):
    """Returns a GAN as it is before its training, the same each time.

    `make` makes another one.
    """

    def new(seed=7, **compile_arguments):
        return rewound(
            lambda: make(lambda: image_pair(seed), **compile_arguments),
            key=(seed, *compile_arguments.items()),
        )

    return new


@pytest.fixture(scope="module")
def ends():
    """Everything of GANs after their training, by what they were made with."""
    return {}


@pytest.fixture
def trained_to_the_end(new_gan, images, ends):
    """Returns everything of a GAN after a training without a stop."""

    def trained(**arguments):
        key = tuple(arguments.items())
        if key not in ends:
            gan = new_gan(**arguments)
            fit(gan, images, [])
            ends[key] = everything(gan)
        return ends[key]

    return trained


@pytest.fixture
def uninterrupted(trained_to_the_end):
    return trained_to_the_end()


@on_torch
def test_saved_loaded_in_a_new_process_and_gone_on(
    uninterrupted, new_gan, images, tmp_path
):
    gan = new_gan()
    gan.fit(images, batch_size=8, epochs=2, shuffle=False, verbose=0)
    gan.save(tmp_path / "half.keras")
    np.save(tmp_path / "images.npy", images)
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            GO_ON,
            str(tmp_path / "images.npy"),
            str(tmp_path / "half.keras"),
            str(tmp_path / "whole.keras"),
        ],
        capture_output=True,
        text=True,
        cwd=pathlib.Path(__file__).parents[2],
    )
    assert result.returncode == 0, result.stderr
    assert_equal(
        uninterrupted, keras.models.load_model(tmp_path / "whole.keras")
    )


def test_weights_file(uninterrupted, new_gan, image_pair, images, tmp_path):
    gan = new_gan()
    gan.fit(images, batch_size=8, epochs=2, shuffle=False, verbose=0)
    gan.save_weights(tmp_path / "gan.weights.h5")
    keras.utils.set_random_seed(5)
    other = make(image_pair)
    other.fit(images[:8], batch_size=8, verbose=0)
    other.load_weights(tmp_path / "gan.weights.h5")
    other.fit(
        images, batch_size=8, epochs=4, shuffle=False, verbose=0, resume=True
    )
    assert_equal(uninterrupted, other)


def test_backup_and_restore(
    uninterrupted, new_gan, image_pair, images, tmp_path
):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    with pytest.raises(KeyboardInterrupt):
        new_gan().fit(
            images,
            batch_size=8,
            epochs=4,
            shuffle=False,
            verbose=0,
            callbacks=[backup(), Stop()],
        )
    gan = make(image_pair)
    history = gan.fit(
        images,
        batch_size=8,
        epochs=4,
        shuffle=False,
        verbose=0,
        callbacks=[backup()],
    )
    assert history.epoch == [2, 3]
    assert_equal(uninterrupted, gan)


def test_loaded_model_keeps_how_it_was_compiled(image_pair, images, tmp_path):
    gan = make(image_pair)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.get_compile_config() == gan.get_compile_config()
    assert_equal(gan, loaded)


def test_uncompiled_model_can_be_saved(image_pair, tmp_path):
    gan = kr.RegularizedGAN(*image_pair(), ema_momentum=0.9, seed=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert not loaded.compiled
    assert np.array_equal(gan.generate(2, seed=0), loaded.generate(2, seed=0))


class StopAt(keras.callbacks.Callback):
    """Interrupts a training after a batch of an epoch, counted from 0."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.at = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise KeyboardInterrupt


def fit(gan, data, callbacks, **arguments):
    arguments = {"batch_size": 8, **arguments}
    return gan.fit(
        data,
        epochs=4,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
        **arguments,
    )


@pytest.mark.parametrize(
    ("at", "note"),
    [
        pytest.param((0, 2), "written", marks=on_torch),
        ((1, 0), "written"),
        pytest.param((1, 3), "written", marks=on_torch),
        pytest.param((2, 1), "written", marks=on_torch),
        pytest.param((2, 1), "older", marks=on_torch),
        ((2, 1), "missing"),
    ],
)
def test_backup_in_the_middle_of_an_epoch(
    uninterrupted, new_gan, images, tmp_path, at, note
):
    """A kill may come between Keras's two files: weights, then the note."""

    def backup(save_freq):
        return keras.callbacks.BackupAndRestore(tmp_path, save_freq=save_freq)

    with pytest.raises(KeyboardInterrupt):
        fit(new_gan(), images, [backup(1), StopAt(*at)])
    noted = tmp_path / "training_metadata.json"
    if note == "older":
        noted.write_text('{"epoch": 1, "batch": 3}')
    if note == "missing":
        noted.unlink()
    gan = new_gan()
    batches = []
    # Nothing will stop it again.
    history = fit(gan, images, [backup(99), Counted(batches)])
    assert history.epoch[0] == at[0]
    assert batches[:4] == [0, 1, 2, 3]
    assert_equal(uninterrupted, gan)


@pytest.mark.parametrize(
    "at",
    [
        (1, 1),
        pytest.param((1, 3), marks=on_torch),
        pytest.param((2, 0), marks=on_torch),
    ],
)
def test_dropout_without_a_seed(
    trained_to_the_end, new_gan, images, tmp_path, at
):
    """On PyTorch it draws from what all code shares."""
    whole = trained_to_the_end(seed=None)
    frequency = "epoch" if at[1] == 0 else 1
    backup = keras.callbacks.BackupAndRestore(tmp_path, save_freq=frequency)
    with pytest.raises(KeyboardInterrupt):
        fit(new_gan(seed=None), images, [backup, StopAt(*at)])
    gan = new_gan(seed=None)
    ops.convert_to_numpy(keras.random.dropout(ops.ones((9, 9)), 0.5))
    backup = keras.callbacks.BackupAndRestore(tmp_path, save_freq=99)
    fit(gan, images, [backup])
    assert_equal(whole, gan)


def test_loading_alone_disturbs_nothing(image_pair, images, tmp_path):
    gan = make(lambda: image_pair(seed=None))
    gan.save(tmp_path / "gan.keras")
    samples = ops.ones((9, 9))
    keras.utils.set_random_seed(1)
    first = [keras.random.dropout(samples, 0.5) for _ in range(2)]
    keras.utils.set_random_seed(1)
    second = [keras.random.dropout(samples, 0.5)]
    keras.models.load_model(tmp_path / "gan.keras")
    second.append(keras.random.dropout(samples, 0.5))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(one), ops.convert_to_numpy(other)
        )


class Counted(keras.callbacks.Callback):
    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(batch)


def test_checkpoint_in_the_middle_of_an_epoch(
    uninterrupted, new_gan, images, tmp_path
):
    path = tmp_path / "gan.keras"
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_freq=3)
    with pytest.raises(KeyboardInterrupt):
        fit(new_gan(), images, [checkpoint, StopAt(1, 3)])
    gan = keras.models.load_model(path)
    assert gan.position == (1, 2)
    fit(gan, images, [], resume=True)
    assert gan.position == (4, 0)
    assert_equal(uninterrupted, gan)


def test_resume_before_and_after_everything_was_trained(
    uninterrupted, new_gan, images
):
    gan = new_gan()
    assert fit(gan, images, [], resume=True).epoch == [0, 1, 2, 3]
    assert_equal(uninterrupted, gan)
    with pytest.warns(
        UserWarning, match="had 4 epochs.*`epochs=4` trains noth"
    ):
        assert fit(gan, images, [], resume=True).epoch == []
    assert_equal(uninterrupted, gan)


def test_a_checkpoint_at_the_very_end_of_an_epoch(
    uninterrupted, new_gan, images, tmp_path
):
    path = tmp_path / "gan.keras"
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_freq=4)
    with pytest.raises(KeyboardInterrupt):
        fit(new_gan(), images, [checkpoint, StopAt(2, 0)])
    gan = new_gan()
    gan.load_weights(path)
    assert gan.position == (1, 4)
    fit(gan, images, [], resume=True)
    assert_equal(uninterrupted, gan)


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="not in Keras on PyTorch"
)
def test_several_steps_at_once(trained_to_the_end, new_gan, images, tmp_path):
    whole = trained_to_the_end(steps_per_execution=2)
    path = tmp_path / "gan.keras"
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_freq=2)
    with pytest.raises(KeyboardInterrupt):
        fit(
            new_gan(steps_per_execution=2),
            images,
            [checkpoint, StopAt(1, 1)],
        )
    gan = new_gan(steps_per_execution=2)
    gan.load_weights(path)
    assert gan.position == (1, 2)
    fit(gan, images, [], resume=True)
    assert_equal(whole, gan)


def endless(images):
    """Batches that never repeat."""
    index = 0
    while True:
        yield (np.roll(images, index, axis=1)[:8],)
        index += 1


def test_epochs_of_a_stream(new_gan, images, tmp_path):
    whole = new_gan()
    fit(whole, endless(images), [], batch_size=None, steps_per_epoch=3)
    whole = everything(whole)
    path = tmp_path / "gan.keras"
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_freq=1)
    with pytest.raises(KeyboardInterrupt):
        fit(
            new_gan(),
            endless(images),
            [checkpoint, StopAt(2, 1)],
            batch_size=None,
            steps_per_epoch=3,
        )
    gan = new_gan()
    gan.load_weights(path)

    def go_on():
        fit(
            gan,
            endless(images),
            [],
            batch_size=None,
            steps_per_epoch=3,
            resume=True,
        )

    if keras.backend.backend() == "torch":
        with pytest.warns(UserWarning, match="6 batches of earlier epochs"):
            go_on()
        return
    go_on()
    assert_equal(whole, gan)


def test_epochs_that_are_parts_of_the_data(new_gan, images, tmp_path):
    """Four batches in epochs of three: 3, 1, 3, 1."""
    if keras.backend.backend() == "torch":
        pytest.skip("not in Keras on PyTorch")

    def go(gan, callbacks, **arguments):
        fit(gan, images, callbacks, steps_per_epoch=3, **arguments)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras, of the short epochs.
        whole = new_gan()
        go(whole, [])
        whole = everything(whole)
        path = tmp_path / "gan.keras"
        checkpoint = keras.callbacks.ModelCheckpoint(path, save_freq=1)
        with pytest.raises(KeyboardInterrupt):
            go(new_gan(), [checkpoint, StopAt(3, 0)])
        gan = new_gan()
        gan.load_weights(path)
        go(gan, [], resume=True)
    assert_equal(whole, gan)


def test_a_second_fit_begins_at_the_beginning(new_gan, images, tmp_path):
    """Keras would begin it where the first one was resumed."""
    with pytest.raises(KeyboardInterrupt):
        fit(
            new_gan(),
            images,
            [keras.callbacks.BackupAndRestore(tmp_path), StopAt(3, 0)],
        )
    gan = new_gan()
    first = fit(gan, images, [keras.callbacks.BackupAndRestore(tmp_path)])
    assert first.epoch == [3]
    assert fit(gan, images, []).epoch == [0, 1, 2, 3]


def test_interrupted_while_batches_are_passed_over(new_gan, images):
    gan = new_gan()
    with pytest.raises(KeyboardInterrupt):
        fit(gan, images, [StopAt(0, 2)])
    with pytest.raises(KeyboardInterrupt):
        fit(gan, images, [StopAt(0, 0)], resume=True)
    assert gan.position == (0, 3)
    updates = gan.optimizer.generator_optimizer.iterations
    before = int(ops.convert_to_numpy(updates.value))
    fit(gan, images, [])
    assert int(ops.convert_to_numpy(updates.value)) == before + 4 * 4


def test_stopped_in_the_middle_of_an_epoch(new_gan, images):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    gan = new_gan()
    fit(gan, images, [Stop()])
    assert gan.position == (0, 2)
    gan = new_gan()
    fit(gan, images, [keras.callbacks.EarlyStopping("d_loss", mode="max")])
    assert gan.position[1] == 0


def test_a_list_of_callbacks_of_kerass_own_kind(new_gan, images):
    gan = new_gan()
    callbacks = keras.callbacks.CallbackList(
        [], add_history=True, model=gan, epochs=4, steps=4
    )
    for _ in range(2):
        fit(gan, images, callbacks)
        assert gan.position == (4, 0)
        assert len(callbacks.callbacks) == 4  # One of Keras's, three of ours.


def test_bad_arguments(new_gan, images):
    gan = new_gan()
    with pytest.raises(TypeError, match="`resume`. Expected a boolean"):
        fit(gan, images, [], resume="latest")
    with pytest.raises(ValueError, match="`initial_epoch`.*initial_epoch=2"):
        fit(gan, images, [], resume=True, initial_epoch=2)
