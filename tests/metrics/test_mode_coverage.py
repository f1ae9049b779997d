import json
import math

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

import keras_regan as kr
from keras_regan.metrics._chi_distribution import deviations_holding
from keras_regan.metrics._chi_distribution import share_within

CEILING = 1 - math.exp(-4.5)


def covered(mixture, samples, **arguments):
    metric = kr.metrics.ModeCoverage(mixture, **arguments)
    metric.update_state(None, samples)
    return metric.result()


def softmax_of(*shape):
    """A classifier that takes the probabilities themselves."""
    inputs = keras.Input(shape)
    outputs = keras.layers.Softmax()(ops.log(inputs))
    return keras.Model(inputs, outputs, name="known")


def test_closed_forms_of_the_divergence():
    assert kr.metrics.mode_coverage([5, 5, 5, 5], 20) == (4, 1.0, 0.0)
    one = kr.metrics.mode_coverage([0, 9, 0, 0], 18)
    assert one == (1, 0.5, pytest.approx(math.log(4)))
    uneven = kr.metrics.mode_coverage([1, 3], 4)
    expected = math.log(2) - stats.entropy([0.25, 0.75])
    assert uneven.reverse_kl == pytest.approx(expected)


def test_divergence_from_weights():
    counts, weights = np.array([7, 0, 2, 11]), np.array([0.5, 0.2, 0.1, 0.2])
    result = kr.metrics.mode_coverage(counts, 30, 10 * weights)
    assert result.reverse_kl == pytest.approx(stats.entropy(counts, weights))
    even = kr.metrics.mode_coverage(100 * weights, 100, weights)
    assert even.reverse_kl == pytest.approx(0.0, abs=1e-12)


def test_nothing_good_is_the_worst():
    assert kr.metrics.mode_coverage([0, 0], 5) == (0, 0.0, math.log(2))
    weighted = kr.metrics.mode_coverage([0, 0], 5, [1, 3])
    assert weighted.reverse_kl == pytest.approx(math.log(4))


def test_no_divergence_is_negative():
    assert kr.metrics.mode_coverage([3] * 7, 21).reverse_kl >= 0.0


def test_least_good_samples():
    modes = [
        kr.metrics.mode_coverage([3, 2, 1, 0], 6, least=n).modes
        for n in (1, 2, 3, 4)
    ]
    assert modes == [3, 2, 1, 0]


@pytest.mark.parametrize(
    "error, argument, arguments",
    [
        (ValueError, "counts", {"counts": [[1, 2]]}),
        (ValueError, "counts", {"counts": []}),
        (ValueError, "counts", {"counts": [1, -1]}),
        (ValueError, "counts", {"counts": [1, np.nan]}),
        (ValueError, "total", {"total": 2}),
        (TypeError, "total", {"total": 5.0}),
        (ValueError, "weights", {"weights": [1.0]}),
        (ValueError, "weights", {"weights": [1.0, 0.0]}),
        (ValueError, "least", {"least": 0}),
    ],
)
def test_bad_arguments_of_the_function(error, argument, arguments):
    with pytest.raises(error, match=f"`{argument}`"):
        kr.metrics.mode_coverage(**{"counts": [1, 2], "total": 3, **arguments})


@pytest.mark.parametrize("dimensions", [1, 2, 3, 8, 99, 3072])
def test_chi_distribution(dimensions):
    for share in (0.1, 0.5, CEILING):
        deviations = math.sqrt(stats.chi2.ppf(share, dimensions))
        np.testing.assert_allclose(
            share_within(deviations, dimensions), share, atol=1e-9
        )
        np.testing.assert_allclose(
            deviations_holding(share, dimensions), deviations, rtol=1e-9
        )
    assert share_within(0.0, dimensions) == 0.0
    assert share_within(1e3, dimensions) == 1.0


@pytest.mark.parametrize(
    "mixture, floor",
    [
        (kr.datasets.gaussian_ring(), 0.0014),
        (kr.datasets.gaussian_grid(), 0.0048),
    ],
    ids=["ring", "grid"],
)
def test_true_samples_reach_the_ceiling(mixture, floor):
    values = [covered(mixture, mixture.sample(2500, s)) for s in range(8)]
    assert {v["modes"] for v in values} == {len(mixture.centers)}
    good = np.mean([v["good_samples"] for v in values])
    # Four standard errors.
    error = math.sqrt(CEILING * (1 - CEILING) / 20_000)
    np.testing.assert_allclose(good, CEILING, atol=4 * error)
    divergence = np.mean([v["reverse_kl"] for v in values])
    assert 0.5 * floor < divergence < 1.7 * floor


@pytest.mark.parametrize("dimensions", [1, 5, 600])
def test_ceiling_is_the_same_in_any_dimension(dimensions):
    mixture = kr.datasets.random_mixture(4, dimensions, seed=1)
    metric = kr.metrics.ModeCoverage(mixture)
    metric.update_state(None, mixture.sample(20_000))
    values = metric.result()
    np.testing.assert_allclose(values["good_samples"], CEILING, atol=0.003)
    assert values["modes"] == 4
    assert metric.protocol["good_true_samples"] == pytest.approx(CEILING)


def test_radius_is_three_in_the_plane():
    metric = kr.metrics.ModeCoverage(kr.datasets.gaussian_ring())
    assert metric.radius == pytest.approx(3.0, rel=1e-12)
    literal = kr.metrics.ModeCoverage(
        kr.datasets.random_mixture(3, 100), deviations_allowed=3.0
    )
    assert literal.radius == 3.0
    assert literal.protocol["good_true_samples"] < 1e-20


# The second has more coordinates than are compared at once.
@pytest.mark.parametrize("modes, dimensions", [(25, 2), (90, 200)])
def test_against_brute_force(modes, dimensions):
    random = np.random.default_rng(3)
    centers = random.uniform(-4, 4, (modes, dimensions))
    deviations = random.uniform(0.02, 0.5, modes)
    weights = random.uniform(1, 5, modes)
    mixture = kr.datasets.GaussianMixture(centers, deviations, weights)
    samples = mixture.sample(1500, seed=4) + random.normal(
        scale=0.05, size=(1500, dimensions)
    ).astype("float32")
    allowed = 1.1 * math.sqrt(dimensions)
    distances = np.array(
        [
            np.linalg.norm(sample - centers, axis=1) / deviations
            for sample in samples
        ]
    )
    good = distances.min(axis=1) <= allowed
    counts = np.bincount(distances.argmin(axis=1)[good], minlength=modes)
    assert 0.1 < good.mean() < 0.9
    values = covered(mixture, samples, deviations_allowed=allowed, least=3)
    assert values == {
        "modes": (counts >= 3).sum(),
        "good_samples": pytest.approx(good.mean()),
        "reverse_kl": pytest.approx(stats.entropy(counts, weights)),
    }


def test_far_from_the_origin():
    """Where squares of coordinates do not have the digits of a distance."""
    ring = kr.datasets.gaussian_ring()
    far = kr.datasets.GaussianMixture(ring.centers + 100.0, 0.01)
    good = covered(far, far.sample(20_000))["good_samples"]
    np.testing.assert_allclose(good, CEILING, atol=0.003)


def test_samples_at_the_radius_are_good():
    mixture = kr.datasets.GaussianMixture([[0.0, 0.0]], 1.0)
    samples = np.array([[3.0, 0.0], [0.0, -3.0], [0.0, 3.001]], "float32")
    values = covered(mixture, samples, deviations_allowed=3.0)
    assert values["good_samples"] == pytest.approx(2 / 3)


def test_collapse_and_nonsense():
    ring = kr.datasets.gaussian_ring()
    assert covered(ring, ring.centers[[3] * 100]) == {
        "modes": 1.0,
        "good_samples": 1.0,
        "reverse_kl": pytest.approx(math.log(8)),
    }
    samples = np.full((6, 2), np.nan, "float32")
    samples[1], samples[2] = np.inf, ring.centers[5]
    values = covered(ring, samples)
    assert values["modes"] == 1.0
    assert values["good_samples"] == pytest.approx(1 / 6)


@pytest.mark.parametrize("batch_size", [1, 37, 1000, 2500])
def test_batches_do_not_matter(batch_size):
    ring = kr.datasets.gaussian_ring()
    samples = ring.sample(2500) + np.float32(0.01)
    metric = kr.metrics.ModeCoverage(ring)
    if batch_size == 1:
        samples = samples[:40]
    for first in range(0, len(samples), batch_size):
        batch = samples[first : first + batch_size]
        metric.update_state(None, ops.convert_to_tensor(batch))
    assert metric.result() == covered(ring, samples)
    assert metric.protocol["generated_samples"] == len(samples)


def test_reset():
    ring = kr.datasets.gaussian_ring()
    metric = kr.metrics.ModeCoverage(ring)
    metric.reset_state()
    metric.update_state(None, ring.centers)
    metric.reset_state()
    with pytest.raises(ValueError, match="needs 1 generated sample"):
        metric.result()
    metric.update_state(None, ring.centers[:2])
    assert metric.result()["modes"] == 2


def test_images_of_a_mixture():
    mixture = kr.datasets.random_mixture(3, 12)
    images = mixture.sample(50).reshape(50, 2, 3, 2)
    assert covered(mixture, images)["modes"] == 3


def test_samples_of_another_size():
    with pytest.raises(ValueError, match="`generated.shape`"):
        covered(kr.datasets.gaussian_ring(), np.zeros((6, 4), "float32"))


def probabilities(random, *shape):
    values = random.uniform(size=shape) ** 4
    return (values / values.sum(axis=-1, keepdims=True)).astype("float32")


def test_classifier_of_classes():
    random = np.random.default_rng(0)
    scores = probabilities(random, 600, 7)
    metric = kr.metrics.ModeCoverage(classifier=softmax_of(7), name="known")
    metric.update_state(None, scores)
    counts = np.bincount(scores.argmax(axis=1), minlength=7)
    assert metric.result() == {
        "modes_known": (counts > 0).sum(),
        "good_samples_known": 1.0,
        "reverse_kl_known": pytest.approx(stats.entropy(counts, np.ones(7))),
    }


@pytest.mark.parametrize("confidence", [None, 0.5])
def test_classifier_of_tuples(confidence):
    random = np.random.default_rng(0)
    scores = probabilities(random, 300, 3, 4)
    metric = kr.metrics.ModeCoverage(
        classifier=softmax_of(3, 4), confidence=confidence
    )
    # More than are looked at together, and the same once more.
    metric.update_state(None, scores)
    metric.update_state(None, ops.convert_to_tensor(scores))
    good = np.ones(300, bool)
    if confidence:
        good = (scores.max(axis=-1) >= confidence).all(axis=-1)
        assert 0.1 < good.mean() < 0.9
    numbers = scores.argmax(axis=-1)[good] @ [16, 4, 1]
    counts = np.bincount(numbers, minlength=64)
    assert metric.result() == {
        "modes": (counts > 0).sum(),
        "good_samples": pytest.approx(good.mean()),
        "reverse_kl": pytest.approx(stats.entropy(counts, np.ones(64))),
    }
    np.testing.assert_array_equal(
        ops.convert_to_numpy(metric.variables[0].value), 2 * counts
    )


def test_stacked_mnist():
    """A classifier that reads the digit off the first pixel."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (40, 28, 28), "uint8")
    labels = random.integers(10, size=40)
    images[:, 0, 0] = 20 * labels
    inputs = keras.Input((28, 28, 1))
    pixel = keras.layers.Flatten()(inputs)[:, :1]
    scores = -ops.abs(127.5 * (pixel + 1) / 20 - ops.arange(10.0))
    classifier = keras.Model(inputs, scores)
    stacks, modes = kr.datasets.stacked_mnist(images, labels, 500)
    metric = kr.metrics.ModeCoverage(
        classifier=kr.datasets.stacked_mnist_classifier(classifier)
    )
    metric.update_state(None, stacks)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(metric.variables[0].value),
        np.bincount(modes, minlength=1000),
    )
    assert metric.result()["modes"] == len(np.unique(modes))


def test_classifier_that_says_nan():
    scores = np.eye(3, dtype="float32")
    scores[1] = np.nan
    metric = kr.metrics.ModeCoverage(classifier=softmax_of(3))
    metric.update_state(None, scores)
    values = metric.result()
    assert values["modes"] == 2
    assert values["good_samples"] == pytest.approx(2 / 3)


def test_classifier_with_its_preprocessing():
    softmax = keras.Sequential([keras.Input((2,)), keras.layers.Softmax()])
    classifier = kr.metrics.FeatureExtractor(
        softmax,
        value_range=None,
        preprocessing=keras.layers.Rescaling([[-1.0, 1.0]]),
    )
    metric = kr.metrics.ModeCoverage(classifier=classifier)
    metric.update_state(None, np.array([[0.1, 0.2], [0.3, 0.9]], "float32"))
    np.testing.assert_array_equal(
        ops.convert_to_numpy(metric.variables[0].value), [0, 2]
    )
    assert metric.networks == [classifier]


def test_confidence_needs_probabilities():
    logits = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    metric = kr.metrics.ModeCoverage(classifier=logits, confidence=0.5)
    with pytest.raises(ValueError, match="`confidence`.*probabilities"):
        metric.prepare_once()
    sure = keras.Sequential([logits, keras.layers.Softmax()])
    kr.metrics.ModeCoverage(classifier=sure, confidence=0.5).prepare_once()


@pytest.mark.parametrize(
    "shape", [(4, 4, 2), (None, 4), (30, 3)], ids=["map", "open", "many"]
)
def test_classifier_of_something_else(shape):
    metric = kr.metrics.ModeCoverage(classifier=softmax_of(*shape))
    with pytest.raises(ValueError, match="`classifier`"):
        metric.prepare_once()


RING = kr.datasets.gaussian_ring()


@pytest.mark.parametrize(
    "error, argument, arguments",
    [
        (ValueError, "mixture", {}),
        (ValueError, "classifier", {"mixture": RING, "classifier": "known"}),
        (TypeError, "mixture", {"mixture": "ring"}),
        (TypeError, "classifier", {"classifier": print}),
        (ValueError, "confidence", {"mixture": RING, "confidence": 0.5}),
        (
            ValueError,
            "deviations_allowed",
            {"classifier": "known", "deviations_allowed": 3.0},
        ),
        (
            ValueError,
            "deviations_allowed",
            {"mixture": RING, "deviations_allowed": 0.0},
        ),
        (ValueError, "confidence", {"classifier": "known", "confidence": 2.0}),
        (ValueError, "least", {"mixture": RING, "least": 0}),
        (TypeError, "name", {"mixture": RING, "name": 3}),
        (ValueError, "name", {"mixture": RING, "name": "a b"}),
    ],
)
def test_bad_arguments(error, argument, arguments):
    if arguments.get("classifier") == "known":
        arguments = {**arguments, "classifier": softmax_of(3)}
    with pytest.raises(error, match=f"`{argument}`"):
        kr.metrics.ModeCoverage(**arguments)


@pytest.mark.parametrize("kind", ["mixture", "classifier"])
def test_config_round_trip(kind):
    if kind == "mixture":
        metric = kr.metrics.ModeCoverage(
            RING, deviations_allowed=2.0, least=2, name="ring"
        )
        samples = RING.sample(300)
    else:
        metric = kr.metrics.ModeCoverage(
            classifier=softmax_of(3), confidence=0.5
        )
        samples = probabilities(np.random.default_rng(0), 50, 3)
    config = keras.saving.serialize_keras_object(metric)
    copy = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert copy.get_config() == metric.get_config()
    for one in (metric, copy):
        one.update_state(None, samples)
    assert copy.result() == metric.result()
    assert copy.protocol == metric.protocol


@pytest.fixture
def wide_ring():
    """A ring so wide that an untrained generator hits some of it."""
    return kr.datasets.gaussian_ring(radius=0.2, deviation=0.05)


@pytest.fixture
def gan(wide_ring, vector_pair):
    """A GAN that is judged by a mixture and by a classifier."""
    classifier = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(3, activation="softmax")]
    )
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(
        metrics=[
            kr.metrics.ModeCoverage(wide_ring),
            kr.metrics.ModeCoverage(classifier=classifier, name="side"),
        ]
    )
    return gan


def test_validation_of_a_gan(gan, wide_ring):
    samples = wide_ring.sample(100)
    history = gan.fit(
        samples,
        validation_data=samples,
        batch_size=50,
        epochs=2,
        shuffle=False,
        verbose=0,
    ).history
    made = gan.evaluate(samples, batch_size=50, verbose=0, return_dict=True)
    assert 0 < made["good_samples"] < 1 and made["modes"] >= 1
    assert made["good_samples_side"] == 1.0
    for key in ("modes", "good_samples", "reverse_kl", "modes_side"):
        assert len(history[f"val_{key}"]) == 2
        assert history[f"val_{key}"][1] == made[key]
        assert key not in history


def test_saved_with_a_gan(gan, wide_ring, tmp_path):
    samples = wide_ring.sample(50)
    gan.save(tmp_path / "gan.keras")
    logs = [
        model.evaluate(samples, batch_size=50, verbose=0, return_dict=True)
        for model in (gan, keras.models.load_model(tmp_path / "gan.keras"))
    ]
    assert logs[0] == pytest.approx(logs[1], rel=1e-5)
