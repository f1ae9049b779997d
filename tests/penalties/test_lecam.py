"""LeCam against averages that NumPy keeps."""

import numpy as np
import pytest
from keras import ops

import keras_regan as kr

LeCam = kr.penalties.LeCam


def critic(weights):
    return lambda x: ops.matmul(x, ops.reshape(weights, (-1, 1)))


def reference(weights, steps, momentum, one_sided):
    """The penalty in the last of some steps, with averages as in its text."""
    real_sum = fake_sum = weight = 0.0
    for real, fake in steps:
        # Averages are constants: they come from the weights as they are.
        real_sum = (
            momentum * real_sum + (1 - momentum) * (real @ WEIGHTS).mean()
        )
        fake_sum = (
            momentum * fake_sum + (1 - momentum) * (fake @ WEIGHTS).mean()
        )
        weight = momentum * weight + (1 - momentum)
    first = steps[-1][0] @ weights - fake_sum / weight
    second = real_sum / weight - steps[-1][1] @ weights
    if one_sided:
        first, second = np.maximum(first, 0), np.maximum(second, 0)
    return (first**2).mean() + (second**2).mean()


WEIGHTS = np.array([0.5, -2.0, 1.0])


@pytest.mark.parametrize("one_sided", [True, False])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_value_and_gradient_over_three_steps(
    one_sided, momentum, make_context, gradient_of, slope_of
):
    random = np.random.default_rng(0)
    steps = random.normal(size=(3, 2, 6, 3)).astype("float32")
    penalty = LeCam(0.7, momentum=momentum, one_sided=one_sided)
    for real, fake in steps[:-1]:
        penalty(
            make_context(
                critic(WEIGHTS.astype("float32")), real=real, fake=fake
            )
        )
    value, gradient = gradient_of(
        lambda w: penalty(
            make_context(critic(w), real=steps[-1][0], fake=steps[-1][1])
        ),
        WEIGHTS,
    )

    def expected(weights):
        return 0.7 * reference(weights, steps, momentum, one_sided)

    np.testing.assert_allclose(value, expected(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, WEIGHTS), rtol=1e-5, atol=1e-6
    )


def test_first_step_takes_the_mean_of_its_batch(make_context):
    # Logits 1 and 3 of real samples, -2 and 0 of generated ones.
    context = make_context(
        lambda x: x,
        real=np.array([[1.0], [3.0]], "float32"),
        fake=np.array([[-2.0], [0.0]], "float32"),
    )
    # (1 + 1)^2, (3 + 1)^2 and (2 + 2)^2, (2 - 0)^2.
    np.testing.assert_allclose(
        float(LeCam(1.0, momentum=0.99)(context)), 10.0 + 10.0, rtol=1e-5
    )


def test_evaluation_leaves_the_averages_alone(make_context):
    penalty = LeCam(1.0)
    before = [ops.convert_to_numpy(v.value) for v in penalty.variables]
    value = penalty(make_context(lambda x: x[:, :1], training=False))
    assert np.isfinite(float(value))
    for variable, start in zip(penalty.variables, before, strict=True):
        assert np.array_equal(ops.convert_to_numpy(variable.value), start)
    penalty(make_context(lambda x: x[:, :1]))
    assert float(penalty.variables[2].value) > 0
    trained = float(penalty(make_context(lambda x: x[:, :1], training=False)))
    np.testing.assert_allclose(trained, float(value), rtol=1e-5)


def test_averages_move_with_training_and_are_saved(
    vector_pair, vectors, tmp_path
):
    import keras

    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(discriminator_regularizers=[LeCam(0.1)])
    gan.fit(vectors, batch_size=16, epochs=2, shuffle=False, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")

    def averages(gan):
        (penalty,) = gan._game.discriminator.penalties
        return [float(v.value) for v in penalty.variables]

    assert averages(gan) == averages(loaded)
    np.testing.assert_allclose(averages(gan)[2], 1 - 0.99**8, rtol=1e-5)


def test_overflow_does_not_stay(make_context, real):
    """A batch that a loss scale will skip leaves the averages as they were."""
    penalty = LeCam(1.0)
    penalty(make_context(lambda x: x[:, :1]))
    before = [float(v.value) for v in penalty.variables]
    for bad in (np.inf, np.nan):
        penalty(make_context(lambda x: x[:, :1], real=real + np.float32(bad)))
        assert [float(v.value) for v in penalty.variables] == before


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"momentum": 1.0}, ValueError, "momentum"),
        ({"momentum": "much"}, TypeError, "momentum"),
        ({"one_sided": 1}, TypeError, "one_sided"),
        ({"factor": -1.0}, ValueError, "factor"),
    ],
    ids=["momentum", "decay_type", "one_sided", "factor"],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"`{name}`"):
        LeCam(**arguments)
