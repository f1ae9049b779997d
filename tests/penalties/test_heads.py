"""Several tensors of logits: who reads any is asked once for each of them."""

import keras
import numpy as np
import pytest
from keras import ops
from keras import random

import keras_regan as kr
from keras_regan._game.terms import AdversarialTerm
from keras_regan._game.terms import real_sign

penalties = kr.penalties
LATENT_WEIGHTS = np.random.default_rng(3).normal(size=(2, 3))
WEIGHTS = np.random.default_rng(4).normal(size=6)


def one_logit(weights):
    """Returns `w . x` for each sample."""
    return lambda x: ops.matmul(x, ops.reshape(weights[:3], (3, 1)))


def map_of_three(weights):
    """Returns `a_j x_j^2` for each of three patches."""
    return lambda x: ops.expand_dims(weights[3:] * ops.square(x), -1)


HEADS = [one_logit, map_of_three]


def both(weights):
    weights = ops.cast(weights, "float32")
    return lambda x: [make(weights)(x) for make in HEADS]


def generator(latents):
    return ops.matmul(latents, ops.cast(LATENT_WEIGHTS, "float32"))


def number(tensor):
    return float(ops.convert_to_numpy(tensor))


@pytest.fixture
def context_of(make_context):
    """Builds a step with both heads, or with one of them alone."""

    def context_of(head=None, **overrides):
        overrides.setdefault("generator", generator)
        weights = ops.cast(WEIGHTS, "float32")
        if head is None:
            return make_context(both(weights), heads=2, **overrides)
        return make_context(HEADS[head](weights), **overrides)

    return context_of


@pytest.mark.parametrize("kind", ["real", "fake"])
def test_gradients_at_samples_and_the_slope_of_their_penalty(
    kind, make_context, real, fake, gradient_of, slope_of
):
    penalty = {"real": penalties.R1, "fake": penalties.R2}[kind](3.0)
    x = {"real": real, "fake": fake}[kind].astype("float64")

    def expected(weights):
        # The gradients are w, and 2 a_j x_j / 3, the map's as that of its mean.
        first = np.sum(weights[:3] ** 2)
        second = np.sum((2 * weights[3:] * x / 3) ** 2, axis=1)
        return 1.5 * (first + np.mean(second))

    value, gradient = gradient_of(
        lambda w: penalty(make_context(both(w), heads=2)), WEIGHTS
    )
    np.testing.assert_allclose(value, expected(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, WEIGHTS), rtol=1e-4, atol=1e-5
    )


@keras.saving.register_keras_serializable("test_heads")
class AlongTheSlope(penalties.Penalty):
    """Judges samples that depend on the head that it sees."""

    def call(self, context):
        step = random.uniform((6, 1), seed=context.seed)
        points = context.real + step * context.real_gradient
        gradient = context.input_gradient(points)
        return ops.mean(ops.square(context.discriminate(points))) + ops.mean(
            step * gradient
        )


@keras.saving.register_keras_serializable("test_heads")
class AlongTheNoise(penalties.Penalty):
    """Draws a direction, and needs it once more after it was judged."""

    def call(self, context):
        noise = random.normal((6, 3), seed=context.seed)
        gradient = context.input_gradient(context.real + noise)
        more = random.normal((6, 3), seed=context.seed)
        return ops.mean(gradient * (noise + more))


Noise = kr.augmentations.InstanceNoise
READERS = {
    "r1": lambda: penalties.R1(2.0),
    "r2": lambda: penalties.R2(2.0),
    "wasserstein": lambda: penalties.WassersteinGradientPenalty(2.0),
    "interpolated": lambda: penalties.ZeroCenteredInterpolation(2.0),
    "steepest": lambda: penalties.MaxGradientPenalty(2.0),
    "dragan": lambda: penalties.DRAGAN(2.0),
    "consistency": lambda: penalties.Consistency(2.0, Noise(0.5)),
    "fake_consistency": lambda: penalties.Consistency(
        2.0, Noise(0.5), samples="fake"
    ),
    "neighbours": lambda: penalties.LatentConsistency(2.0, deviation=0.5),
    "approximate_r1": lambda: penalties.ApproximateR1(2.0, deviation=0.5),
    "approximate_r2": lambda: penalties.ApproximateR2(2.0, interval=2),
    "centering": lambda: penalties.LogitCentering(2.0),
    "lazy": lambda: penalties.DRAGAN(2.0, interval=2),
    "scheduled": lambda: penalties.Scheduled(penalties.R1(2.0), 0.5),
    "lazy_inside": lambda: penalties.Scheduled(penalties.R1(2.0, interval=2)),
    "across_replicas": lambda: penalties.AcrossReplicas(penalties.R1(2.0)),
    "adjustable": lambda: penalties.Scheduled(
        penalties.R1(penalties.AdjustableFactor(2.0)),
        penalties.AdjustableFactor(0.5),
    ),
    "along_the_slope": AlongTheSlope,
    "along_the_noise": AlongTheNoise,
}
# Those that judge further samples.
ELSEWHERE = [
    "wasserstein",
    "interpolated",
    "steepest",
    "dragan",
    "lazy",
    "consistency",
    "fake_consistency",
    "neighbours",
    "approximate_r1",
    "approximate_r2",
]


def logits_of(x, labels):
    """Returns what the two heads say, by NumPy, as `(batch, patches)`."""
    scale = 1.0 + labels[:, None]
    return [scale * x @ WEIGHTS[:3, None], scale * WEIGHTS[3:] * x**2]


def slope(before, after):
    return np.mean(((after - before).mean(axis=1) / 0.5) ** 2) / 2


def centre(real, fake):
    return np.mean((real + fake) ** 2)


def matching(real, fake, misfit, same):
    wrong = np.where(same, fake, misfit)
    return np.logaddexp(0.0, -real).mean() + np.logaddexp(0.0, wrong).mean()


# What a head adds, by its logits.
BY_NUMPY = {
    "approximate_r1": (
        penalties.ApproximateR1(0.3, deviation=0.5),
        lambda of: slope(of["real"], of["noisy real"]),
    ),
    "approximate_r2": (
        penalties.ApproximateR2(0.3, deviation=0.5),
        lambda of: slope(of["fake"], of["noisy fake"]),
    ),
    "centering": (
        penalties.LogitCentering(0.3),
        lambda of: centre(of["real"], of["fake"]),
    ),
    "matching": (
        penalties.MatchingAware(0.3),
        lambda of: matching(of["real"], of["fake"], of["misfit"], of["same"]),
    ),
}


@pytest.mark.parametrize("name", list(BY_NUMPY))
def test_values_against_numpy(name, make_context, real, fake):
    penalty, of_one_head = BY_NUMPY[name]
    labels = np.array([0, 2, 2, 1, 0, 0], "float32")
    before = np.roll(labels, 1)

    def discriminator(x, labels):
        scale = 1.0 + labels[:, None]
        one, three = both(WEIGHTS)(x)
        return [scale * one, scale[..., None] * three]

    context = make_context(
        discriminator,
        heads=2,
        conditions=labels,
        told=lambda conditions: [conditions],
        seed=random.SeedGenerator(3),
    )
    value = number(penalty(context))

    # A penalty draws the first numbers of its seed.
    noise = random.normal((6, 3), seed=random.SeedGenerator(3))
    noise = 0.5 * ops.convert_to_numpy(noise)
    seen = {
        "real": logits_of(real, labels),
        "fake": logits_of(fake, labels),
        "noisy real": logits_of(real + noise, labels),
        "noisy fake": logits_of(fake + noise, labels),
        "misfit": logits_of(real, before),
        "same": 2 * [(labels == before)[:, None]],
    }
    expected = 0.3 * sum(
        of_one_head({what: heads[i] for what, heads in seen.items()})
        for i in range(2)
    )
    assert value == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", list(READERS))
def test_readers_add_up_what_they_are_for_each_head(name, context_of):
    values = [
        number(READERS[name]()(context_of(head))) for head in (None, 0, 1)
    ]
    assert values[1] != 0 and values[2] != 0
    assert values[0] == pytest.approx(values[1] + values[2], rel=1e-5)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_one_pass_serves_all_heads(name, make_context):
    def passes(discriminator, heads):
        calls = {"discriminator": 0, "generator": 0}

        def judge(x):
            calls["discriminator"] += 1
            return discriminator(x)

        def make(latents):
            calls["generator"] += 1
            return generator(latents)

        READERS[name]()(make_context(judge, make, heads=heads))
        return calls

    alone = one_logit(ops.cast(WEIGHTS, "float32"))
    assert passes(both(WEIGHTS), 2) == passes(alone, 1)


def test_what_exists_in_some_steps_only_is_forgotten(make_context):
    calls = []

    def judge(x):
        calls.append(x)
        return both(WEIGHTS)(x)

    context = make_context(judge, heads=2)
    context.of_each_head(penalties.R1(1.0, interval=2))
    before = len(calls)
    assert before > 0
    assert len(context.real_logits) == 2
    assert len(calls) == before + 1


def test_the_seed_goes_on_as_with_one_head(context_of):
    after = []
    for head in (None, 0):
        seed = random.SeedGenerator(0)
        READERS["along_the_noise"]()(context_of(head, seed=seed))
        after.append(ops.convert_to_numpy(seed.state.value))
    np.testing.assert_array_equal(*after)


def test_who_reads_no_logits_is_added_once(context_of):
    for make, network in (
        (lambda: kr.regularizers.PairwiseDistance(0.5), "generator"),
        (lambda: penalties.LatentDiversity(0.5), "generator"),
        (lambda: penalties.PathLength(0.5, interval=1), "generator"),
    ):
        one, two = [
            number(penalties.Scheduled(make())(context_of(h, network=network)))
            for h in (0, None)
        ]
        assert one == two != 0


class Drawn(kr.losses.Wasserstein):
    """Adds noise to the logits of real samples."""

    def discriminator_loss(self, real_logits, fake_logits, seed):
        noise = random.normal((6, 1), seed=seed)
        weighted = real_logits * ops.reshape(
            noise, (6,) + (1,) * (len(real_logits.shape) - 1)
        )
        return super().discriminator_loss(weighted, fake_logits)


LOSSES = {
    "non_saturating": kr.losses.NonSaturating,
    "relativistic": kr.losses.Relativistic,
    "relativistic_average": kr.losses.RelativisticAverage,
    "top_k": lambda: kr.losses.TopK(kr.losses.Hinge(), 0.5),
    "flipped": lambda: kr.losses.FlippedLabels(kr.losses.Hinge(), 0.5),
    "weighted": lambda: kr.losses.Weighted(kr.losses.LeastSquares(), 0.1),
    "drawn": Drawn,
}


@pytest.mark.parametrize("network", ["generator", "discriminator"])
@pytest.mark.parametrize("name", list(LOSSES))
def test_losses_add_up_what_they_are_for_each_head(name, network, context_of):
    term = AdversarialTerm(LOSSES[name]())
    whole, first, second = [
        number(term(context_of(head, network=network))) for head in (None, 0, 1)
    ]
    assert first != 0 and second != 0
    assert whole == pytest.approx(first + second, rel=1e-5)


def test_a_head_counts_as_much_as_another_for_the_sign(context_of):
    signs = np.array([1, 1, 1, 1, 1, -1], "float32")
    real = np.outer(signs, WEIGHTS[:3]).astype("float32")
    of_map = np.sign(WEIGHTS[3:]).mean()
    got = number(real_sign(context_of(real=real)))
    assert got == pytest.approx((signs.mean() + of_map) / 2, abs=1e-6)


@pytest.mark.parametrize("wrap", [lambda p: p, penalties.Scheduled])
def test_state_of_logits_is_refused(wrap, context_of):
    context = context_of()
    with pytest.raises(
        ValueError, match="`lecam` keeps.*Expected.*Received.*2"
    ):
        wrap(penalties.LeCam())(context)
    assert number(wrap(penalties.LeCam())(context_of(0))) > 0


def test_penalties_must_return_a_scalar_for_each_head(context_of):
    class Rows(penalties.Penalty):
        def call(self, context):
            return context.real_logits

    with pytest.raises(ValueError, match="`rows` must return a scalar"):
        Rows()(context_of())
