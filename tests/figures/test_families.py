import numpy as np
import pytest

from keras_regan.figures._curves import read_curves
from keras_regan.figures._families import families

pytestmark = pytest.mark.host
NAN = float("nan")


def titles(**logs):
    return {
        family.title: list(family.curves)
        for family in families(read_curves(logs))
    }


def test_losses_and_shares_come_first():
    found = titles(
        speed=[3.0],
        d_r1=[0.1],
        d_loss=[1.0],
        val_g_loss=[1.0],
        g_loss=[1.0],
        val_d_r1=[0.1],
        loss=[2.0],
    )
    assert found == {
        "losses": ["d_loss", "val_g_loss", "g_loss", "loss"],
        "share of each regularizer in its loss": ["d_r1"],
        "speed": ["speed"],
    }


def test_families_by_name():
    found = titles(
        val_fd_inception=[9.0],
        fd_lite=[2.0],
        kd_lite=[0.1],
        val_precision_lite=[0.5],
        val_recall_lite=[0.5],
        val_density_lite=[1.5],
        coverage=[0.5],
        inception_score=[5.0],
        val_frechet_joint_distance_lite=[12.0],
        conditional_diversity_lite=[3.0],
        conditional_diversity_ratio_lite=[0.8],
        best_of_many_lite=[2.0],
        mean_of_many_lite=[4.0],
        diversity=[0.9],
        conditional_diversity=[0.8],
        near_duplicates=[0.0],
        distance_to_real=[1.0],
        d_real_accuracy=[0.5],
        d_fake_accuracy=[0.5],
        d_separation=[0.5],
        d_logit_size=[1.0],
        g_weight_growth=[1.0],
        d_update=[1e-3],
        g_pairwise_distance_factor=[0.1],
        learning_rate_generator=[1e-4],
    )
    assert list(found.values()) == [
        ["val_fd_inception", "fd_lite", "val_frechet_joint_distance_lite"],
        ["kd_lite"],
        [
            "val_precision_lite",
            "val_recall_lite",
            "val_density_lite",
            "coverage",
        ],
        ["inception_score"],
        ["best_of_many_lite", "mean_of_many_lite"],
        ["conditional_diversity_ratio_lite"],
        ["conditional_diversity_lite"],
        [
            "diversity",
            "conditional_diversity",
            "near_duplicates",
            "distance_to_real",
        ],
        ["d_real_accuracy", "d_fake_accuracy", "d_separation"],
        ["d_logit_size", "g_weight_growth"],
        ["d_update"],
        ["g_pairwise_distance_factor"],
        ["learning_rate_generator"],
    ]


def test_others_by_scale():
    logs = dict(
        modes=[20.0, 24.0],
        share=[0.9, 1.0],
        val_share=[0.8, 1.2],
        seconds=[2000.0, 3000.0],
        probability=[0.0, 0.5],
        bins=[30.0, 40.0],
        zero=[0.0, 0.0],
        slope=[-0.5, 0.5],
    )
    found = families(read_curves(logs))
    # A key and its validation stay together.
    assert [list(family.curves) for family in found] == [
        ["probability", "zero"],
        ["share", "val_share", "slope"],
        ["modes", "bins"],
        ["seconds"],
    ]


def test_titles_are_what_names_have_in_common():
    assert list(titles(ndb_share=[0.1], ndb_divergence=[0.2])) == ["ndb"]
    assert list(titles(val_share=[0.1], share=[0.2])) == ["share"]
    assert list(titles(seconds=[5.0], second_try=[6.0])) == ["others"]


def test_a_standard_error_is_no_curve_of_its_own():
    curves = read_curves(
        {
            "val_kd_lite": [0.5],
            "val_kd_standard_error_lite": [0.1],
            "inception_score_deviation": [0.2],
            "inception_score": [5.0],
            "mean_deviation": [0.3],
        }
    )
    found = {key: f for f in families(curves) for key in f.curves}
    assert set(found) == {"val_kd_lite", "inception_score", "mean_deviation"}
    spread = found["val_kd_lite"].spreads["val_kd_lite"]
    assert spread.values.tolist() == [0.1]
    assert list(found["inception_score"].spreads) == ["inception_score"]
    assert found["mean_deviation"].spreads == {}


def test_nan_is_a_gap_in_metrics_and_stays_in_losses():
    losses, metric = families(
        read_curves({"d_loss": [1.0, NAN], "fd": [NAN, 3.0]})
    )
    np.testing.assert_array_equal(losses.curves["d_loss"].values, [1.0, NAN])
    assert metric.curves["fd"].epochs.tolist() == [2]


def test_everything_is_drawn_once_and_no_panel_is_overcrowded():
    random = np.random.default_rng(0)
    logs = {
        f"key_{i}": list(10 ** random.uniform(-3, 3, size=2))
        for i in range(100)
    }
    logs |= {f"val_{key}": values for key, values in logs.items()}
    found = families(read_curves(logs))
    keys = [key for family in found for key in family.curves]
    assert sorted(keys) == sorted(logs)
    for family in found:
        assert len(family.curves) <= 14
        for key in family.curves:
            assert f"val_{key.removeprefix('val_')}" in family.curves


@pytest.mark.parametrize("values", [[NAN], [0.0], [-1e-300], [1e308]])
def test_odd_values_find_a_place(values):
    (family,) = families(read_curves({"odd": values}))
    assert list(family.curves) == ["odd"]
