import csv
import math

import numpy as np
import pytest
import scipy.stats

from keras_regan.search import Objective
from keras_regan.search import OneStandardError
from keras_regan.search import SearchResult
from keras_regan.search import TrialRecord

pytestmark = pytest.mark.host("torch")

COST = Objective("val_cost", "min")
SCORE = Objective("val_score", "max")


def record(number, factors, values, state="complete", failure=None):
    values = [
        value if isinstance(value, tuple) else (value,) for value in values
    ]
    return TrialRecord(number, factors, state, values, failure, 1.0)


def result_of(trials, *objectives, train=None):
    return SearchResult(objectives or (COST,), trials, train)


def soft(*means, spread=0.1):
    """Trials with growing factors and these means, each of two trainings."""
    return [
        record(n, {"soft": float(n)}, [mean - spread, mean + spread])
        for n, mean in enumerate(means)
    ]


# The winner.


def test_best_mean():
    trials = soft(3.0, 1.0, 2.0)
    assert result_of(trials).best() is trials[1]
    assert result_of(trials, SCORE).best() is trials[0]


def test_failed_trials_do_not_win():
    trials = [*soft(3.0, 1.0), record(2, {"soft": 2.0}, [0.0], "failed", "no")]
    trials.append(record(3, {"soft": 3.0}, [0.0], "pruned"))
    assert result_of(trials).best() is trials[1]


# The standard error of the best, with spread 0.1, is 0.1.
@pytest.mark.parametrize(
    "means, prefer, winner",
    [
        ([1.0, 1.09, 1.2, 2.0], "larger", 1),
        ([1.0, 1.2, 1.09, 2.0], "larger", 2),
        ([1.2, 1.09, 1.0, 1.05], "smaller", 1),
        ([1.2, 1.11, 1.0, 1.05], "smaller", 2),
        ([5.0, 1.0, 5.0], "larger", 1),
    ],
)
def test_one_standard_error(means, prefer, winner):
    rule = OneStandardError(prefer)
    assert result_of(soft(*means)).best(rule).number == winner
    upside_down = soft(*(-mean for mean in means))
    assert result_of(upside_down, SCORE).best(rule).number == winner


def test_one_standard_error_of_several_factors():
    factors = [(1.0, 0.0), (0.5, 10.0), (1.0, 10.0), (2.0, 5.0), (3.0, 20.0)]
    means = [1.0, 1.05, 1.05, 1.05, 2.0]
    trials = [
        record(n, {"a": a, "b": b}, [mean - 0.1, mean + 0.1])
        for n, ((a, b), mean) in enumerate(zip(factors, means, strict=True))
    ]
    # Ranks among the first four: a 1 0 1 3, b 0 2 2 1.
    assert result_of(trials).best(OneStandardError()).number == 3
    assert result_of(trials).best(OneStandardError("smaller")).number == 0


def test_one_standard_error_needs_an_error():
    trials = [record(0, {"soft": 0.0}, [1.0])]
    with pytest.raises(ValueError, match="two trainings"):
        result_of(trials).best(OneStandardError())
    with pytest.raises(ValueError, match="argument `prefer`"):
        OneStandardError("more")


def test_front_by_hand():
    values = [(1.0, 1.0), (2.0, 2.0), (2.0, 1.0), (3.0, 3.0), (2.5, 3.0)]
    trials = [record(n, {"a": n}, [v]) for n, v in enumerate(values)]
    found = result_of(trials, COST, SCORE).front
    assert [trial.number for trial in found] == [0, 1, 4]


# Numbers.


def test_mean_and_standard_error():
    values = [1.0, 2.0, 4.0, 9.0]
    trial = record(0, {}, values)
    assert trial.mean() == 4.0
    deviation = math.sqrt(sum((v - 4.0) ** 2 for v in values) / 3)
    assert trial.standard_error() == pytest.approx(deviation / 2)
    assert math.isnan(record(0, {}, [1.0]).standard_error())
    assert math.isnan(record(0, {}, []).mean())
    two = record(0, {}, [(1.0, 5.0), (2.0, 7.0)])
    assert (two.mean(1), two.standard_error(1)) == (6.0, 1.0)


def test_summary_compares_trainings_in_pairs():
    # Levels of the seeds differ much more than the two trials.
    trials = [
        record(0, {"soft": 0.0}, [1.0, 11.0, 21.0]),
        record(1, {"soft": 0.25}, [0.5, 10.4, 20.6]),
    ]
    gains = np.array([0.5, 0.6, 0.4])
    error = gains.std(ddof=1) / math.sqrt(3)
    text = result_of(trials).summary()
    assert "Use soft = 0.25: val_cost 10.5 +- 5.8 (3 trainings" in text
    assert f"better by 0.5 +- {error:.2g}." in text
    for trial in trials:
        trial.values[:] = [(-value[0],) for value in trial.values]
    assert "better by 0.5" in result_of(trials, SCORE).summary()


@pytest.mark.parametrize("count", [2, 3, 6, 21])
def test_chance_is_ruled_out_by_a_paired_t_test(count):
    chance = np.random.default_rng(count)
    before = chance.normal(size=count)
    noise = chance.normal(size=count)
    noise -= noise.mean()
    error = noise.std(ddof=1) / math.sqrt(count)
    seen = set()
    for gain in np.linspace(0.1, 15.0, 80):
        after = before - gain * error + noise
        trials = [
            record(0, {"soft": 0.0}, before.tolist()),
            record(1, {"soft": 0.1}, after.tolist()),
        ]
        says_chance = "chance" in result_of(trials).summary()
        by_chance = scipy.stats.ttest_rel(before, after).pvalue
        assert says_chance == (by_chance > 0.05)
        seen.add(says_chance)
    assert seen == {True, False}


def test_summary_says_what_it_cannot_tell():
    trials = [
        record(0, {"soft": 0.0}, [1.0, 1.2]),
        record(1, {"soft": 0.1}, [0.9, 1.25]),
    ]
    assert "chance alone" in result_of(trials).summary()
    single = [record(n, {"soft": n}, [2.0 - n]) for n in range(2)]
    assert "One training cannot tell" in result_of(single).summary()
    assert "no baseline" in result_of(single[1:]).summary()
    worse = [record(n, {"soft": n}, [1.0 + n]) for n in range(2)]
    assert "No trial was better" in result_of(worse).summary()


def test_table_and_files(tmp_path):
    trials = [
        record(0, {"soft": 0.0}, [1.0, 3.0]),
        record(1, {"soft": 0.1}, [], "failed", 'a "reason", with a comma'),
    ]
    result = result_of(trials)
    result.to_csv(tmp_path / "trials.csv")
    with open(tmp_path / "trials.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["soft"]) for row in rows] == [0.0, 0.1]
    assert float(rows[0]["val_cost"]) == 2.0
    assert float(rows[0]["val_cost_error"]) == 1.0
    assert rows[1]["failure"] == 'a "reason", with a comma'
    assert rows[1]["state"] == "failed"
    pandas = pytest.importorskip("pandas")
    frame = result.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["trial"]) == [0, 1]
    assert list(frame.columns) == list(rows[0])


# Figures.


@pytest.mark.parametrize("means", [(3.0, 1.0, 2.0), (0.5, 1.0, 2.0)])
def test_draw_factors(tmp_path, means):
    path = tmp_path / "made" / "factors.png"
    result_of(soft(*means)).draw_factors(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=".png"):
        result_of(soft(*means)).draw_factors(tmp_path / "factors.jpg")


def test_draw_factors_of_single_trainings_and_ranges(tmp_path):
    trials = [
        record(n, {"a_b$": 10.0**-n, "other": 0.0}, [n]) for n in range(1, 4)
    ]
    result_of(trials).draw_factors(tmp_path / "factors.png")
    assert (tmp_path / "factors.png").stat().st_size > 1000


def test_draw_front_needs_two_objectives(tmp_path):
    with pytest.raises(ValueError, match="two objectives"):
        result_of(soft(1.0, 2.0)).draw_front(tmp_path / "front.png")


class Painter:
    """Generates images of one shade, and remembers its seed."""

    def __init__(self, shade):
        self.shade = shade

    def generate(self, count, seed):
        self.seed = seed
        return np.full((count, 4, 4, 1), self.shade, "float32")


def test_draw_grids(tmp_path):
    from PIL import Image

    made = []

    def train(factors, seed):
        assert seed is None
        made.append(Painter(1.0 if factors["soft"] else -1.0))
        return made[-1]

    result = result_of(soft(3.0, 1.0), train=train)
    result.draw_grids(tmp_path / "grids.png", count=4, seed=5)
    pixels = np.asarray(Image.open(tmp_path / "grids.png"))
    half = pixels.shape[1] // 2
    assert pixels[4, 4] == 0 and pixels[4, half + 8] == 255
    assert {painter.seed for painter in made} == {5}
    assert len(made) == 2
    assert result.refit(result.trials[0]).shade == -1.0


def test_grids_of_the_chosen_trial(tmp_path):
    made = []

    def train(factors, seed):
        made.append(factors["soft"])
        return Painter(0.0)

    trials = soft(1.0, 1.05, 3.0)
    result_of(trials, train=train).draw_grids(
        tmp_path / "a.png", OneStandardError()
    )
    assert sorted(made) == [0.0, 1.0]
    # Where nothing is better than no regularization, one training will do.
    made.clear()
    result_of(trials, train=train).draw_grids(tmp_path / "b.png")
    assert made == [0.0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"conditions": [0, 1, 2], "count": 2}, "one image or more for 3"),
        ({"real": np.zeros((2, 4, 4, 1))}, "None without `conditions`"),
        (
            {"conditions": [0], "real": np.zeros((2, 4, 4, 1))},
            "1 samples, one for each condition",
        ),
    ],
)
def test_what_grids_cannot_show_is_refused_first(tmp_path, settings, message):
    def train(factors, seed):
        raise AssertionError("Nothing has to be trained for that.")

    with pytest.raises(ValueError, match=message):
        result_of(soft(3.0, 1.0), train=train).draw_grids(
            tmp_path / "grids.png", **settings
        )


def test_refit_with_another_seed():
    seen = []
    result = result_of(
        soft(3.0, 1.0), train=lambda factors, seed: seen.append((factors, seed))
    )
    result.refit(seed=7)
    result.refit(result.trials[0])
    assert seen == [({"soft": 1.0}, 7), ({"soft": 0.0}, None)]
    with pytest.raises(ValueError, match="seed"):
        result.refit(seed=-1)


def test_figures_of_vectors_are_refused(tmp_path):
    class Vectors(Painter):
        def generate(self, count, seed):
            return np.zeros((count, 2))

    result = result_of(soft(3.0, 1.0), train=lambda factors, seed: Vectors(0))
    with pytest.raises(ValueError, match="images"):
        result.draw_grids(tmp_path / "grids.png")
