"""The benchmark of growth counts the work and runs each axis."""

import json

import growth
import keras
import pytest
from PIL import Image

import keras_regan as kr

SMALL = {
    "batch": [2, 4],
    "pixels": [16, 28],
    "terms": [0, 2],
    "classes": [2, 3],
    "answers": [1, 2],
}


@pytest.mark.host
def test_multiplications_of_layers():
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(2 * 3 * 4, use_bias=False),  # 5 * 24
            layers.Reshape((2, 3, 4)),
            # Each of 2 * 3 inputs goes to 4 * 4 places of 7 filters.
            kr.layers.Conv2DTranspose(7, 4, strides=2, padding="same"),
            # 2 * 3 outputs of 4 * 6 pixels.
            layers.Conv2D(5, 3, strides=2, padding="same"),
        ]
    )
    assert growth.multiplications(network) == (
        5 * 24 + 6 * 16 * 4 * 7 + 6 * 9 * 7 * 5
    )


@pytest.mark.host
def test_work_of_a_batch_and_of_answers():
    assert growth.work("batch", 64) == 4 * growth.work("batch", 16)
    assert growth.work("answers", 4) == growth.work("answers", 1)
    assert growth.work("terms", 12) == growth.work("batch", 16)


@pytest.mark.thorough
def test_tables_and_figure_of_all_axes(tmp_path, monkeypatch, here, capsys):
    monkeypatch.setattr(growth, "AXES", SMALL)
    monkeypatch.setattr(growth, "WIDTH", 2)
    monkeypatch.setattr(
        growth, "USUAL", {**growth.USUAL, "batch": 2, "pixels": 16}
    )
    path, picture = tmp_path / "growth.json", tmp_path / "growth.png"
    growth.main(
        "--steps 1 --rounds 2 --output".split()
        + [str(path), "--figure", str(picture)]
    )
    found = json.loads(path.read_text())[keras.backend.backend()]
    for axis, sizes in SMALL.items():
        assert list(found[axis]) == list(map(str, sizes))
        assert len(found[axis][str(sizes[1])]["time_of_a_unit"]) == 3
    assert "| classes | processor ms |" in capsys.readouterr().out
    with Image.open(picture) as image:
        assert image.size == (1200, 400)
