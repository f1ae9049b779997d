"""Losses draw from the model's saved stream of random numbers."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

FlippedLabels = kr.losses.FlippedLabels


@keras.saving.register_keras_serializable("test_seed")
class Noise(kr.losses.AdversarialLoss):
    """The discriminator's loss is a drawn number, and nothing else."""

    def discriminator_loss(self, real_logits, fake_logits, seed):
        drawn = keras.random.uniform((), seed=seed)
        return drawn + 0.0 * ops.mean(fake_logits)

    def generator_loss(self, fake_logits, real_logits=None, seed=None):
        return -ops.mean(fake_logits) + keras.random.uniform((), seed=seed)


def compiled(networks, loss=None):
    gan = kr.RegularizedGAN(*networks, seed=0)
    gan.compile(loss=loss or Noise())
    return gan


def losses(gan, vectors, count):
    """Returns what the discriminator minimized in some steps."""
    found = []
    for _ in range(count):
        gan.reset_metrics()
        found.append(gan.train_on_batch(vectors, return_dict=True)["d_loss"])
    return [float(value) for value in found]


def test_own_loss_draws_anew_and_resumes_exactly(
    vector_pair, vectors, tmp_path
):
    gan = compiled(vector_pair())
    first = losses(gan, vectors, 3)
    assert len(set(first)) == 3
    gan.save(tmp_path / "gan.keras")
    then = losses(gan, vectors, 3)
    assert not set(first) & set(then)
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert losses(loaded, vectors, 3) == then
    judged = gan.evaluate(vectors, verbose=0, return_dict=True)
    assert 0 <= judged["d_loss"] < 1
    assert losses(compiled(vector_pair()), vectors, 3) == first


def test_drawing_does_not_change_the_latents(vector_pair, vectors):
    def after_a_step(loss):
        gan = kr.RegularizedGAN(*vector_pair(), seed=0)
        gan.compile(loss=loss)
        gan.train_on_batch(vectors)
        return ops.convert_to_numpy(gan._training_seed.state)

    np.testing.assert_array_equal(
        after_a_step(Noise()), after_a_step(kr.losses.Hinge())
    )


def seed():
    return keras.random.SeedGenerator(3)


@pytest.mark.parametrize("shape", [(32,), (32, 1), (32, 2, 3, 1)], ids=str)
def test_flipped_pairs(shape):
    """Of the definition: pairs change places, all patches of one together."""
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(2, *shape)).astype("float32")
    loss = FlippedLabels(kr.losses.Hinge(), 0.5)
    got = float(loss.discriminator_loss(real, fake, seed()))
    chosen = keras.random.uniform((32,), dtype="float32", seed=seed()) < 0.5
    chosen = ops.convert_to_numpy(chosen)
    assert 0 < chosen.sum() < 32
    for i in np.flatnonzero(chosen):
        real[i], fake[i] = fake[i].copy(), real[i].copy()
    expected = np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    assert float(loss.generator_loss(fake)) == pytest.approx(-fake.mean())


def test_flips_are_as_many_as_asked_for():
    """Of cross-entropy they are label smoothing on both sides, on average."""
    real, fake = np.full((20_000, 1), 2.0), np.full((20_000, 1), -1.0)
    loss = FlippedLabels(kr.losses.NonSaturating(), 0.1)
    got = float(loss.discriminator_loss(real, fake, seed()))
    right = np.log1p(np.exp(-2.0)) + np.log1p(np.exp(-1.0))
    wrong = np.log1p(np.exp(2.0)) + np.log1p(np.exp(1.0))
    assert got == pytest.approx(0.9 * right + 0.1 * wrong, abs=0.03)


def test_flips_that_end():
    kind = keras.optimizers.schedules.PiecewiseConstantDecay
    loss = FlippedLabels(kr.losses.Wasserstein(), kind([2], [1.0, 0.0]))
    real, fake = np.ones((4, 1)), np.zeros((4, 1))
    for step, value in ((0, 1.0), (9, -1.0)):
        now = loss.at(ops.convert_to_tensor(step, "int32"))
        assert float(now.discriminator_loss(real, fake, seed())) == value


def test_flips_in_a_gan(vector_pair, vectors):
    """Also inside of another wrapper, which hands the seed on."""
    loss = kr.losses.Weighted(FlippedLabels(kr.losses.Wasserstein(), 0.5))
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    still = keras.optimizers.SGD
    gan.compile(still(0.0), still(0.0), loss=loss)
    assert len(set(losses(gan, vectors, 4))) == 4


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ((None,), TypeError, "loss"),
        ((kr.losses.Hinge(), 1.5), ValueError, "probability"),
        ((kr.losses.Hinge(), float("nan")), ValueError, "probability"),
        ((kr.losses.Hinge(), "half"), TypeError, "probability"),
    ],
    ids=["none", "above", "nan", "string"],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"`{name}`.*Received"):
        FlippedLabels(*arguments)


def test_flips_need_pairs():
    loss = FlippedLabels(kr.losses.Hinge())
    with pytest.raises(ValueError, match=r"`fake_logits`.*\(5, 1\)"):
        loss.discriminator_loss(np.ones((4, 1)), np.ones((5, 1)), seed())


def test_top_k_of_a_generator_that_draws():
    class Draws(Noise):
        def generator_loss(self, fake_logits, real_logits, seed):
            return keras.random.uniform((), seed=seed)

    with pytest.raises(ValueError, match="`loss`.*draws"):
        kr.losses.TopK(Draws())
