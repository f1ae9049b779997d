import numpy as np
import pytest

from keras_regan.callbacks import _symptoms
from keras_regan.callbacks._diagnosis import Diagnosis
from keras_regan.callbacks._vital_signs import VitalSigns

pytestmark = pytest.mark.host

DEFAULTS = {
    "least_diversity": 0.2,
    "least_conditional_diversity": 0.4,
    "most_near_duplicates": 0.5,
    "most_distance": 5.0,
    "most_logit": 20.0,
    "most_weight_growth": 10.0,
}


def signs(**changes):
    """Healthy vital signs, with changes."""
    healthy = {
        "diversity": 0.95,
        "conditional_diversity": 0.9,
        "near_duplicates": 0.02,
        "distance_to_real": 1.0,
        "d_real_accuracy": 0.8,
        "d_fake_accuracy": 0.9,
        "d_separation": 0.92,
        "d_logit_size": 1.5,
        "g_weight_growth": 1.1,
        "d_weight_growth": 1.1,
        "g_update": 1e-3,
        "d_update": 1e-3,
    }
    return VitalSigns(**{**healthy, **changes})


def diagnosis(patience=3, **bounds):
    return Diagnosis(_symptoms.looked_for(**{**DEFAULTS, **bounds}), patience)


def found(series, judge=None):
    """Returns `(number of the check, kind)` of each finding."""
    judge = judge or diagnosis()
    return [
        (number, finding.kind)
        for number, checked in enumerate(series, 1)
        for finding in judge.check(checked)
    ]


def text_of(series):
    judge = diagnosis()
    (finding,) = [f for checked in series for f in judge.check(checked)]
    return finding.text


SICK = {
    "diversity": {"diversity": 0.1},
    "ignored_latents": {"conditional_diversity": 0.3},
    "near_duplicates": {"near_duplicates": 0.6},
    "distance_to_real": {"distance_to_real": 6.0},
    "saturation": {
        "d_logit_size": 30.0,
        "d_separation": 1.0,
        "diversity": 0.4,
    },
}
PARTS_OF_SATURATION = [
    {"d_logit_size": 30.0, "d_separation": 1.0},
    {"d_logit_size": 30.0, "diversity": 0.4, "d_separation": 0.85},
    {"d_logit_size": 19.0, "diversity": 0.4, "d_separation": 1.0},
]


def test_nothing_is_found_in_healthy_series():
    judge = diagnosis()
    assert found(100 * [signs()], judge) == []
    assert judge.healthy


@pytest.mark.parametrize("kind", list(SICK))
def test_a_symptom_is_found_after_patience_checks(kind):
    series = 5 * [signs()] + 5 * [signs(**SICK[kind])]
    assert found(series) == [(8, kind)]
    assert found(series, diagnosis(patience=1)) == [(6, kind)]
    assert found(series, diagnosis(patience=5)) == [(10, kind)]


@pytest.mark.parametrize("kind", list(SICK))
def test_a_symptom_is_found_again_after_a_healthy_check(kind):
    episode = 6 * [signs(**SICK[kind])]
    assert found(episode + [signs()] + episode) == [(3, kind), (10, kind)]


@pytest.mark.parametrize("kind", list(SICK))
def test_a_healthy_check_starts_the_count_anew(kind):
    sick = signs(**SICK[kind])
    assert found(9 * [sick, sick, signs()]) == []


@pytest.mark.parametrize("changes", PARTS_OF_SATURATION)
def test_a_winning_discriminator_alone_is_healthy(changes):
    assert found(9 * [signs(**changes)]) == []


def test_saturation_compares_with_the_best_diversity():
    sick = signs(d_logit_size=30.0, d_separation=1.0, diversity=0.9)
    series = [signs(diversity=2.0), *4 * [sick]]
    assert found(series) == [(4, "saturation")]


def test_samples_too_far_apart_ran_away():
    assert found(3 * [signs(diversity=6.0)]) == [(3, "distance_to_real")]


@pytest.mark.parametrize(
    "changes", [{"diversity": 0.1}, SICK["saturation"]], ids=["low", "won"]
)
def test_diversity_that_rises_is_no_alarm(changes):
    rising = [
        signs(**{**changes, "diversity": 0.01 * 1.15**i}) for i in range(15)
    ]
    assert found(rising) == []
    # Where it stops to rise, it is one.
    stopped = rising + [rising[-1]]
    assert [number for number, _ in found(stopped)][0] == 16


def test_diversity_that_jumps_up_and_down_is_an_alarm():
    series = [signs(diversity=d) for d in (0.02, 0.08, 0.04, 0.07)]
    assert found(series) == [(3, "diversity")]


def test_not_finite_is_found_at_once_and_first():
    broken = VitalSigns(not_finite=("the logs",), d_weight_growth=50.0)
    judge = diagnosis()
    assert found([signs(), broken, broken], judge) == [
        (2, "not_finite"),
        (2, "weight_growth"),
    ]
    assert not judge.healthy


@pytest.mark.parametrize("network", ["g", "d"])
def test_weights_that_explode_are_found_at_once(network):
    key = f"{network}_weight_growth"
    name = {"g": "generator", "d": "discriminator"}[network]
    series = 3 * [signs()] + 9 * [signs(**{key: 22.0})]
    assert found(series) == [(4, "weight_growth")]
    text = text_of(series)
    assert f"weights of the {name} explode" in text
    assert "within 3 checks" in text
    assert "to 20 times what it was (above 10)" in text


def test_weights_may_explode_in_the_first_check():
    assert found([signs(g_weight_growth=11.0)]) == [(1, "weight_growth")]


def test_weights_that_explode_over_patience_checks_are_found():
    series = [signs(g_weight_growth=growth) for growth in (1, 3, 8, 24, 60)]
    assert found(series[:3]) == []
    assert found(series) == [(4, "weight_growth")]
    assert found(series, diagnosis(patience=1)) == []


def test_weights_may_grow_slowly():
    series = [signs(g_weight_growth=1.5**i) for i in range(20)]
    assert found(series) == []


def test_few_different_samples_are_not_told_as_duplicates_too():
    sick = signs(diversity=0.0, near_duplicates=1.0)
    assert found(5 * [sick]) == [(3, "diversity")]
    only = diagnosis(least_diversity=None)
    assert found(5 * [sick], only) == [(3, "near_duplicates")]


def test_bounds_are_those_given():
    series = 3 * [
        signs(
            diversity=0.45,
            near_duplicates=0.3,
            distance_to_real=2.5,
            d_logit_size=9.0,
            d_separation=1.0,
        )
    ]
    assert found(series) == []
    for bounds, kind in (
        ({"least_diversity": 0.5}, "diversity"),
        ({"most_near_duplicates": 0.2}, "near_duplicates"),
        ({"most_distance": 2.0}, "distance_to_real"),
        ({"most_logit": 8.0}, "saturation"),
    ):
        assert found(series, diagnosis(**bounds)) == [(3, kind)]
    series = [signs(g_weight_growth=3.0)]
    assert found(series) == []
    assert found(series, diagnosis(most_weight_growth=2.0)) != []


def test_bounds_can_be_switched_off():
    off = dict.fromkeys(DEFAULTS)
    worst = signs(
        diversity=99.0,
        near_duplicates=1.0,
        d_logit_size=1e9,
        g_weight_growth=1e9,
    )
    assert found(9 * [worst], diagnosis(**off)) == []
    broken = VitalSigns(not_finite=("`d_loss`",))
    assert found([broken], diagnosis(**off)) == [(1, "not_finite")]


def test_numbers_that_are_missing_show_nothing():
    assert found(9 * [VitalSigns()]) == []


def test_forgetting_starts_over():
    judge = diagnosis()
    assert found(3 * [signs(diversity=0.1)], judge) == [(3, "diversity")]
    judge.forget()
    assert judge.healthy
    assert found(3 * [signs(diversity=0.1)], judge) == [(3, "diversity")]


def test_one_sick_check_is_not_healthy_yet_no_alarm():
    judge = diagnosis()
    assert judge.check(signs(diversity=0.1)) == []
    assert not judge.healthy


@pytest.mark.parametrize(
    "changes, words",
    [
        (
            SICK["diversity"],
            ["nearly the same sample", "0.1 times", "below 0.2 for 3 checks"],
        ),
        (
            SICK["ignored_latents"],
            [
                "latents are ignored although conditions differ",
                "0.3 times",
                "below 0.4 for 3 checks",
                "`regularizers.ModeSeeking`",
                "samples_per_condition=2",
            ],
        ),
        (SICK["near_duplicates"], ["60%", "above 50% for 3 checks"]),
        (SICK["distance_to_real"], ["ran away", "6 times", "above 5 for 3"]),
        (
            SICK["saturation"],
            ["100% of all pairs", "logits of 30", "0.4 times", "best 0.4 so"],
        ),
    ],
    ids=list(SICK),
)
def test_texts_name_the_numbers_and_what_helps(changes, words):
    text = text_of(3 * [signs(**changes)])
    if changes is not SICK["ignored_latents"]:
        words = [*words, "learning rate"]
    for word in [*words, "usually helps"]:
        assert word in text


@pytest.mark.parametrize(
    "changes",
    [
        {"conditional_diversity": None},
        {"conditional_diversity": np.nan},
        {"conditional_diversity": 0.45},
    ],
    ids=["not conditional", "unknown", "enough"],
)
def test_latents_are_not_always_ignored(changes):
    assert found(9 * [signs(**changes)]) == []


@pytest.mark.parametrize(
    "changes", [{"diversity": 0.1}, {"near_duplicates": 0.9}]
)
def test_one_of_diversity_ignored_latents_and_duplicates_is_found(changes):
    """The one that says most: the same for all, or for each condition."""
    sick = signs(conditional_diversity=0.1, **changes)
    kind = "diversity" if "diversity" in changes else "ignored_latents"
    assert found(9 * [sick]) == [(3, kind)]


def test_conditional_diversity_that_rises_is_no_alarm():
    rising = [signs(conditional_diversity=0.05 * 1.15**i) for i in range(14)]
    assert found(rising) == []
    assert found([*rising, rising[-1]]) == [(15, "ignored_latents")]


def test_text_of_not_finite_lists_where():
    names = ("the generated samples", "`d_loss`", "`g_loss`")
    text = text_of([VitalSigns(not_finite=names)])
    assert "in the generated samples, `d_loss` and `g_loss`." in text


@pytest.mark.parametrize("argument", list(DEFAULTS))
@pytest.mark.parametrize("value", [-1.0, np.nan, "high"])
def test_bounds_are_checked(argument, value):
    error = TypeError if value == "high" else ValueError
    with pytest.raises(error, match=f"argument `{argument}`"):
        diagnosis(**{argument: value})
