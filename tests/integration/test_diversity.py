"""The comparison of answers makes its tables, and tells chance from more."""

import sys

import diversity
import noise_images
import numpy as np
import pytest
import trade_off
from pair_runs import Run
from paired import difference
from PIL import Image


@pytest.mark.host
def test_difference_of_pairs():
    before = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    more = difference(before, before + [1, 2, 1, 2, 1])
    assert (more.mean, more.same_sign, more.seeds) == (1.4, 5, 5)
    # Of 32 ways to swap, all and none of them are as far from zero.
    assert more.chance == 2 / 32 and more.verdict == "more"
    assert 1.0 <= more.low < more.mean < more.high <= 2.0
    assert difference(before + 1.0, before).verdict == "less"
    # Sums of 2 + 2 + 2 + 2 - 1 and more: 7 with one negative, 9 with none.
    mixed = difference(before, before + [2, 2, 2, 2, -1])
    assert mixed.chance == 4 / 32 and mixed.verdict == "no difference"
    assert difference(before[:4], before[:4] + 1).verdict == "no difference"
    assert difference(before, before).verdict == "no difference"


@pytest.mark.thorough
def test_tables_and_picture(tmp_path, monkeypatch):
    noise_images.write(tmp_path / "data.npz", (150, 16, 16), classes=3)
    monkeypatch.setattr(diversity, "distance_of_alike", lambda images: 0.2)
    pairs = "PairwiseDistance, each condition twice"
    command = f"diversity.py --data {tmp_path}/data.npz --output {tmp_path}"
    command += " --steps 2 --batch 8 --width 2 --conditions 20 --seeds 0 1"
    settings = ["--settings", "none", pairs]
    monkeypatch.setattr(sys, "argv", [*command.split(), *settings])
    diversity.main()
    text = (tmp_path / "table.md").read_text()
    assert f"| {pairs}, 6 | 2 |" in text
    assert f"| {pairs}, 6 | best of 8 |" in text
    assert (tmp_path / "trade_off.png").exists()
    with Image.open(tmp_path / "answers.png") as picture:
        assert min(picture.size) > 16


@pytest.mark.host
def test_runs_of_a_trade_off(tmp_path):
    for setting, factor, seeds in [
        ("none", 0.0, [0, 1]),
        ("soft, twice", 0.5, [0, 1]),
        ("soft, twice", 10.0, [0, 1, 2]),
        ("soft, twice", 2.0, [0]),
        ("other", 1.0, [0]),
    ]:
        for seed in seeds:
            run = Run(setting, factor, seed)
            run.file(tmp_path).write_text(f'{{"fd": {seed}}}')
    both = [{"fd": 0}, {"fd": 1}]
    assert trade_off.kept(tmp_path, [0, 1]) == {
        "none": {0.0: both},
        "soft, twice": {0.5: both, 10.0: both},
    }


def test_distance_of_those_most_alike(monkeypatch):
    upper = np.array([0.0, 0.1, 1.0, 1.1])[:, None, None]
    lower = np.array([0.0, 0.6, 0.0, 0.2])[:, None, None]
    images = np.concatenate([upper, lower], axis=1)
    # Nearest of the first is the second, of the third the fourth, and back.
    # The upper halves count as equal.
    expected = np.mean([0.6 / 2] * 2 + [0.2 / 2] * 2)
    found = diversity.distance_of_alike(images, count=4)
    np.testing.assert_allclose(found, expected)
