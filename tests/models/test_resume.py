"""A run that stops and goes on is the run that never stopped."""

import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

# To the last bit where Keras seeds everything; torch sums in another order.
TOLERANCE = 1e-6 if keras.backend.backend() == "torch" else 0.0

GO_ON = """
import sys
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
    return {
        **{f"model/{i}": v for i, v in enumerate(gan.variables)},
        **{f"optimizer/{i}": v for i, v in enumerate(gan.optimizer.variables)},
        **{f"own/{k}": v for k, v in gan._own_state().items()},
    }


def assert_equal(first, second):
    first, second = everything(first), everything(second)
    assert first.keys() == second.keys()
    for key, variable in first.items():
        np.testing.assert_allclose(
            ops.convert_to_numpy(variable.value).astype("float64"),
            ops.convert_to_numpy(second[key].value).astype("float64"),
            rtol=0,
            atol=TOLERANCE,
            err_msg=f"{key} {variable.path}",
        )


@pytest.fixture
def uninterrupted(image_pair, images):
    gan = make(image_pair)
    gan.fit(images, batch_size=8, epochs=4, shuffle=False, verbose=0)
    return gan


def test_saved_loaded_in_a_new_process_and_gone_on(
    uninterrupted, image_pair, images, tmp_path
):
    gan = make(image_pair)
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


def test_weights_file(uninterrupted, image_pair, images, tmp_path):
    gan = make(image_pair)
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


def test_backup_and_restore(uninterrupted, image_pair, images, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    gan = make(image_pair)
    with pytest.raises(KeyboardInterrupt):
        gan.fit(
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
