import json
import math

import keras
import numpy as np
import optuna
import planted_search as planted
import pytest

import keras_regan as kr
from keras_regan.search import LogUniform
from keras_regan.search import Objective

pytestmark = [pytest.mark.host("torch"), pytest.mark.usefixtures("trained")]


def factors_of(result):
    return [tuple(trial.factors.values()) for trial in result.trials]


# Points.


def test_grid_is_visited_exactly(trained):
    result = planted.fit(planted.search(planted.GRID, sampler="grid"))
    expected = {(0.0, 0.0)} | {
        (hard, soft)
        for hard in (0.0, 1e-3, 1e-2)
        for soft in (0.01, 0.1, 1.0, 10.0)
    }
    assert sorted(factors_of(result)) == sorted(expected)
    assert result.best_factors == {"hard": 0.0, "soft": 0.1}
    assert len(trained) == 13


def test_part_of_a_grid(trained):
    search = planted.search(planted.GRID, sampler="grid")
    first = factors_of(planted.fit(search, trials=5))
    assert len(set(first)) == 6 and first[0] == (0.0, 0.0)
    again = factors_of(planted.fit(search, trials=12))
    assert again[:6] == first and len(set(again)) == 13
    assert len(trained) == 13


@pytest.mark.parametrize("sampler", ["default", "random"])
@pytest.mark.parametrize("seed", range(3))
def test_range_is_searched(sampler, seed):
    result = planted.fit(
        planted.search(sampler=sampler, seeds=[seed]), trials=20
    )
    assert len(result.trials) == 21
    values = [trial.factors["soft"] for trial in result.trials]
    assert values[0] == 0.0
    assert all(1e-4 <= value <= 100.0 for value in values[1:])
    assert len(set(values)) == 21
    assert planted.BEST / 4 < result.best_factors["soft"] < planted.BEST * 4


def test_default_sampler_learns_from_trials():
    # After its first 10, more proposals are near the optimum than by chance.
    near = [
        abs(math.log10(trial.factors["soft"] / planted.BEST)) < 0.6
        for seed in range(3)
        for trial in planted.fit(
            planted.search(seeds=[seed]), trials=30
        ).trials[11:]
    ]
    assert np.mean(near) > 0.4  # By chance 0.2.


def test_resumed_search_proposes_what_it_would_have(tmp_path):
    whole = planted.fit(planted.search(), trials=15)
    for trials in (3, 8, 15):
        parted = planted.fit(
            planted.search(storage=tmp_path / "a.journal"), trials=trials
        )
    assert parted.trials[-1].number == 15
    assert factors_of(parted) == factors_of(whole)


def test_sampler_of_optuna():
    sampler = optuna.samplers.NSGAIISampler(seed=0)
    result = planted.fit(planted.search(sampler=sampler), trials=3)
    assert len({trial.factors["soft"] for trial in result.trials}) == 4


# Failures.


class FailingGAN(planted.PlantedGAN):
    def logs(self, epoch):
        logs = super().logs(epoch)
        soft = self.factors["soft"]
        if soft == 1.0:
            logs["g_loss"] = math.nan
        if soft == 10.0 and epoch == self.epochs - 1:
            logs["val_cost"] = math.inf
        if soft == 0.01 and epoch == 1:
            raise FloatingPointError("too much")
        return logs


def test_failures_are_recorded_and_the_search_goes_on():
    search = planted.search(
        {"soft": planted.GRID["soft"]}, kind=FailingGAN, sampler="grid"
    )
    result = planted.fit(search, epochs=3)
    found = {t.factors["soft"]: (t.state, t.failure) for t in result.trials}
    assert found == {
        0.0: ("complete", None),
        0.1: ("complete", None),
        1.0: ("failed", "g_loss was nan in epoch 1"),
        10.0: ("failed", "val_cost was inf at the end"),
        0.01: ("failed", "FloatingPointError: too much"),
    }
    assert result.best_factors == {"soft": 0.1}
    assert "2 of 5 trials complete" in result.summary()


def test_no_trial_is_complete():
    class Broken(planted.PlantedGAN):
        def fit(self, *args, **kwargs):
            raise RuntimeError("no memory")

    result = planted.fit(planted.search(kind=Broken), trials=2)
    assert [trial.state for trial in result.trials] == ["failed"] * 3
    with pytest.raises(RuntimeError, match="RuntimeError: no memory"):
        result.best()


def test_mistakes_of_the_program_end_the_search(tmp_path):
    class Mistaken(planted.PlantedGAN):
        def fit(self, *args, **kwargs):
            raise AttributeError("no such thing")

    storage = tmp_path / "study.journal"
    search = planted.search(kind=Mistaken, storage=storage)
    with pytest.raises(AttributeError, match="no such thing"):
        planted.fit(search, trials=3)
    # Once it is mended, nothing is missing.
    result = planted.fit(planted.search(storage=storage), trials=3)
    assert [trial.state for trial in result.trials] == ["complete"] * 4


def test_collapse_is_a_failure():
    class Alarmed(keras.callbacks.Callback):
        alarms = []

        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1 and self.model.factors["soft"] > 0.5:
                alarm = kr.callbacks.alarm_actions.Alarm(
                    1, 3, "low_diversity", "all alike"
                )
                self.alarms = [alarm]
                self.model.stop_training = True

    search = planted.search({"soft": [0.1, 1.0]}, sampler="grid")
    result = planted.fit(search, epochs=3, callbacks=lambda: [Alarmed()])
    assert {t.factors["soft"]: t.failure for t in result.trials} == {
        0.0: None,
        0.1: None,
        1.0: "low_diversity in epoch 2: all alike",
    }


# Pruning.


def test_hopeless_trials_are_pruned(trained):
    class Counting(planted.PlantedGAN):
        epochs_seen = []

        def logs(self, epoch):
            self.epochs_seen.append((self.factors["soft"], epoch))
            return super().logs(epoch)

    search = planted.search(
        {"soft": [0.1, 10.0]},
        kind=Counting,
        sampler="grid",
        pruner=optuna.pruners.ThresholdPruner(upper=3.0, n_warmup_steps=1),
    )
    result = planted.fit(search, epochs=3)
    states = {t.factors["soft"]: t.state for t in result.trials}
    assert states == {0.0: "pruned", 0.1: "complete", 10.0: "pruned"}
    assert (10.0, 1) in Counting.epochs_seen
    assert (10.0, 2) not in Counting.epochs_seen


def test_pruner_sees_means_over_trainings():
    seen = []

    class Watching(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            seen.append(trial.intermediate_values[trial.last_step])
            return False

    search = planted.search({"soft": [0.1]}, seeds=(0, 1), pruner=Watching())
    planted.fit(search, trials=1, epochs=2)
    assert seen[-4:] == pytest.approx([0.1, 0.0, 0.05, 0.0])


# Several objectives.


class TwoGAN(planted.PlantedGAN):
    def logs(self, epoch):
        soft = self.factors["soft"]
        quality = {0.0: 1.0, 0.01: 3.0, 0.1: 2.0, 1.0: 4.0, 10.0: 4.0}[soft]
        variety = {0.0: 1.0, 0.01: 2.0, 0.1: 3.0, 1.0: 4.0, 10.0: 3.0}[soft]
        return {"d_loss": 0, "val_bad": quality, "val_varied": variety}


def test_pareto_front(tmp_path):
    search = planted.search(
        {"soft": planted.GRID["soft"]},
        [Objective("val_bad", "min"), Objective("val_varied", "max")],
        kind=TwoGAN,
        sampler="grid",
    )
    result = planted.fit(search)
    front = [trial.factors["soft"] for trial in result.front]
    assert sorted(front) == [0.0, 0.1, 1.0]
    with pytest.raises(ValueError, match="front"):
        result.best()
    result.draw_front(tmp_path / "front.png")
    assert (tmp_path / "front.png").stat().st_size > 1000


def test_several_objectives_with_the_default_sampler():
    objectives = [planted.COST, Objective("val_score", "max")]

    class Both(planted.PlantedGAN):
        def logs(self, epoch):
            logs = super().logs(epoch)
            return {**logs, "val_score": self.factors["soft"]}

    result = planted.fit(
        planted.search(objective=objectives, kind=Both), trials=15
    )
    assert len(result.trials) == 16
    best = max(result.trials, key=lambda trial: trial.factors["soft"])
    assert best in result.front and len(result.front) > 1


# Bad input; nothing is trained.


class Nothing(planted.PlantedGAN):
    def fit(self, *args, **kwargs):
        raise AssertionError("trained")


def refused(error, match, fit=(), **arguments):
    arguments = {"kind": Nothing, **arguments}
    with pytest.raises(error, match=match):
        planted.fit(planted.search(**arguments), **{"trials": 1, **dict(fit)})
    assert planted.PlantedGAN.trained == []


@pytest.mark.parametrize(
    "low, high, error",
    [
        (1.0, 1.0, ValueError),
        (2.0, 1.0, ValueError),
        (0.0, 1.0, ValueError),
        (-1.0, 1.0, ValueError),
        (1.0, math.inf, ValueError),
        ("a", 1.0, TypeError),
        (1.0, True, TypeError),
    ],
)
def test_ranges(low, high, error):
    with pytest.raises(error, match="argument `(low|high)`"):
        LogUniform(low, high)


@pytest.mark.parametrize(
    "space, error",
    [
        ({}, ValueError),
        ([], TypeError),
        ({"soft": []}, ValueError),
        ({"soft": [1, 1]}, ValueError),
        ({"soft": [math.nan]}, ValueError),
        ({"soft": ["1"]}, TypeError),
        ({"soft": (1e-3, True)}, TypeError),
        ({"soft": 1.0}, TypeError),
        ({1: [1.0]}, TypeError),
    ],
)
def test_spaces(space, error):
    refused(error, "argument `space", space=space)


def test_array_is_a_list():
    search = planted.search({"soft": np.geomspace(0.01, 1.0, 3)})
    assert search.space["soft"] == pytest.approx((0.01, 0.1, 1.0))


def test_factor_that_build_does_not_read():
    def build(factors):
        gan = planted.builder(Nothing)({"soft": factors["soft"]})
        return gan

    search = kr.search.FactorSearch(
        build, {"soft": [0.1], "sotf": [1.0]}, planted.COST, storage=None
    )
    with pytest.raises(ValueError, match=r"did not read \['sotf'\]"):
        planted.fit(search, trials=1)


def test_factor_that_the_space_lacks():
    def build(factors):
        return planted.builder(Nothing)({"soft": factors["hard"]})

    search = kr.search.FactorSearch(
        build, {"soft": [0.1]}, planted.COST, storage=None
    )
    with pytest.raises(ValueError, match="asked for 'hard'"):
        planted.fit(search, trials=1)


@pytest.mark.parametrize(
    "read",
    [
        lambda factors: factors["soft"],
        lambda factors: factors.get("soft"),
        lambda factors: factors.pop("soft"),
        lambda factors: dict(**factors),
        lambda factors: dict(factors.items()),
        lambda factors: [*factors.values()],
        lambda factors: [*factors],
        lambda factors: {**factors},
        lambda factors: factors.copy(),
        lambda factors: factors | {"hard": 1.0},
        lambda factors: {"hard": 1.0} | factors,
        lambda factors: json.dumps(factors),
    ],
)
def test_ways_to_read_a_factor(read):
    from keras_regan.search._read_factors import ReadFactors

    factors = ReadFactors({"soft": 1.0})
    assert factors.read == set()
    read(factors)
    assert factors.read == {"soft"}


def test_objective_that_is_not_in_the_logs():
    refused(
        ValueError,
        r"\['val_cost', 'val_d_loss', 'val_g_loss'\].*'val_kd'",
        objective=Objective("val_kd", "min"),
    )


def test_objective_that_callbacks_do_not_log_either():
    search = planted.search(objective=Objective("val_kd", "min"))
    with pytest.raises(ValueError, match=r"\['d_loss', 'g_loss', 'val_cost'\]"):
        planted.fit(search, trials=1, callbacks=lambda: [])


@pytest.mark.parametrize(
    "objective, error",
    [
        ("val_cost", TypeError),
        ([], ValueError),
        (["val_cost"], TypeError),
        ([planted.COST, planted.COST], ValueError),
        (Objective("val_cost", "less"), ValueError),
        (Objective("", "min"), ValueError),
        (None, TypeError),
    ],
)
def test_objectives(objective, error):
    refused(error, "Invalid value for argument", objective=objective)


@pytest.mark.parametrize(
    "arguments, error, match",
    [
        ({"sampler": "tpe"}, ValueError, "sampler"),
        ({"sampler": "grid"}, ValueError, "ranges"),
        ({"pruner": "median"}, TypeError, "pruner"),
        ({"seeds": []}, ValueError, "seeds"),
        ({"seeds": [1, 1]}, ValueError, "seeds"),
        ({"seeds": 3}, TypeError, "seeds"),
        ({"storage": 3}, TypeError, "storage"),
        ({"name": ""}, ValueError, "name"),
        ({"fit": {"folds": 13, "validation_data": None}}, ValueError, "12"),
        ({"fit": {"folds": 1, "validation_data": None}}, ValueError, "folds"),
        ({"fit": {"folds": 2}}, ValueError, "validation_data"),
        ({"fit": {"validation_data": None}}, ValueError, "validation_data"),
        ({"fit": {"trials": 0}}, ValueError, "trials"),
        ({"fit": {"trials": None}}, TypeError, "trials"),
        ({"fit": {"epochs": 0}}, ValueError, "epochs"),
        ({"fit": {"callbacks": []}}, TypeError, "callbacks"),
        ({"fit": {"verbose": 2}}, ValueError, "verbose"),
        ({"fit": {"resume": True}}, TypeError, "resume"),
    ],
)
def test_arguments(arguments, error, match):
    refused(error, match, **arguments)


def test_more_trials_than_points():
    refused(
        ValueError, "12", fit={"trials": 13}, space=planted.GRID, sampler="grid"
    )


def test_pruner_with_several_objectives():
    objectives = [planted.COST, Objective("val_g_loss", "min")]
    pruner = optuna.pruners.MedianPruner()
    refused(ValueError, "pruner", objective=objectives, pruner=pruner)


def test_build_that_returns_no_gan():
    search = kr.search.FactorSearch(
        lambda factors: factors["soft"],
        {"soft": [0.1]},
        planted.COST,
        storage=None,
    )
    with pytest.raises(TypeError, match="argument `build`"):
        planted.fit(search, trials=1)
    with pytest.raises(TypeError, match="argument `build`"):
        kr.search.FactorSearch(None, {"soft": [0.1]}, planted.COST)


@pytest.mark.parametrize(
    "changed, match",
    [
        ({"space": {"soft": [0.1, 0.2]}}, "space"),
        ({"seeds": [1]}, "seeds"),
        ({"sampler": "random"}, "sampler"),
        ({"fit": {"epochs": 2}}, "epochs"),
        ({"fit": {"batch_size": 4}}, "batch_size"),
        ({"fit": {"validation_data": planted.DATA[:5]}}, "validation_data"),
        ({"fit": {"validation_data": -planted.DATA[:4]}}, "validation_data"),
        ({"objective": Objective("val_cost", "max")}, "objective"),
    ],
)
def test_study_that_was_begun_with_something_else(tmp_path, changed, match):
    storage = tmp_path / "study.journal"
    planted.fit(planted.search({"soft": [0.1]}, storage=storage), trials=1)
    planted.PlantedGAN.trained.clear()
    arguments = {"space": {"soft": [0.1]}, "storage": storage, **changed}
    refused(ValueError, match, **arguments)


def test_result_while_others_have_just_begun():
    storage = optuna.storages.InMemoryStorage()
    planted.fit(planted.search(storage=storage), trials=1)
    study = optuna.load_study(study_name="factors", storage=storage)
    study.ask().set_user_attr("worker", ["another machine", 1, "1"])
    result = planted.fit(planted.search(storage=storage), trials=2)
    assert [trial.number for trial in result.trials] == [0, 1]
    assert [row["trial"] for row in result.table()] == [0, 1]


def test_trials_tell_how_long_they_took():
    search = planted.search(
        {"soft": planted.GRID["soft"]},
        kind=FailingGAN,
        sampler="grid",
        pruner=optuna.pruners.ThresholdPruner(upper=3.0),
    )
    result = planted.fit(search, epochs=3)
    states = {trial.state for trial in result.trials}
    assert states == {"complete", "failed", "pruned"}
    assert all(0 < trial.seconds < 60 for trial in result.trials)


def test_missing_optuna(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(ImportError, match=r"keras_regan\[search\]"):
        planted.search()
