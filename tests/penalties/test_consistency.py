"""Consistency under augmentations whose effect is known."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

Consistency = kr.penalties.Consistency


@keras.saving.register_keras_serializable("test_consistency")
class Half(kr.augmentations.Augmentation):
    """Halves every image."""

    def call(self, samples, seed):
        return 0.5 * samples


def images(seed):
    random = np.random.default_rng(seed)
    return random.normal(size=(5, 4, 4, 1)).astype("float32")


def critic(weights):
    return lambda x: ops.matmul(
        ops.square(ops.reshape(x, (-1, 16))), ops.reshape(weights, (16, 1))
    )


@pytest.mark.parametrize("samples", ["real", "fake"])
def test_value_and_gradient(samples, make_context, gradient_of, slope_of):
    given = {"real": images(0), "fake": images(1)}
    penalty = Consistency(3.0, Half(), samples=samples)
    weights = np.random.default_rng(2).normal(size=16)

    def expected(weights):
        # C(x) = w . x^2, so C(x) - C(x / 2) = 3 / 4 w . x^2.
        rows = given[samples].reshape(5, 16).astype("float64") ** 2
        return 3.0 * ((0.75 * rows @ weights) ** 2).mean()

    value, gradient = gradient_of(
        lambda w: penalty(make_context(critic(w), **given)), weights
    )
    np.testing.assert_allclose(value, expected(weights), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, weights), rtol=1e-5, atol=1e-5
    )


def test_critic_that_does_not_see_the_augmentation(make_context):
    flip = kr.augmentations.HorizontalFlip(1.0)
    context = make_context(
        lambda x: ops.sum(x, axis=(1, 2, 3))[:, None], real=images(0)
    )
    assert abs(float(Consistency(1.0, flip)(context))) < 1e-9


def test_default_augmentation_flips_and_shifts(make_context):
    flat = np.ones((5, 16, 16, 1), "float32")
    sloped = flat * np.linspace(-1, 1, 16, dtype="float32")[:, None]

    def center(x):
        # Out of reach of the zeros that a shift by two pixels brings in.
        return ops.mean(x[:, 4:12, 4:12, :], axis=(1, 2))

    penalty = Consistency(1.0)
    assert float(penalty(make_context(center, real=flat))) < 1e-12
    assert float(penalty(make_context(center, real=sloped))) > 0

    def corner(x):
        return x[:, 0, 0, :]

    assert float(penalty(make_context(corner, real=flat))) > 0


def test_balanced_consistency_is_two_entries(image_pair, images):
    gan = kr.RegularizedGAN(*image_pair(), seed=0)
    gan.compile(
        discriminator_regularizers=[
            Consistency(10.0),
            Consistency(10.0, samples="fake", interval=2),
        ]
    )
    logs = gan.train_on_batch(images[:8], return_dict=True)
    assert logs["d_real_consistency"] > 0
    assert logs["d_fake_consistency"] > 0


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"augmentation": "flip"}, TypeError, "augmentation"),
        ({"samples": "both"}, ValueError, "samples"),
        (
            {"augmentation": kr.augmentations.AdaptiveAugmentation()},
            ValueError,
            "augmentation",
        ),
        ({"factor": -1.0}, ValueError, "factor"),
    ],
    ids=["augmentation", "samples", "adaptive", "factor"],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"`{name}`"):
        Consistency(**arguments)
