"""Several updates of the generator in each step.

That the updates are right stands in `test_against_numpy.py`.
"""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

SAMPLES = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")
# Below it, what is multiplied by three is a float32, and above it is not.
SCALE = 2.0**126


def make(optimizer=None, **arguments):
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(
        *kr.networks.mlp(
            (2,), latent_dim=3, hidden=(4,), output_activation=None
        ),
        ema_momentum=0.5,
        seed=1,
    )
    gan.compile(
        optimizer or keras.optimizers.SGD(0.1),
        keras.optimizers.SGD(0.1),
        **{"generator_steps": 2, **arguments},
    )
    return gan


def updates(gan):
    return [
        int(ops.convert_to_numpy(optimizer.iterations.value))
        for optimizer in gan.optimizer.optimizers
    ]


def assert_averaged_once(before, gan, count):
    """The momentum is that of so many updates."""
    momentum = min(0.5, (1 + count) / (10 + count))
    for old, new, average in zip(
        before,
        gan.generator.get_weights(),
        gan.ema_generator.get_weights(),
        strict=True,
    ):
        np.testing.assert_allclose(
            average, momentum * old + (1 - momentum) * new, atol=1e-6
        )


def test_average_moves_once_in_a_step():
    gan = make()
    before = gan.generator.get_weights()
    gan.train_on_batch(SAMPLES)
    assert updates(gan) == [2, 1]
    assert_averaged_once(before, gan, 2)


def test_update_that_overflowed_after_one_that_was_taken():
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.1), initial_scale=SCALE, dynamic_growth_steps=1
    )
    # The gradient is three wherever a weight is one.
    gan = make(
        optimizer,
        loss=kr.losses.Weighted(kr.losses.NonSaturating(), 1e-3),
        generator_regularizers=[kr.regularizers.L2(1.5)],
    )
    for kernel in gan._game.generator.kernels:
        kernel.assign(np.ones(kernel.shape))
    gan.reset_average()
    before = gan.generator.get_weights()
    logs = gan.train_on_batch(SAMPLES, return_dict=True)
    assert logs["g_skipped_steps"] == 1 and updates(gan) == [1, 1]
    # The mean is that of the one which was taken.
    kernels = sum(np.size(kernel) for kernel in before[::2])
    np.testing.assert_allclose(logs["g_l2"], 1.5 * kernels, rtol=1e-5)
    assert_averaged_once(before, gan, 1)


class Draws(kr.penalties.Penalty):
    """Keeps what it draws."""

    networks = ("generator",)

    def call(self, context):
        self.drawn.append(
            [
                ops.convert_to_numpy(drawn)
                for drawn in (
                    context.latents,
                    keras.random.normal((3,), seed=context.seed),
                )
            ]
        )
        return ops.zeros(())


def test_each_update_has_draws_of_its_own():
    penalty = Draws(1.0)
    penalty.drawn = []
    gan = make(
        generator_regularizers=[penalty], run_eagerly=True, jit_compile=False
    )
    gan.train_on_batch(SAMPLES)
    first, second = penalty.drawn
    assert not any(map(np.array_equal, first, second))


def test_goes_on_from_a_file(tmp_path):
    def fit(gan, epochs):
        """Doubles a factor after every third batch."""
        controller = kr.callbacks.AdaptiveFactor(
            "g_l2", 1.0, lambda model, name: 1e-9, every=3, rate=np.log(2)
        )
        data = {"batch_size": 8, "shuffle": False, "verbose": 0}
        gan.fit(
            SAMPLES, epochs=epochs, resume=True, callbacks=[controller], **data
        )
        return gan

    def begin():
        factor = kr.penalties.AdjustableFactor(1e-3)
        return make(
            generator_regularizers=[
                kr.penalties.Scheduled(kr.regularizers.L2(1.0), factor),
                kr.penalties.PathLength(0.1, interval=3),
            ]
        )

    fit(begin(), 1).save(tmp_path / "gan.keras")
    loaded = fit(keras.models.load_model(tmp_path / "gan.keras"), 2)
    assert loaded.position == (2, 0) and updates(loaded) == [16, 8]
    assert loaded.regularizer_factors["g_l2"].value == pytest.approx(4e-3)
    whole = fit(begin(), 2)
    for was, now in zip(whole.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(was, now, atol=1e-6)
