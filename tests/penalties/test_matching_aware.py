"""Real samples under the wrong condition, against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

MatchingAware = kr.penalties.MatchingAware
# Of rows 2 and 4 and of row 0, whose row before is the last, it is the same.
LABELS = np.array([0, 2, 2, 1, 1, 0], "int32")
SAME = np.array([True, False, True, False, True, False])
WEIGHTS = np.random.default_rng(4).normal(size=(3, 4))


def softplus(x):
    return np.logaddexp(0.0, x)


def hinge(real, fake):
    return np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()


LOSSES = {
    "default": (
        None,
        lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
    ),
    "hinge": (kr.losses.Hinge(), hinge),
    "relativistic": (
        kr.losses.Relativistic(),
        lambda real, fake: softplus(fake - real).mean(),
    ),
}


def critic(weights):
    """Logits that a label picks the weights of."""

    def discriminator(samples, labels):
        columns = ops.transpose(ops.convert_to_tensor(weights))
        rows = ops.take(columns, ops.reshape(labels, (-1,)), axis=0)
        return ops.sum(samples * rows, axis=1, keepdims=True)

    return discriminator


@pytest.mark.parametrize("loss, formula", LOSSES.values(), ids=list(LOSSES))
@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None]], ids=["n", "n1"])
def test_value_and_gradient(
    loss, formula, labels, make_context, real, fake, gradient_of, slope_of
):
    def logits(samples, labels, weights):
        return (samples.astype("float64") * weights.T[labels]).sum(axis=1)

    def expected(weights):
        wrong = logits(real, np.roll(LABELS, 1), weights)
        wrong = np.where(SAME, logits(fake, LABELS, weights), wrong)
        return 0.4 * formula(logits(real, LABELS, weights), wrong)

    value, gradient = gradient_of(
        lambda w: MatchingAware(0.4, loss=loss)(
            make_context(critic(w), conditions=labels, told=keras.tree.flatten)
        ),
        WEIGHTS,
    )
    np.testing.assert_allclose(value, expected(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, WEIGHTS), rtol=1e-4, atol=1e-6
    )


def compared(make_context, conditions, told=keras.tree.flatten):
    """Returns how many rows are compared with themselves, not with another.

    Logits are one, of generated samples zero, and so is the penalty where only
    they are looked at.
    """

    class Fakes(kr.losses.AdversarialLoss):
        def discriminator_loss(self, real_logits, fake_logits):
            return ops.sum(1.0 - fake_logits)

    def discriminator(samples, *told):
        return samples[:, :1]

    context = make_context(
        discriminator,
        real=np.ones((4, 2), "float32"),
        fake=np.zeros((4, 2), "float32"),
        conditions=conditions,
        told=told,
    )
    return ops.convert_to_numpy(MatchingAware(loss=Fakes())(context))


def test_conditions_of_every_form(make_context):
    convert = ops.convert_to_tensor
    labels = convert(np.array([0, 0, 1, 1], "int32"))
    words = convert(np.array([[1, 2], [1, 2], [1, 2], [2, 1]], "int32"))
    images = convert(np.arange(36.0).reshape(4, 3, 3, 1).astype("float32"))
    flags = convert(np.array([True, True, True, True]))
    assert compared(make_context, labels) == 2
    assert compared(make_context, words) == 2
    assert compared(make_context, images) == 0
    assert compared(make_context, flags) == 4
    assert compared(make_context, (labels, words)) == 1
    assert compared(make_context, {"a": labels, "b": flags}) == 2
    # What the discriminator is not told makes no difference to it.
    assert (
        compared(make_context, (labels, images), lambda parts: [parts[0]]) == 2
    )


def test_discriminator_that_is_told_nothing(vector_pair, vectors):
    generator, discriminator = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(4,), num_classes=2
    )
    inputs = keras.Input((2,))
    outputs = {
        "logits": keras.layers.Dense(1)(inputs),
        "class_logits": keras.layers.Dense(2)(inputs),
    }
    labels = np.arange(len(vectors)) % 2
    for pair, data in (
        (vector_pair(), (vectors,)),
        ((generator, keras.Model(inputs, outputs)), (vectors, labels)),
    ):
        gan = kr.RegularizedGAN(*pair)
        gan.compile(
            discriminator_regularizers=[MatchingAware()], run_eagerly=True
        )
        with pytest.raises(ValueError, match="`matching_aware`.*takes some"):
            gan.train_on_batch(*data)


def test_what_a_loss_is_adjusted_by_is_saved(make_context):
    factor = kr.penalties.AdjustableFactor(1.0)
    penalty = MatchingAware(
        loss=kr.losses.FlippedLabels(kr.losses.Wasserstein(), factor)
    )
    (variable,) = penalty.state
    assert variable is factor.variables[0]
    # It depends on no logits: several heads have it in common.
    context = make_context(
        lambda x, labels: [x[:, :1], 2.0 * x[:, :1]],
        heads=2,
        conditions=LABELS,
        told=keras.tree.flatten,
    )
    assert np.isfinite(ops.convert_to_numpy(penalty(context)))


def test_loss_that_is_none():
    with pytest.raises(TypeError, match="`loss`"):
        MatchingAware(loss="hinge")
