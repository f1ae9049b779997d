import json
import math

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr


def identity(*shape, name="plane"):
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Identity()(inputs), name=name)


def brute_force(rows, threshold):
    """The pairs that are equal or closer than a threshold."""
    return sum(
        np.array_equal(rows[i], rows[j])
        or np.linalg.norm(rows[i] - rows[j]) < threshold
        for i in range(len(rows))
        for j in range(i)
    )


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.7, 100.0])
def test_against_brute_force(threshold):
    random = np.random.default_rng(0)
    rows = random.normal(size=(60, 3))[random.integers(60, size=90)]
    result = kr.metrics.collision_support(None, rows, threshold=threshold)
    expected = brute_force(rows, threshold)
    assert result == (90 * 89 / 2 / expected, expected)


def test_more_rows_than_are_compared_at_a_time():
    random = np.random.default_rng(0)
    rows = random.normal(size=(1600, 2))
    result = kr.metrics.collision_support(None, rows, threshold=0.01)
    differences = np.linalg.norm(rows[:, None] - rows[None], axis=-1)
    expected = (differences[np.triu_indices(1600, 1)] < 0.01).sum()
    assert result.collisions == expected > 0


@pytest.mark.parametrize("support", [50, 400])
def test_known_support(support):
    random = np.random.default_rng(support)
    faces = random.normal(size=(support, 5))
    count = 1000
    results = [
        kr.metrics.collision_support(
            None, faces[random.integers(support, size=count)], threshold=0.0
        )
        for _ in range(6)
    ]
    pairs = count * (count - 1) / 2
    error = math.sqrt(support / pairs)
    for result in results:
        assert abs(result.support / support - 1) < 4 * error
        assert result.support == pairs / result.collisions
    mean = np.mean([result.support for result in results])
    assert abs(mean / support - 1) < 4 * error / math.sqrt(6)


def test_support_of_unequal_shares():
    """That of two samples that are not equally likely is 1 / sum p^2."""
    rows = np.array([[0.0]] * 900 + [[1.0]] * 100)
    result = kr.metrics.collision_support(None, rows, threshold=0.0)
    assert result.support == pytest.approx(1 / (0.81 + 0.01), rel=2e-3)


def test_threshold_is_the_closest_real_pair():
    real = np.array([[0.0], [1.0], [1.5], [9.0], [9.1]])
    generated = np.array([[0.0], [0.4], [4.0], [8.0]])
    # As many as there are generated ones: the pair at 9 is not among them.
    result = kr.metrics.collision_support(real, generated)
    assert result == (6.0, 1)
    assert kr.metrics.collision_support(real, 3 * generated) == (6.0, 0)
    # And the other way round.
    fewer = kr.metrics.collision_support(real[:3], generated)
    assert fewer == (3.0, 1)
    without = kr.metrics.collision_support(real[:2], generated[1:])
    assert without == (1.0, 0)


def test_real_samples_do_not_collide_with_themselves():
    for seed in range(20):
        real = np.random.default_rng(seed).normal(size=(70, 6))
        assert kr.metrics.collision_support(real, real) == (70 * 69 / 2, 0)


def test_equal_real_samples_let_only_equal_ones_collide():
    real = np.array([[0.0], [0.0], [1.0]])
    generated = np.array([[1e-9], [0.0], [0.0]])
    assert kr.metrics.collision_support(real, generated) == (3.0, 1)


def test_equal_rows_of_large_numbers_collide():
    random = np.random.default_rng(0)
    rows = 1e6 + random.normal(size=(20, 100))
    result = kr.metrics.collision_support(
        None, np.concatenate([rows, rows]), threshold=1e-9
    )
    assert result.collisions == 20


def test_collapse():
    result = kr.metrics.collision_support(None, np.ones((9, 2)), threshold=0.0)
    assert result == (1.0, 36)


@pytest.mark.parametrize(
    "error, argument, real, generated, threshold",
    [
        (ValueError, "threshold", None, np.ones((3, 2)), None),
        (ValueError, "threshold", None, np.ones((3, 2)), -1.0),
        (TypeError, "threshold", None, np.ones((3, 2)), "0"),
        (ValueError, "generated_features", None, np.ones((1, 2)), 0.0),
        (ValueError, "generated_features", None, np.ones(3), 0.0),
        (
            ValueError,
            "generated_features",
            np.ones((3, 1)),
            np.ones((3, 2)),
            None,
        ),
        (ValueError, "real_features", np.ones((1, 2)), np.ones((3, 2)), None),
    ],
)
def test_bad_arguments_of_the_function(
    error, argument, real, generated, threshold
):
    with pytest.raises(error, match=f"`{argument}`"):
        kr.metrics.collision_support(real, generated, threshold=threshold)


@pytest.mark.parametrize("batch_size", [7, 64, 300])
def test_metric_in_batches(batch_size):
    random = np.random.default_rng(0)
    real = random.normal(size=(300, 2)).astype("float32")
    generated = real[random.integers(40, size=300)]
    metric = kr.metrics.CollisionSupport(identity(2))
    for first in range(0, 300, batch_size):
        part = slice(first, first + batch_size)
        metric.update_state(
            ops.convert_to_tensor(real[part]),
            ops.convert_to_tensor(generated[part]),
        )
    support, collisions = kr.metrics.collision_support(real, generated)
    assert metric.result() == {
        "support_plane": pytest.approx(support),
        "collisions_plane": collisions,
    }
    assert 30 < support < 55


def test_metric_keeps_the_first_samples():
    metric = kr.metrics.CollisionSupport(
        identity(2), threshold=0.0, max_samples=4
    )
    metric.update_state(None, np.eye(2)[[0, 0, 1, 1, 0, 0, 0]])
    assert metric.result()["collisions_plane"] == 2


def test_classes():
    random = np.random.default_rng(0)
    scores = random.uniform(size=(400, 6)).astype("float32")
    metric = kr.metrics.CollisionSupport(
        classifier=identity(6, name="classes"), name="known"
    )
    metric.update_state(None, scores)
    counts = np.bincount(scores.argmax(axis=1))
    collisions = (counts * (counts - 1) / 2).sum()
    assert metric.result() == {
        "collisions_known": collisions,
        "support_known": pytest.approx(400 * 399 / 2 / collisions),
    }


def test_tuples_of_classes():
    random = np.random.default_rng(0)
    scores = random.uniform(size=(400, 3, 5)).astype("float32")
    metric = kr.metrics.CollisionSupport(classifier=identity(3, 5))
    metric.update_state(None, scores)
    numbers = scores.argmax(axis=-1) @ [25, 5, 1]
    counts = np.bincount(numbers)
    values = metric.result()
    assert values["collisions_plane"] == (counts * (counts - 1) / 2).sum()
    # 125 tuples, equally likely.
    assert abs(values["support_plane"] / 125 - 1) < 0.2


def test_classifier_that_says_nan():
    metric = kr.metrics.CollisionSupport(classifier=identity(3))
    scores = np.eye(3, dtype="float32")
    scores[1, 0] = np.nan
    metric.update_state(None, scores)
    assert all(math.isnan(value) for value in metric.result().values())


def test_too_few_samples():
    metric = kr.metrics.CollisionSupport(identity(2), threshold=0.0)
    metric.update_state(None, np.ones((1, 2)))
    with pytest.raises(ValueError, match="needs 2 generated samples"):
        metric.result()


def test_reset():
    metric = kr.metrics.CollisionSupport(identity(2), threshold=0.0)
    metric.update_state(None, np.ones((5, 2)))
    metric.reset_state()
    metric.update_state(None, np.eye(2))
    assert metric.result()["collisions_plane"] == 0


def test_reference_in_the_place_of_real_samples(tmp_path):
    random = np.random.default_rng(0)
    real = random.normal(size=(50, 2)).astype("float32")
    generated = random.normal(size=(50, 2)).astype("float32") / 4
    model = identity(2)
    path = tmp_path / "real.npz"
    kr.metrics.write_reference(path, real, model)
    metric = kr.metrics.CollisionSupport(model, reference=path)
    metric.update_state(None, generated)
    values = metric.result()
    expected = kr.metrics.collision_support(real, generated)
    assert expected.collisions > 0
    assert tuple(values.values()) == pytest.approx(expected)


def model_or_path(arguments):
    return {
        key: identity(2) if value == "model" else value
        for key, value in arguments.items()
    }


@pytest.mark.parametrize(
    "error, argument, arguments",
    [
        (ValueError, "features", {"features": "model", "classifier": "model"}),
        (ValueError, "threshold", {"classifier": "model", "threshold": 0.1}),
        (ValueError, "reference", {"classifier": "model", "reference": "a"}),
        (
            ValueError,
            "reference",
            {"features": "model", "threshold": 0.1, "reference": "a"},
        ),
        (TypeError, "classifier", {"classifier": print}),
        (TypeError, "features", {"features": print}),
        (ValueError, "threshold", {"features": "model", "threshold": -0.1}),
        (ValueError, "max_samples", {"features": "model", "max_samples": 0}),
    ],
)
def test_bad_arguments(error, argument, arguments):
    with pytest.raises(error, match=f"`{argument}`"):
        kr.metrics.CollisionSupport(**model_or_path(arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        {"features": "model"},
        {"features": "model", "threshold": 0.5, "name": "close"},
        {"classifier": "model", "max_samples": 50},
    ],
    ids=["real", "threshold", "classes"],
)
def test_config_round_trip(arguments):
    metric = kr.metrics.CollisionSupport(**model_or_path(arguments))
    config = keras.saving.serialize_keras_object(metric)
    copy = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert copy.get_config() == metric.get_config()
    random = np.random.default_rng(0)
    real, generated = random.normal(size=(2, 80, 2))
    for one in (metric, copy):
        one.update_state(real, generated)
    assert copy.result() == metric.result()
    assert copy.protocol == metric.protocol


def test_protocol_tells_what_is_alike():
    metrics = kr.metrics.CollisionSupport
    model = identity(2)
    assert [
        metric.protocol["alike"]
        for metric in (
            metrics(model),
            metrics(model, threshold=0.25),
            metrics(classifier=model),
        )
    ] == ["closer than the closest real pair", "closer than 0.25", "same class"]


def test_validation_of_a_gan(vectors, vector_pair):
    softmax = keras.Sequential([keras.Input((2,)), keras.layers.Softmax()])
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(
        metrics=[
            kr.metrics.CollisionSupport(identity(2)),
            kr.metrics.CollisionSupport(classifier=softmax, name="sides"),
        ]
    )
    history = gan.fit(
        vectors, validation_data=vectors, epochs=2, verbose=0
    ).history
    # The untrained generator makes small samples.
    assert history["val_collisions_plane"][0] > 0
    assert 1 <= history["val_support_sides"][0] <= 2.2
    for key in ("support_plane", "collisions_plane", "support_sides"):
        assert len(history[f"val_{key}"]) == 2
        assert key not in history
