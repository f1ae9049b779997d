import keras
import numpy as np
import pytest
import scipy.linalg

import keras_regan as kr

CLASSES = 3


@pytest.fixture(scope="module")
def sets():
    generator = np.random.default_rng(0)
    labels = generator.integers(CLASSES, size=400).astype("int32")
    centers = generator.normal(size=(CLASSES, 4))
    real = centers[labels] + generator.normal(size=(400, 4))
    generated = 0.5 * centers[labels] + generator.normal(size=(400, 4)) + 0.4
    return real.astype("float32"), generated.astype("float32"), labels


def by_square_root(real, generated):
    """The published formula with a general matrix square root."""
    covariance = np.cov(real, rowvar=False)
    other = np.cov(generated, rowvar=False)
    root = scipy.linalg.sqrtm(covariance @ other)
    gap = real.mean(axis=0) - generated.mean(axis=0)
    return gap @ gap + np.trace(covariance + other) - 2 * np.trace(root).real


def by_hand(real, generated, conditions, alpha=None):
    """As the authors do it, with conditions scaled before anything else."""
    real, generated, conditions = (
        np.asarray(array, "float64") for array in (real, generated, conditions)
    )
    if alpha is None:
        alpha = (
            np.linalg.norm(real, axis=1).mean()
            / np.linalg.norm(conditions, axis=1).mean()
        )
    return by_square_root(
        np.concatenate([real, alpha * conditions], axis=1),
        np.concatenate([generated, alpha * conditions], axis=1),
    )


def metric_of(model, **arguments):
    return kr.metrics.FrechetJointDistance(model, **arguments)


def in_batches(real, generated, conditions, size):
    return [
        (
            real[first : first + size],
            generated[first : first + size],
            keras.tree.map_structure(
                lambda c, first=first: c[first : first + size], conditions
            ),
        )
        for first in range(0, len(real), size)
    ]


@pytest.mark.parametrize("alpha", [None, 0.5])
def test_labels(sets, identity, compiled_values, alpha):
    real, generated, labels = sets
    wanted = by_hand(real, generated, np.eye(CLASSES)[labels], alpha)
    inside, outside = (
        metric_of(identity(4), num_classes=CLASSES, alpha=alpha)
        for _ in range(2)
    )
    batches = in_batches(real, generated, labels[:, None], 100)
    key = "frechet_joint_distance_plane"
    values = compiled_values(inside, *batches)
    assert values == {key: pytest.approx(wanted, rel=1e-5)}
    outside.update_state(real, generated, labels)
    assert outside.values() == {key: pytest.approx(wanted, rel=1e-5)}
    assert outside.protocol["real_samples"] == 400


def test_more_classes_than_there_are_change_nothing(sets, identity):
    few, many = (
        metric_of(identity(4), num_classes=n) for n in (CLASSES, 2 * CLASSES)
    )
    few.update_state(*sets)
    many.update_state(*sets)
    assert many.result() == pytest.approx(few.result(), rel=1e-5)


def test_conditions_of_several_kinds(sets, identity, compiled_values):
    real, generated, labels = sets
    images = np.random.default_rng(1).normal(size=(400, 2, 2, 1))
    images = images.astype("float32") + real[:, :1, None, None]
    conditions = {"label": labels, "image": images}
    rows = np.concatenate(
        [images.reshape(400, 4), np.eye(CLASSES)[labels]], axis=1
    )
    batches = in_batches(real, generated, conditions, 200)
    values = compiled_values(
        metric_of(identity(4), num_classes=CLASSES), *batches
    )
    assert list(values.values()) == [
        pytest.approx(by_hand(real, generated, rows), rel=1e-4)
    ]


def test_a_network_for_conditions(sets, identity, compiled_values):
    real, generated, labels = sets
    tokens = np.stack([labels, 2 * labels, labels + 1], axis=1)
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Embedding(8, 2),
            keras.layers.GlobalAveragePooling1D(),
        ]
    )
    table = network.layers[0].get_weights()[0]
    wanted = by_hand(real, generated, table[tokens].mean(axis=1))
    inside, outside = (
        metric_of(identity(4), condition_features=network) for _ in range(2)
    )
    values = compiled_values(
        inside, *in_batches(real, generated, (tokens,), 200)
    )
    assert list(values.values()) == [pytest.approx(wanted, rel=1e-4)]
    outside.update_state(real, generated, tokens)
    assert outside.result() == pytest.approx(wanted, rel=1e-4)
    with pytest.raises(ValueError, match="it takes one array. Received: 2"):
        outside.update_state(real, generated, (tokens, tokens))


@pytest.mark.parametrize("value", [1.0, 0.0])
def test_of_conditions_that_are_all_the_same(sets, identity, value):
    real, generated, _ = sets
    metric = metric_of(identity(4))
    metric.update_state(real, generated, np.full((400, 3), value))
    wanted = by_square_root(real.astype("float64"), generated.astype("float64"))
    assert metric.result() == pytest.approx(wanted, rel=1e-5)


def test_exchanged_labels(identity):
    """Two classes at -1 and 1 that are confused: a closed form."""
    real = np.repeat([[-1.0], [1.0]], 5000, axis=0)
    labels = np.repeat([0, 1], 5000)
    joint = metric_of(identity(1), num_classes=2)
    alone = kr.metrics.FrechetDistance(identity(1))
    joint.update_state(real, -real, labels)
    alone.update_state(real, -real)
    assert alone.result() == pytest.approx(0.0, abs=1e-6)
    # With alpha = 1 and variances of 1 and 1/2, in the directions (1) and
    # (-1, 1) / sqrt(2): both covariances have rank one, and are orthogonal.
    assert joint.result() == pytest.approx(_of_rank_one(), rel=1e-3)


def _of_rank_one():
    """`tr(S) + tr(T) - 2 |u v|` for covariances u u^T and v v^T."""
    u, v = np.array([1.0, -0.5, 0.5]), np.array([-1.0, -0.5, 0.5])
    return u @ u + v @ v - 2 * abs(u @ v)


def test_alpha_of_zero_leaves_the_samples(sets, identity):
    real, generated, labels = sets
    joint = metric_of(identity(4), num_classes=CLASSES, alpha=0.0)
    alone = kr.metrics.FrechetDistance(identity(4))
    joint.update_state(*sets)
    alone.update_state(real, generated)
    assert joint.result() == pytest.approx(alone.result(), rel=1e-6)


def test_real_samples_are_kept(sets, identity):
    real, generated, labels = sets
    metric = metric_of(identity(4), num_classes=CLASSES)
    metric.update_state(real, None, labels)
    metric.keep_real_samples()
    metric.update_state(None, real, labels)
    metric.reset_state()
    metric.update_state(None, generated, labels)
    wanted = by_hand(real, generated, np.eye(CLASSES)[labels])
    assert metric.result() == pytest.approx(wanted, rel=1e-5)


def test_keeps_sums_only(identity):
    metric = metric_of(identity(64), num_classes=16)
    metric.prepare_once()
    size = sum(int(np.prod(v.shape)) for v in metric.variables)
    assert size < 2 * (2 * 80 * 80 + 5 * 80 + 30)


def test_inputs_of_a_network_say_how_long_conditions_are(identity):
    metric = metric_of(identity(4), num_classes=CLASSES)
    metric.prepare_once((keras.Input((), dtype="int32"), keras.Input((5, 2))))
    metric.update_state(
        np.eye(4), np.eye(4), (np.arange(4) % 3, np.ones((4, 5, 2)))
    )
    assert metric.result() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"num_classes": 0}, ValueError, "num_classes.*positive integer"),
        ({"alpha": -1.0}, ValueError, "alpha.*non-negative float"),
        ({"condition_features": 3}, TypeError, "condition_features.*Keras"),
    ],
)
def test_bad_arguments(identity, arguments, error, text):
    with pytest.raises(error, match=text):
        metric_of(identity(4), **arguments)


def test_bad_conditions(sets, identity):
    real, generated, labels = sets
    with pytest.raises(ValueError, match="`num_classes`. Expected the number"):
        metric_of(identity(4)).update_state(*sets)
    with pytest.raises(ValueError, match="the size of conditions"):
        metric_of(identity(4)).prepare_once()
    with pytest.raises(ValueError, match=r"condition_features.*\(None, None\)"):
        metric_of(identity(4)).prepare_once(keras.Input((None,)))
    metric = metric_of(identity(4), num_classes=CLASSES)
    metric.prepare_once(labels)
    with pytest.raises(ValueError, match="from 0 to 2. Received.*1 to 3"):
        metric.update_state(real, generated, labels + 1)
    with pytest.raises(ValueError, match="of 3 elements.*before. Received: 4"):
        metric.update_state(real, generated, real)


def test_labels_that_are_no_classes_in_a_graph(sets, identity, compiled_values):
    real, generated, labels = sets
    metric = metric_of(identity(4), num_classes=CLASSES)
    values = compiled_values(metric, (real, generated, labels - 1))
    assert np.isnan(list(values.values())).all()
