"""Gradient penalties at critics whose gradient is known in closed form."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

WEIGHTS = np.array([0.5, -2.0, 1.0], "float32")
PENALTIES = {"r1": (kr.penalties.R1, "real"), "r2": (kr.penalties.R2, "fake")}
both = pytest.mark.parametrize(
    "penalty, which", PENALTIES.values(), ids=list(PENALTIES)
)


@pytest.fixture
def samples(which, real, fake):
    """What the penalty looks at."""
    return {"real": real, "fake": fake}[which]


def linear(x):
    return ops.matmul(x, ops.convert_to_tensor(WEIGHTS[:, None]))


def half_square(x):
    return 0.5 * ops.sum(ops.square(x), axis=-1, keepdims=True)


def patches_of_linear(x):
    return ops.tile(ops.reshape(linear(x), (-1, 1, 1, 1)), (1, 2, 3, 1))


@both
@pytest.mark.parametrize(
    "critic",
    [linear, lambda x: linear(x)[:, 0], patches_of_linear],
    ids=["column", "vector", "patches"],
)
def test_linear_critic_for_every_shape_of_logits(
    penalty, which, critic, make_context
):
    # The gradient of w.x is w at every sample.
    np.testing.assert_allclose(
        float(penalty(3.0)(make_context(critic))),
        3.0 / 2 * (WEIGHTS**2).sum(),
        rtol=1e-5,
    )


@both
def test_quadratic_critic(penalty, samples, make_context):
    # The gradient of ||x||^2 / 2 is x.
    np.testing.assert_allclose(
        float(penalty(0.4)(make_context(half_square))),
        0.4 / 2 * (samples.astype("float64") ** 2).sum(axis=1).mean(),
        rtol=1e-5,
    )


@both
def test_critic_that_ignores_its_input(penalty, which, make_context):
    value = penalty(1.0)(make_context(lambda x: ops.zeros((6, 1))))
    assert float(value) == 0.0


@both
def test_second_order_gradient_reaches_the_critics_weights(
    penalty, which, make_context, gradient_of
):
    # d/dw of factor / 2 ||w||^2 is factor w.
    def value(weights):
        return penalty(3.0)(make_context(lambda x: ops.matmul(x, weights)))

    _, gradient = gradient_of(value, WEIGHTS[:, None])
    np.testing.assert_allclose(gradient[:, 0], 3.0 * WEIGHTS, rtol=1e-5)


@both
def test_second_order_gradient_of_a_nonlinear_critic(
    penalty, samples, make_context, gradient_of, slope_of
):
    hidden = np.random.default_rng(2).normal(size=(3, 4))
    output = np.random.default_rng(3).normal(size=(4, 1))

    def reference(hidden):
        # C = tanh(x H) o, so grad_x C = H ((1 - tanh^2) * o).
        slope = (1 - np.tanh(samples @ hidden) ** 2) * output[:, 0]
        return 0.5 * ((slope @ hidden.T) ** 2).sum(axis=1).mean()

    def value(weights):
        def critic(x):
            last = ops.convert_to_tensor(output.astype("float32"))
            return ops.matmul(ops.tanh(ops.matmul(x, weights)), last)

        return penalty(1.0)(make_context(critic))

    got, gradient = gradient_of(value, hidden)
    np.testing.assert_allclose(got, reference(hidden), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(reference, hidden), rtol=1e-4, atol=1e-5
    )


@both
def test_belongs_to_the_discriminator(penalty, which, vector_pair):
    gan = kr.RegularizedGAN(*vector_pair())
    with pytest.raises(ValueError, match="`discriminator_regularizers`"):
        gan.compile(generator_regularizers=[penalty(1.0)])


def test_one_forward_pass_serves_logits_and_gradient(make_context):
    calls = []

    def critic(x):
        calls.append(1)
        return linear(x)

    step = make_context(critic)
    kr.penalties.R1(1.0)(step)
    kr.penalties.R2(1.0)(step)
    _ = step.real_logits, step.fake_logits, step.real_gradient
    assert len(calls) == 2


def test_input_gradient_at_other_samples(make_context, real):
    step = make_context(half_square)
    points = ops.convert_to_tensor(2 * real)
    np.testing.assert_allclose(
        ops.convert_to_numpy(step.input_gradient(points)), 2 * real, rtol=1e-6
    )


@pytest.mark.parametrize("factor", [0.05, 10.0])
def test_logged_value_is_that_of_the_formula(factor, vectors):
    generator = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2)]
    )
    discriminator = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(1)]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(discriminator_regularizers=[kr.penalties.R1(factor)])
    kernel = discriminator.get_weights()[0]
    logs = gan.train_on_batch(vectors, return_dict=True)
    np.testing.assert_allclose(
        logs["d_r1"], factor / 2 * (kernel**2).sum(), rtol=1e-5
    )


def test_features_that_are_not_there(make_context):
    with pytest.raises(ValueError, match="features.*'features'.*'logits'"):
        _ = make_context(linear).real_features
