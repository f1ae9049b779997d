import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan.metrics import feature_diversity


def test_all_pairs_by_hand(features):
    rows = features[0]
    gaps = np.linalg.norm(rows[:, None] - rows[None], axis=-1)
    wanted = gaps.sum() / (300 * 299)
    assert feature_diversity(rows) == pytest.approx(wanted, rel=1e-9)


def test_equal_rows_are_at_zero():
    assert feature_diversity(np.full((5, 3), 0.7)) == 0.0


def test_metric_on_vectors(features, identity, in_batches):
    real, generated = (f.astype("float32") for f in features)
    metric = kr.metrics.FeatureDiversity(identity(12))
    values = in_batches(metric, real, generated, 64)
    assert values == pytest.approx(
        {
            "diversity_plane": feature_diversity(generated),
            "diversity_ratio_plane": feature_diversity(generated)
            / feature_diversity(real),
        }
    )


def lpips(first, second, layers):
    """The distance of two images, position by position."""
    total = 0.0
    for layer in layers:
        a, b = (np.array(layer(image[None]))[0] for image in (first, second))
        a = a / np.sqrt(np.square(a).sum(-1, keepdims=True) + 1e-10)
        b = b / np.sqrt(np.square(b).sum(-1, keepdims=True) + 1e-10)
        total += np.square(a - b).sum(-1).mean()
    return total


@pytest.mark.parametrize("layers", [1, 2])
def test_metric_on_maps(layers, in_batches):
    first = keras.layers.Conv2D(3, 3, activation="relu", name="first")
    second = keras.layers.Conv2D(5, 3, strides=2, name="second")
    images = keras.Input((8, 8, 2))
    outputs = [first(images)]
    outputs.append(second(outputs[0]))
    model = keras.Model(images, outputs[:layers], name="maps")
    if layers == 1:
        model = keras.Model(images, outputs[0], name="maps")
    networks = [
        lambda x: keras.ops.convert_to_numpy(first(x)),
        lambda x: keras.ops.convert_to_numpy(second(first(x))),
    ][:layers]
    real, generated = np.random.default_rng(0).normal(size=(2, 6, 8, 8, 2))
    generated = 0.5 * generated + 1.0
    metric = kr.metrics.FeatureDiversity(model)
    values = in_batches(metric, real, generated, 4)
    pairs = [(i, j) for i in range(6) for j in range(i)]
    means = [
        np.mean(
            [
                lpips(s[i].astype("float32"), s[j].astype("float32"), networks)
                for i, j in pairs
            ]
        )
        for s in (generated, real)
    ]
    assert values == pytest.approx(
        {
            "diversity_maps": means[0],
            "diversity_ratio_maps": means[0] / means[1],
        },
        rel=1e-4,
    )


def test_maps_have_no_reference(tmp_path):
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 2)]
    )
    metric = kr.metrics.FeatureDiversity(
        model, reference=str(tmp_path / "r.npz")
    )
    with pytest.raises(ValueError, match="network that returns maps"):
        metric.prepare_once()


def test_real_samples_that_are_all_equal(identity):
    metric = kr.metrics.FeatureDiversity(identity(2))
    metric.update_state(np.ones((4, 2)), np.eye(4, 2))
    assert np.isnan(metric.result()["diversity_ratio_plane"])
