import numpy as np
import pytest

from keras_regan.figures._curves import Curve
from keras_regan.figures._curves import read_curves
from keras_regan.figures._shares import is_regularizer
from keras_regan.figures._shares import shares

pytestmark = pytest.mark.host


def test_shares_by_hand():
    # The adversarial part of d_loss is 3 - (1 - 2) = 4, of g_loss 2 - 0.5.
    result = shares(
        read_curves(
            {
                "d_loss": [3.0],
                "d_r1": [1.0],
                "d_lecam": [-2.0],
                "g_loss": [2.0],
                "g_l1": [0.5],
            }
        )
    )
    values = {key: curve.values.tolist() for key, curve in result.items()}
    assert values == {"d_r1": [1 / 7], "d_lecam": [2 / 7], "g_l1": [0.25]}


def test_shares_of_nothing_are_zero_and_of_divergence_unknown():
    result = shares(
        read_curves(
            {
                "d_loss": [0.0, np.nan, np.inf, 1.0],
                "d_r1": [0.0, 1.0, np.inf, np.nan],
            }
        )
    )
    np.testing.assert_array_equal(
        result["d_r1"].values, [0.0, np.nan, np.nan, np.nan]
    )


def test_shares_where_a_regularizer_was_not_logged():
    one = Curve(np.array([2]), np.array([1.0]))
    two = Curve(np.array([1, 2]), np.array([4.0, 4.0]))
    result = shares({"d_loss": two, "d_r1": one})
    assert result["d_r1"].epochs.tolist() == [1, 2]
    assert result["d_r1"].values.tolist() == [0.0, 0.25]


def test_no_shares_without_a_loss():
    assert shares(read_curves({"d_r1": [1.0], "g_loss": [1.0]})) == {}


@pytest.mark.parametrize(
    "key, expected",
    [
        ("d_r1", True),
        ("g_layer_regularizers", True),
        ("g_auxiliary_classifier", True),
        ("d_loss", False),
        ("diversity", False),
        ("g_pairwise_distance_factor", False),
        ("g_proximal_l1", False),
        ("g_sparsity", False),
        ("learning_rate_generator", False),
        ("augmentation_probability", False),
    ],
)
def test_what_is_a_regularizer(key, expected):
    assert is_regularizer(key) is expected


def test_vital_signs_are_no_regularizers():
    vital_signs = pytest.importorskip("keras_regan.callbacks._vital_signs")
    assert not any(map(is_regularizer, vital_signs.VitalSigns._fields))
