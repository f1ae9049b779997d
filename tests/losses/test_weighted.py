"""A weight on the generator's adversarial loss, in a training."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

Weighted = kr.losses.Weighted


def compiled(networks, loss):
    gan = kr.RegularizedGAN(*networks, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.0),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        loss=loss,
        generator_regularizers=[kr.regularizers.L1(1.0)],
    )
    return gan


def adversarial(gan, vectors):
    """Returns what both networks minimized besides regularizers."""
    logs = gan.train_on_batch(vectors, return_dict=True)
    gan.reset_metrics()
    return logs["d_loss"], logs["g_loss"] - logs["g_l1"]


def test_factor_set_by_hand(vector_pair, vectors, tmp_path):
    """It acts at once, on the generator alone, and is saved."""
    networks = vector_pair()
    discriminator, generator = adversarial(
        compiled(networks, kr.losses.NonSaturating()), vectors
    )
    factor = kr.penalties.AdjustableFactor(0.5)
    gan = compiled(networks, Weighted(kr.losses.NonSaturating(), factor))
    np.testing.assert_allclose(
        adversarial(gan, vectors), [discriminator, generator / 2], rtol=1e-4
    )
    gan.fit(vectors, batch_size=64, verbose=0)
    factor.value = 3.0
    values = gan.evaluate(vectors, batch_size=64, verbose=0, return_dict=True)
    factor.value = 1.0
    others = gan.evaluate(vectors, batch_size=64, verbose=0, return_dict=True)
    size = others["g_l1"]
    assert (values["g_loss"] - size) > 2 * (others["g_loss"] - size)
    factor.value = 7.0
    gan.save(tmp_path / "gan.keras")
    gan.save_weights(tmp_path / "gan.weights.h5")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert (
        loaded.get_compile_config()["loss"] == gan.get_compile_config()["loss"]
    )
    factor.value = 1.0
    gan.load_weights(tmp_path / "gan.weights.h5")
    assert factor.value == 7.0


def test_schedule_counts_updates_of_the_generator():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
        [2], [0.0, 2.0]
    )
    loss = Weighted(kr.losses.Wasserstein(), schedule)
    for step, factor in ((0, 0.0), (2, 0.0), (3, 2.0)):
        now = loss.at(ops.convert_to_tensor(step, "int32"))
        got = float(now.generator_loss(np.full((2, 1), -1.5)))
        np.testing.assert_allclose(got, factor * 1.5)


def test_wrappers_wrap_each_other():
    """Each has its own number, and the best of a batch come first."""
    best = kr.losses.TopK(kr.losses.Wasserstein(), 0.5)
    logits = np.array([[1.0], [-3.0], [2.0], [0.0]])
    for loss in (
        Weighted(best, 0.1),
        kr.losses.TopK(Weighted(kr.losses.Wasserstein(), 0.1), 0.5),
        kr.losses.FlippedLabels(Weighted(best, 0.1), 0.5),
    ):
        np.testing.assert_allclose(
            float(loss.generator_loss(logits)), -0.15, rtol=1e-6
        )


def test_factor_cannot_be_assigned():
    loss = Weighted(kr.losses.Hinge())
    with pytest.raises(AttributeError, match="AdjustableFactor.*new `compile`"):
        loss.factor = 1.0


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ((None,), TypeError, "loss"),
        ((kr.losses.Hinge,), TypeError, "loss"),
        ((kr.losses.Hinge(), -1.0), ValueError, "factor"),
        ((kr.losses.Hinge(), float("inf")), ValueError, "factor"),
        ((kr.losses.Hinge(), "1"), TypeError, "factor"),
    ],
    ids=["none", "class", "negative", "infinite", "string"],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"`{name}`.*Received"):
        Weighted(*arguments)
