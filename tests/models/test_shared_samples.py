"""One draw of samples for the updates of both networks.

That the updates are right stands in `test_against_numpy.py`.
"""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

MOMENTUM = 0.9
SAMPLES = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")


class CountingGAN(kr.RegularizedGAN):
    """Counts how often it draws latents while it is traced, or eagerly."""

    draws = 0

    def sample_latents(self, batch_size, seed):
        # A small draw tries, before a training, what is overridden.
        self.draws += int(batch_size == len(SAMPLES))
        return super().sample_latents(batch_size, seed)


def networks():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [
            layers.Input((3,)),
            layers.Dense(4),
            layers.BatchNormalization(momentum=MOMENTUM),
            layers.LeakyReLU(0.2),
            layers.Dropout(0.1, seed=0),
            layers.Dense(2),
        ]
    )
    _, discriminator = kr.networks.mlp((2,), latent_dim=3, hidden=(4,))
    return generator, discriminator


def compiled(kind=kr.RegularizedGAN, **arguments):
    gan = kind(*networks(), ema_momentum=0.9, seed=1)
    gan.compile(
        keras.optimizers.SGD(0.05, momentum=0.5),
        keras.optimizers.SGD(0.05, momentum=0.5),
        **{"shared_samples": True, **arguments},
    )
    return gan


@pytest.mark.parametrize("steps", [1, 3])
def test_draws_once_less(steps):
    for shared, draws in ((False, steps + 1), (True, steps)):
        gan = compiled(
            CountingGAN,
            shared_samples=shared,
            discriminator_steps=steps,
            run_eagerly=True,
            jit_compile=False,
        )
        gan.train_on_batch(SAMPLES)
        assert gan.draws == draws
        g_steps, d_steps = (
            int(ops.convert_to_numpy(optimizer.iterations))
            for optimizer in gan.optimizer.optimizers
        )
        assert (g_steps, d_steps) == (1, steps)


def test_batch_normalization_moves_once(same_draws):
    gan = compiled()
    dense, normalization = gan.generator.layers[:2]
    kernel = ops.convert_to_numpy(dense.kernel)
    latents = ops.convert_to_numpy(
        gan.sample_latents(32, same_draws(gan._training_seed))
    )
    gan.train_on_batch(SAMPLES)
    np.testing.assert_allclose(
        ops.convert_to_numpy(normalization.moving_mean),
        (1 - MOMENTUM) * (latents @ kernel).mean(axis=0),
        atol=1e-6,
    )


def test_compiled_equals_eager():
    weights = []
    for eagerly in (False, True):
        gan = compiled(
            run_eagerly=eagerly,
            discriminator_steps=2,
            generator_regularizers=[
                kr.regularizers.PairwiseDistance(0.1),
                kr.penalties.PathLength(0.1),
            ],
            discriminator_regularizers=[
                kr.penalties.R1(1.0, interval=2),
                kr.penalties.LeCam(0.1),
                kr.penalties.LatentConsistency(0.1),
            ],
            augmentation=kr.augmentations.InstanceNoise(),
            loss=kr.losses.Relativistic(),
        )
        for _ in range(3):
            gan.train_on_batch(SAMPLES)
        weights.append(gan.get_weights())
    for graph, eager in zip(*weights, strict=True):
        np.testing.assert_allclose(graph, eager, atol=1e-5)


def test_survives_saving(tmp_path):
    gan = compiled()
    gan.train_on_batch(SAMPLES)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.get_compile_config()["shared_samples"] is True
    for model in (gan, loaded):
        model.train_on_batch(SAMPLES)
    for was, now in zip(gan.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(was, now, atol=1e-6)


def test_no_boolean():
    with pytest.raises(TypeError, match="shared_samples.*boolean"):
        compiled(shared_samples="yes")
