"""Keras's own callbacks reach both networks and both optimizers."""

import csv

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan._fitting.two_losses import for_two_losses

pytestmark = pytest.mark.xdist_group("keras_callbacks")


@pytest.fixture
def gan(vector_pair, rewound):
    """A GAN before its first step, the same for each test."""

    def make():
        gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
        gan.compile(
            generator_optimizer=keras.optimizers.Adam(1e-3),
            discriminator_optimizer=keras.optimizers.Adam(4e-3),
            generator_regularizers=[kr.regularizers.L2(1e-3)],
            discriminator_regularizers=[kr.penalties.R1(1.0)],
        )
        return gan

    return rewound(make)


def learning_rates(gan):
    return [
        float(ops.convert_to_numpy(optimizer.learning_rate))
        for optimizer in gan.optimizer.optimizers
    ]


def test_learning_rate_scheduler(gan, vectors):
    scheduler = keras.callbacks.LearningRateScheduler(
        lambda epoch, rate: rate / 2
    )
    history = gan.fit(vectors, epochs=2, verbose=0, callbacks=[scheduler])
    np.testing.assert_allclose(learning_rates(gan), [2.5e-4, 1e-3], rtol=1e-6)
    logged = [k for k in history.history if k.startswith("learning_rate")]
    assert len(logged) == 2


def test_reduce_learning_rate_on_plateau(gan, vectors):
    reducer = keras.callbacks.ReduceLROnPlateau(
        monitor="val_d_loss",
        mode="min",
        factor=0.1,
        patience=1,
        min_delta=100.0,
    )
    gan.fit(
        vectors,
        validation_data=vectors,
        epochs=3,
        verbose=0,
        callbacks=[reducer],
    )
    np.testing.assert_allclose(learning_rates(gan), [1e-5, 4e-5], rtol=1e-5)


def test_early_stopping_restores_all_weights(gan, vectors):
    stopper = keras.callbacks.EarlyStopping(
        monitor="val_g_loss",
        mode="min",
        min_delta=100.0,
        patience=1,
        restore_best_weights=True,
    )
    best = []
    recorder = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: best.append(gan.get_weights())
    )
    history = gan.fit(
        vectors,
        validation_data=vectors,
        epochs=5,
        verbose=0,
        callbacks=[recorder, stopper],
    )
    assert len(history.epoch) == 2
    for got, expected in zip(gan.get_weights(), best[0], strict=True):
        np.testing.assert_array_equal(got, expected)


def test_model_checkpoint_of_the_best(gan, vectors, tmp_path):
    file = tmp_path / "best.keras"
    checkpoint = keras.callbacks.ModelCheckpoint(
        file, monitor="val_d_loss", save_best_only=True, mode="min"
    )
    history = gan.fit(
        vectors,
        validation_data=vectors,
        epochs=3,
        verbose=0,
        callbacks=[checkpoint],
    ).history
    loaded = keras.models.load_model(file)
    np.testing.assert_allclose(
        loaded.evaluate(vectors, verbose=0, return_dict=True)["d_loss"],
        min(history["val_d_loss"]),
        rtol=1e-5,
    )


@pytest.mark.parametrize("raise_error", [False, True])
def test_terminate_on_nan(gan, vectors, raise_error):
    poison = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: gan.generator.layers[-2].bias.assign(
            [np.nan if epoch else 0.0] * 2
        )
    )
    terminate = keras.callbacks.TerminateOnNaN(raise_error=raise_error)

    def train():
        return gan.fit(
            vectors, epochs=4, verbose=0, callbacks=[poison, terminate]
        )

    if raise_error:
        with pytest.raises(RuntimeError, match="NaN or Inf loss"):
            train()
    else:
        assert len(train().epoch) == 2


@pytest.mark.parametrize(
    "callback",
    [
        keras.callbacks.EarlyStopping(),
        keras.callbacks.EarlyStopping("loss"),
        keras.callbacks.ReduceLROnPlateau(),
        keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True),
    ],
)
def test_monitors_of_the_one_loss_are_told_what_to_write(
    gan, vectors, callback
):
    with pytest.raises(ValueError, match="of `[A-Z]") as raised:
        gan.fit(vectors, verbose=0, callbacks=[[callback]])
    text = str(raised.value)
    assert f"of `{type(callback).__name__}`" in text
    assert "`monitor='val_d_loss', mode='min'`" in text
    right = "d_real_accuracy, d_fake_accuracy"
    assert f"d_loss, d_r1, {right}, g_loss, g_l2," in text
    assert f"monitor='{callback.monitor}'" in text


def test_a_subclass_may_log_the_one_loss(vectors, vector_pair):
    class Logging(kr.RegularizedGAN):
        @property
        def metrics(self):
            return [*super().metrics, keras.metrics.Mean(name="loss")]

    gan = Logging(*vector_pair())
    gan.compile()
    stopping = keras.callbacks.EarlyStopping("loss")
    assert for_two_losses([stopping], [m.name for m in gan.metrics]) == []


def test_a_checkpoint_of_every_epoch_monitors_nothing():
    checkpoint = keras.callbacks.ModelCheckpoint("gan.keras")
    assert for_two_losses([checkpoint], ["d_loss"]) == []


def test_csv_logger(gan, vectors, tmp_path):
    logger = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    history = gan.fit(vectors, epochs=2, verbose=0, callbacks=[logger]).history
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for key in ("d_loss", "d_r1", "g_loss", "g_l2"):
        np.testing.assert_allclose(
            [float(row[key]) for row in rows], history[key], rtol=1e-6
        )


def test_tensorboard(gan, vectors, tmp_path):
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    board = keras.callbacks.TensorBoard(tmp_path, write_graph=False)
    gan.fit(vectors, epochs=2, verbose=0, callbacks=[board])
    (folder,) = [p for p in tmp_path.iterdir() if p.name == "train"]
    accumulator = event_accumulator.EventAccumulator(
        str(folder), size_guidance={"tensors": 0}
    )
    accumulator.Reload()
    tags = accumulator.Tags()["tensors"]
    for key in ("d_loss", "d_r1", "g_loss", "g_l2"):
        assert f"epoch_{key}" in tags
    assert len([t for t in tags if "learning_rate" in t]) == 2


@pytest.mark.thorough
def test_metrics_logger_of_weights_and_biases(
    gan, vectors, tmp_path, monkeypatch
):
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    wandb = pytest.importorskip("wandb", reason="the package wandb is missing")
    from wandb.integration.keras import WandbMetricsLogger

    logged = []
    with wandb.init(
        project="gan",
        mode="offline",
        dir=tmp_path,
        settings=wandb.Settings(silent=True),
    ) as run:
        log = wandb.log
        monkeypatch.setattr(
            wandb, "log", lambda logs: (logged.append(dict(logs)), log(logs))
        )
        history = gan.fit(
            vectors,
            epochs=2,
            verbose=0,
            callbacks=[WandbMetricsLogger(log_freq="batch")],
        ).history
        summary = dict(run.summary)
    epochs = [logs for logs in logged if "epoch/epoch" in logs]
    for key in ("d_loss", "d_r1", "g_loss", "g_l2"):
        shown = [logs[f"epoch/{key}"] for logs in epochs]
        np.testing.assert_allclose(shown, history[key], rtol=1e-6)
        assert f"batch/{key}" in summary
    rates = [logs["epoch/learning_rate"] for logs in epochs]
    np.testing.assert_allclose(rates, [1e-3, 1e-3], rtol=1e-6)
    np.testing.assert_allclose(summary["batch/learning_rate"], 1e-3, rtol=1e-6)


def test_no_single_learning_rate_can_be_set(gan):
    with pytest.raises(AttributeError, match="discriminator_optimizer"):
        gan.optimizer.learning_rate = 0.1
    with pytest.raises(RuntimeError, match="one network"):
        gan.optimizer.apply([])


def test_paired_optimizer_shows_the_variables_of_both(gan):
    shown = {id(variable) for variable in gan.optimizer.variables}
    for optimizer in gan.optimizer.optimizers:
        assert optimizer.variables
        assert {id(variable) for variable in optimizer.variables} <= shown
