"""Truncated latents: their distribution, and whose are truncated."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

import keras_regan as kr

layers = keras.layers
SHAPE = (5, 4)
COUNT = 10_000


def shown(latents="normal", kind=kr.RegularizedGAN):
    """Returns a GAN whose samples are its latents."""
    return kind(
        keras.Sequential([layers.Input(SHAPE), layers.Identity()]),
        keras.Sequential(
            [layers.Input(SHAPE), layers.Flatten(), layers.Dense(1)]
        ),
        latents=latents,
        seed=0,
    )


def variance(bound):
    """That of a standard normal variable between two bounds."""
    density = stats.norm.pdf(bound)
    return 1 - 2 * bound * density / (2 * stats.norm.cdf(bound) - 1)


@pytest.fixture(scope="module")
def gan():
    return shown()


@pytest.mark.parametrize("bound", [0.04, 0.5, 1.0, 2.0, 5.0])
def test_distribution(bound, gan):
    plain = gan.generate(COUNT, seed=1)
    latents = gan.generate(COUNT, seed=1, truncation=bound)
    assert latents.shape == (COUNT, *SHAPE)
    assert np.abs(latents).max() <= np.float32(bound)
    values = latents.astype("float64").ravel()
    # Four standard errors of the mean of this many squares.
    error = np.std(values**2) / np.sqrt(len(values))
    assert abs(np.mean(values**2) - variance(bound)) < 4 * error
    wanted = stats.truncnorm(-bound, bound).cdf
    assert stats.kstest(values, wanted).pvalue > 1e-3
    # None is drawn again that need not be, and all that are, independently.
    within = np.abs(plain) <= np.float32(bound)
    np.testing.assert_array_equal(latents[within], plain[within])
    again = latents[~within]
    if len(again) > 1000:
        assert stats.kstest(again, wanted).pvalue > 1e-3
        assert abs(np.corrcoef(again, plain[~within])[0, 1]) < (
            4 / np.sqrt(len(again))
        )


def test_bound_beyond_all_values_changes_nothing(gan):
    np.testing.assert_array_equal(
        gan.generate(COUNT, seed=1, truncation=100.0),
        gan.generate(COUNT, seed=1),
    )


def test_neighbouring_seeds_share_no_numbers(gan):
    # On PyTorch, the second draw of a seed could be the first of the next one.
    drawn = [gan.generate(50, seed=s, truncation=0.04) for s in (1, 2, 3)]
    plain = [gan.generate(50, seed=s) for s in (1, 2, 3)]
    ranks = [stats.rankdata(each) for each in (*drawn, *plain)]
    assert np.abs(np.corrcoef(ranks) - np.eye(6)).max() < 0.2


def test_without_truncation_nothing_has_changed():
    gan, same = shown(), shown()
    for _ in range(2):
        expected = keras.random.normal((3, *SHAPE), seed=same._generation_seed)
        np.testing.assert_array_equal(
            gan.generate(3), ops.convert_to_numpy(expected)
        )
    np.testing.assert_array_equal(
        gan.generate(3, seed=7),
        ops.convert_to_numpy(keras.random.normal((3, *SHAPE), seed=7)),
    )


def test_own_stream_and_seeds(gan):
    first, second = (gan.generate(3, truncation=0.5) for _ in range(2))
    assert np.abs(first - second).min() > 0
    np.testing.assert_array_equal(
        gan.generate(3, seed=7, truncation=0.5),
        shown().generate(3, seed=7, truncation=0.5),
    )


def test_latents_that_are_truncated_already():
    gan = shown("truncated_normal")
    values = gan.generate(COUNT, seed=1, truncation=0.5).ravel()
    assert stats.kstest(values, stats.truncnorm(-0.5, 0.5).cdf).pvalue > 1e-3


def test_conditions():
    latents, label = layers.Input((3,)), layers.Input((), dtype="int32")
    told = layers.Embedding(4, 1, embeddings_initializer="ones")(label)
    samples = layers.Concatenate()([latents, told])
    generator = keras.Model([latents, label], samples)
    judged = layers.Input((4,)), layers.Input((), dtype="int32")
    joined = layers.Concatenate()(
        [judged[0], layers.Embedding(4, 2)(judged[1])]
    )
    discriminator = keras.Model(judged, layers.Dense(1)(joined))
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    generator.layers[2].set_weights([np.arange(4.0)[:, None]])
    samples = gan.generate(
        conditions=[0, 3], samples_per_condition=50, truncation=0.3
    )
    assert samples.shape == (2, 50, 4)
    assert 0.2 < np.abs(samples[..., :3]).max() <= np.float32(0.3)
    np.testing.assert_array_equal(samples[0, :, 3], 0.0)
    np.testing.assert_array_equal(samples[1, :, 3], 3.0)


def signs(shape, seed):
    return ops.sign(keras.random.uniform(shape, -1.0, 1.0, seed=seed))


class Shifted(kr.RegularizedGAN):
    def sample_latents(self, batch_size, seed):
        return 1.0 + super().sample_latents(batch_size, seed)


def of_conditions_only():
    generator, _ = kr.networks.mlp((2,), latent_dim=3)
    _, discriminator = kr.networks.mlp((2,), latent_dim=3)
    condition = layers.Input((3,))
    judged = layers.Input((2,)), layers.Input((3,))
    return kr.RegularizedGAN(
        keras.Model(condition, generator(condition)),
        keras.Model(
            judged, discriminator(judged[0] + layers.Dense(2)(judged[1]))
        ),
        latents=None,
    )


@pytest.mark.parametrize(
    "make, received",
    [
        (lambda: shown("uniform"), "latents='uniform'"),
        (lambda: shown("sphere"), "latents='sphere'"),
        (lambda: shown(signs), "latents=signs"),
        (lambda: shown(kind=Shifted), "a `sample_latents` of its own"),
        (of_conditions_only, "latents=None"),
    ],
    ids=["uniform", "sphere", "function", "subclass", "none"],
)
def test_latents_that_are_not_normal_are_refused(make, received):
    gan = make()
    conditions = np.zeros((2, 3)) if gan.conditional else None
    with pytest.raises(ValueError, match="`truncation`.*Received") as caught:
        gan.generate(2, conditions=conditions, truncation=0.5)
    assert received in str(caught.value)
    assert "Received: truncation=0.5" in str(caught.value)
    assert len(gan.generate(2, conditions=conditions)) == 2


@pytest.mark.parametrize(
    "bound, error",
    [
        (0.0, ValueError),
        (-1.0, ValueError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        ("1", TypeError),
        (True, TypeError),
    ],
    ids=str,
)
def test_bounds_that_are_none(bound, error, gan):
    with pytest.raises(error, match="`truncation`.*a positive float.*Received"):
        gan.generate(2, truncation=bound)
