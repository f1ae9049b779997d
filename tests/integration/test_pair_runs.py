"""Settings of comparisons are chosen by name, with factors of one's own."""

import argparse

import pytest
from pair_runs import Run
from pair_runs import add_choices
from pair_runs import chosen_runs

pytestmark = pytest.mark.host
USUAL = {"none": 0.0, "pairs, twice": 2.0}


def runs(*words):
    parser = argparse.ArgumentParser()
    add_choices(parser, USUAL)
    return chosen_runs(parser.parse_args(words), USUAL.get)


def test_usual_factors_and_others():
    assert runs("--seeds", "3") == [
        Run("none", 0.0, 3),
        Run("pairs, twice", 2.0, 3),
    ]
    chosen = ["none", "pairs, twice=0.5", "pairs, twice"]
    assert runs("--seeds", "3", "4", "--settings", *chosen) == [
        Run(setting, factor, seed)
        for seed in (3, 4)
        for setting, factor in [
            ("none", 0.0),
            ("pairs, twice", 0.5),
            ("pairs, twice", 2.0),
        ]
    ]


@pytest.mark.parametrize("word", ["pairs", "pairs, twice=", "pairs, twice=x"])
def test_what_is_no_setting_is_named(word, capsys):
    with pytest.raises(SystemExit):
        runs("--settings", word)
    error = capsys.readouterr().err
    assert f"received {word!r}; settings are 'none', 'pairs, twice'" in error


def test_no_factor_where_there_is_none():
    with pytest.raises(SystemExit, match="'none' has no factor. Received: 3"):
        runs("--settings", "none=3")
