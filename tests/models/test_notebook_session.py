"""An hour at a notebook: cells in any order, and again."""

import gc
import weakref

import keras
import numpy as np
import pytest

import keras_regan as kr


class Stop(keras.callbacks.Callback):
    """Presses Ctrl-C in the middle of an epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            raise KeyboardInterrupt


def cell_networks(vector_pair):
    return kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)


def cell_compile(gan, factor=1e-3):
    gan.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        generator_regularizers=[
            kr.regularizers.L1(factor),
            kr.regularizers.PairwiseDistance(0.1),
        ],
        discriminator_regularizers=[kr.penalties.R1(1.0)],
    )


@pytest.mark.usual_on("tensorflow", "torch")
def test_session(vector_pair, vectors, tmp_path):
    path = str(tmp_path / "gan.keras")

    def cell_fit(gan, *callbacks, epochs=1, **arguments):
        history = gan.fit(
            vectors,
            batch_size=16,
            epochs=epochs,
            verbose=0,
            callbacks=[keras.callbacks.ModelCheckpoint(path), *callbacks],
            **arguments,
        )
        values = np.concatenate(list(history.history.values()))
        assert np.isfinite(values).all()
        return len(history.epoch)

    # Each cell, and each cell again.
    gan = cell_networks(vector_pair)
    cell_compile(gan)
    cell_compile(gan)
    assert cell_fit(gan) == cell_fit(gan) == 1
    # Another factor on the same networks: training goes on with it.
    before = gan.generate(4, seed=0)
    cell_compile(gan, factor=1e-2)
    np.testing.assert_array_equal(gan.generate(4, seed=0), before)
    cell_fit(gan)
    assert np.abs(gan.generate(4, seed=0) - before).max() > 0
    # Ctrl-C, a look, and on.
    with pytest.raises(KeyboardInterrupt):
        cell_fit(gan, Stop(), epochs=5)
    assert np.isfinite(gan.generate(4)).all()
    stopped_at = gan.position
    assert stopped_at[1] == 3
    assert cell_fit(gan, epochs=2, resume=True) >= 1
    assert gan.position == (2, 0)
    # The cell of the networks once more: the old model is gone.
    old = weakref.ref(gan)
    gan = cell_networks(vector_pair)
    gc.collect()
    assert old() is None
    # The kernel is restarted.
    del gan
    keras.backend.clear_session()
    gan = keras.models.load_model(path)
    assert gan.position == (2, 0)
    assert cell_fit(gan, epochs=3, resume=True) == 1
