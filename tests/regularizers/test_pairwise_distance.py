"""The pairwise distance against loops over pairs in NumPy."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

SAMPLES = np.random.default_rng(0).normal(size=(5, 3, 4)).astype("float32")


def l1(x, y):
    return np.abs(x - y).mean()


def l2(x, y):
    return np.sqrt(((x - y) ** 2).mean())


NUMPY = {"l1": l1, "l2": l2}


def partners(samples):
    """Each sample with its neighbour in the batch."""
    return [(samples[i], samples[i - 1]) for i in range(len(samples))]


def gradient(regularizer, samples):
    """The gradient at the samples, on any backend."""
    _, _, pullback = _backend.call_with_input_gradient(
        lambda x: (regularizer(x), None), ops.convert_to_tensor(samples)
    )
    one = ops.ones((), "float32")
    return ops.convert_to_numpy(pullback(one))


def numeric_gradient(value, samples, step=1e-3):
    result = np.zeros(samples.shape)
    for index in np.ndindex(*samples.shape):
        high, low = samples.astype("float64"), samples.astype("float64")
        high[index] += step
        low[index] -= step
        result[index] = (value(high) - value(low)) / (2 * step)
    return result


@pytest.mark.parametrize("distance", ["l1", "l2"])
@pytest.mark.parametrize("direction, sign", [("repel", -1), ("attract", 1)])
def test_partner_value(distance, direction, sign):
    regularizer = kr.regularizers.PairwiseDistance(
        0.7, direction=direction, distance=distance
    )
    pairs = [NUMPY[distance](x, y) for x, y in partners(SAMPLES)]
    np.testing.assert_allclose(
        float(regularizer(SAMPLES)), sign * 0.7 * np.mean(pairs), rtol=1e-5
    )


@pytest.mark.parametrize("distance", ["l1", "l2"])
def test_all_pairs_value(distance):
    regularizer = kr.regularizers.PairwiseDistance(
        0.7, distance=distance, pairing="all"
    )
    pairs = [
        NUMPY[distance](x, y) for x, y in itertools.combinations(SAMPLES, 2)
    ]
    np.testing.assert_allclose(
        float(regularizer(SAMPLES)), -0.7 * np.mean(pairs), rtol=1e-5
    )


@pytest.mark.parametrize("pairing", ["partner", "all"])
def test_margin_bounds_each_pair(pairing):
    pairs = (
        partners(SAMPLES)
        if pairing == "partner"
        else list(itertools.combinations(SAMPLES, 2))
    )
    distances = np.array([l2(x, y) for x, y in pairs])
    margin = float(np.median(distances))
    assert (distances < margin).any() and (distances > margin).any()
    regularizer = kr.regularizers.PairwiseDistance(
        1.0, margin=margin, pairing=pairing
    )
    np.testing.assert_allclose(
        float(regularizer(SAMPLES)),
        -np.minimum(distances, margin).mean(),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"distance": "l1"},
        {"distance": "l2"},
        {"distance": "l2", "margin": 1.3},
        {"distance": "l1", "pairing": "all"},
        {"distance": "l2", "pairing": "all"},
        {"distance": "l2", "pairing": "all", "margin": 1.3},
    ],
    ids=str,
)
def test_gradient_matches_finite_differences(arguments):
    distance = NUMPY[arguments["distance"]]
    margin = arguments.get("margin", np.inf)

    def value(samples):
        pairs = (
            list(itertools.combinations(samples, 2))
            if arguments.get("pairing") == "all"
            else partners(samples)
        )
        return -0.5 * np.mean([min(distance(x, y), margin) for x, y in pairs])

    regularizer = kr.regularizers.PairwiseDistance(0.5, **arguments)
    np.testing.assert_allclose(
        gradient(regularizer, SAMPLES),
        numeric_gradient(value, SAMPLES),
        atol=2e-5,
    )


def test_distance_does_not_depend_on_the_sample_size():
    small = np.zeros((2, 4, 4, 1), "float32")
    small[1] = 0.3
    large = np.zeros((2, 64, 64, 3), "float32")
    large[1] = 0.3
    for distance, pairing in itertools.product(
        ("l1", "l2"), ("partner", "all")
    ):
        regularizer = kr.regularizers.PairwiseDistance(
            1.0, distance=distance, pairing=pairing
        )
        for samples in (small, large):
            np.testing.assert_allclose(
                float(regularizer(samples)), -0.3, rtol=1e-4
            )


def test_all_pairs_keep_precision_far_from_the_origin():
    samples = SAMPLES + 1000.0
    regularizer = kr.regularizers.PairwiseDistance(1.0, pairing="all")
    pairs = [l2(x, y) for x, y in itertools.combinations(SAMPLES, 2)]
    np.testing.assert_allclose(
        float(regularizer(samples)), -np.mean(pairs), rtol=1e-3
    )


@pytest.mark.parametrize("apart", [1e-2, 3e-4, 1e-4])
def test_twins_do_not_drown_the_others(apart):
    # The distance of the nearer ones is less than float32 can tell.
    random = np.random.default_rng(0)
    firsts, moves = random.normal(size=(2, 16, 64))
    twins = np.concatenate([firsts, firsts + apart * moves]).astype("float32")
    differences = twins[:, None] - twins.astype("float64")
    distances = np.sqrt(np.mean(differences**2, axis=-1) + 1e-12)
    pairs = 32 * 31
    expected = 2 * (differences / distances[..., None]).sum(1) / (64 * pairs)
    found = gradient(
        kr.regularizers.PairwiseDistance(
            1.0, direction="attract", pairing="all"
        ),
        twins,
    )
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert error < 0.1


@pytest.mark.parametrize("direction", ["repel", "attract"])
@pytest.mark.parametrize("distance", ["l1", "l2"])
@pytest.mark.parametrize("pairing", ["partner", "all"])
@pytest.mark.parametrize("batch", [1, 4])
def test_finite_at_equal_samples(direction, distance, pairing, batch):
    samples = np.full((batch, 3, 2), 0.25, "float32")
    regularizer = kr.regularizers.PairwiseDistance(
        2.0, direction=direction, distance=distance, pairing=pairing
    )
    assert abs(float(regularizer(samples))) < 1e-4
    assert np.isfinite(gradient(regularizer, samples)).all()


@keras.saving.register_keras_serializable("test_pairwise_distance")
def largest(x, y):
    return ops.max(ops.absolute(x - y), axis=(1, 2))


def test_callable_distance_and_its_round_trip():
    regularizer = kr.regularizers.PairwiseDistance(1.0, distance=largest)
    expected = -np.mean([np.abs(x - y).max() for x, y in partners(SAMPLES)])
    np.testing.assert_allclose(float(regularizer(SAMPLES)), expected, rtol=1e-6)
    config = keras.saving.serialize_keras_object(regularizer)
    copy = keras.saving.deserialize_keras_object(config)
    np.testing.assert_allclose(float(copy(SAMPLES)), expected, rtol=1e-6)


def test_callable_that_returns_no_distance_a_sample():
    regularizer = kr.regularizers.PairwiseDistance(
        1.0, distance=lambda x, y: ops.mean(x - y)
    )
    with pytest.raises(ValueError, match="one distance per sample"):
        regularizer(SAMPLES)


def test_half_precision_is_widened():
    samples = ops.cast(SAMPLES * 100, "float16")
    value = kr.regularizers.PairwiseDistance(1.0, pairing="all")(samples)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    exact = ops.convert_to_numpy(ops.cast(samples, "float32"))
    pairs = [l2(x, y) for x, y in itertools.combinations(exact, 2)]
    np.testing.assert_allclose(float(value), -np.mean(pairs), rtol=1e-4)


@pytest.mark.parametrize("pairing", ["all"])
def test_all_pairs_do_not_depend_on_the_order(pairing):
    order = np.random.default_rng(1).permutation(len(SAMPLES))
    for distance in ("l1", "l2"):
        regularizer = kr.regularizers.PairwiseDistance(
            1.0, distance=distance, pairing=pairing
        )
        np.testing.assert_allclose(
            float(regularizer(SAMPLES)),
            float(regularizer(SAMPLES[order])),
            rtol=1e-5,
        )


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"factor": -1.0}, ValueError, "`factor`.*factor=-1.0"),
        ({"factor": float("nan")}, ValueError, "`factor`"),
        ({"factor": "1"}, TypeError, "`factor`"),
        ({"factor": 1.0, "direction": "push"}, ValueError, "`direction`"),
        ({"factor": 1.0, "distance": "cosine"}, ValueError, "`distance`"),
        ({"factor": 1.0, "margin": 0.0}, ValueError, "`margin`"),
        ({"factor": 1.0, "margin": float("inf")}, ValueError, "`margin`"),
        (
            {"factor": 1.0, "margin": 1.0, "direction": "attract"},
            ValueError,
            "`margin`",
        ),
        ({"factor": 1.0, "pairing": "some"}, ValueError, "`pairing`"),
        (
            {"factor": 1.0, "pairing": "all", "distance": largest},
            ValueError,
            "`pairing`",
        ),
        (
            {
                "factor": 1.0,
                "pairing": "all",
                "distance": "l1",
                "margin": 1.0,
            },
            ValueError,
            "`pairing`",
        ),
        ({"factor": 1.0, "name": "two words"}, ValueError, "`name`"),
        ({"factor": 1.0, "distance": ["l1"]}, ValueError, "`distance`"),
    ],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        kr.regularizers.PairwiseDistance(**arguments)
