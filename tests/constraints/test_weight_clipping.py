"""Weight clipping as an ordinary constraint of layers."""

import keras
import numpy as np
import pytest

import keras_regan as kr

WeightClipping = kr.constraints.WeightClipping


def test_clips_on_both_sides():
    clipped = WeightClipping(0.3)(np.array([-2.0, -0.3, 0.1, 0.5], "float32"))
    np.testing.assert_allclose(clipped, [-0.3, -0.3, 0.1, 0.3], rtol=1e-6)


def test_holds_after_every_step(vectors, tmp_path):
    def dense(units):
        return keras.layers.Dense(
            units,
            kernel_constraint=WeightClipping(0.05),
            bias_constraint=WeightClipping(0.05),
        )

    critic = keras.Sequential(
        [keras.layers.Input((2,)), dense(8), keras.layers.ReLU(), dense(1)]
    )
    generator, _ = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), output_activation=None
    )
    gan = kr.RegularizedGAN(generator, critic, seed=0)
    gan.compile(
        discriminator_optimizer=keras.optimizers.RMSprop(0.01),
        loss=kr.losses.Wasserstein(),
        discriminator_steps=2,
    )
    gan.fit(vectors, batch_size=16, epochs=2, verbose=0)
    weights = np.concatenate([w.ravel() for w in critic.get_weights()])
    assert np.abs(weights).max() <= 0.05 + 1e-7
    assert np.mean(np.abs(weights) > 0.0499) > 0.2
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    constraint = loaded.discriminator.layers[0].kernel_constraint
    assert isinstance(constraint, WeightClipping) and constraint.limit == 0.05


@pytest.mark.parametrize("limit", [0.0, -1.0, float("inf")])
def test_bad_limit(limit):
    with pytest.raises(ValueError, match="`limit`"):
        WeightClipping(limit)


def test_limit_of_another_type():
    with pytest.raises(TypeError, match="`limit`"):
        WeightClipping("small")
