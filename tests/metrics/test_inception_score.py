import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan.metrics import inception_score


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def divergences(rows):
    """exp of the mean relative entropy, term by term."""
    marginal = rows.mean(axis=0)
    total = 0.0
    for row in rows:
        total += sum(
            p * (np.log(p) - np.log(q))
            for p, q in zip(row, marginal, strict=True)
            if p > 0
        )
    return np.exp(total / len(rows))


def test_term_by_term():
    logits = np.random.default_rng(0).normal(size=(31, 6)) * 3
    rows = softmax(logits)
    # As the authors divide 31: the last part has one more.
    parts = [divergences(rows[:10]), divergences(rows[10:20])]
    parts.append(divergences(rows[20:]))
    value, deviation = inception_score(rows, splits=3)
    assert value == pytest.approx(np.mean(parts), rel=1e-9)
    assert deviation == pytest.approx(np.std(parts), rel=1e-9)


def test_extremes():
    certain = np.tile(np.eye(5), (4, 1))
    assert inception_score(certain, splits=4) == pytest.approx((5.0, 0.0))
    same = np.tile(np.eye(5)[:1], (8, 1))
    assert inception_score(same, splits=2) == pytest.approx((1.0, 0.0))
    unsure = np.full((8, 5), 0.2)
    assert inception_score(unsure, splits=2) == pytest.approx((1.0, 0.0))


@pytest.mark.parametrize("from_logits", [False, True])
def test_metric(from_logits, in_batches):
    logits = (np.random.default_rng(0).normal(size=(40, 4)) * 2).astype(
        "float32"
    )
    layer = keras.layers.Identity() if from_logits else keras.layers.Softmax()
    model = keras.Sequential([keras.Input((4,)), layer], name="which")
    metric = kr.metrics.InceptionScore(model, from_logits=from_logits, splits=4)
    values = in_batches(metric, logits[:0], logits, 16)
    wanted = inception_score(softmax(logits), splits=4)
    assert values == pytest.approx(
        {
            "inception_score_which": wanted.value,
            "inception_score_deviation_which": wanted.standard_deviation,
        },
        rel=1e-5,
    )


def test_logits_without_saying_so(identity):
    metric = kr.metrics.InceptionScore(identity(3), splits=1)
    metric.update_state(None, np.ones((5, 3)))
    with pytest.raises(ValueError, match="from_logits=True"):
        metric.result()


def test_bad_arguments(identity):
    with pytest.raises(ValueError, match="splits"):
        kr.metrics.InceptionScore(identity(3), splits=0)
    with pytest.raises(TypeError, match="from_logits"):
        kr.metrics.InceptionScore(identity(3), from_logits="yes")
    with pytest.raises(ValueError, match="count of 10 or more"):
        inception_score(np.eye(3))
