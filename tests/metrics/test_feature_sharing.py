import keras
import pytest

import keras_regan as kr
from keras_regan.metrics._feature_sharing import different_networks
from keras_regan.metrics._feature_sharing import network_numbers
from keras_regan.metrics._feature_sharing import share_networks


@pytest.mark.host
def test_metrics_share_networks_again_after_loading(identity):
    """Also one that looks at samples here and at conditions there."""
    first, second = (
        kr.metrics.FeatureExtractor(identity(2, name), value_range=None)
        for name in ("first", "second")
    )
    metrics = [
        kr.metrics.FrechetDistance(second),
        keras.metrics.Mean(),
        kr.metrics.FrechetJointDistance(first, condition_features=second),
        kr.metrics.FrechetJointDistance(first, num_classes=2, name="labels"),
        kr.metrics.ModeCoverage(kr.datasets.gaussian_ring()),
    ]
    assert different_networks(metrics) == [second, first]
    numbers = network_numbers(metrics)
    copies = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(metrics)
    )
    share_networks(copies, numbers)
    assert copies[0].features is copies[2].condition_features
    assert copies[2].features is copies[3].features
    assert [network.name for network in different_networks(copies)] == [
        "second",
        "first",
    ]
