"""Told and untold attributes are counted as they are."""

import sys

import numpy as np
import pytest
import untold_attributes
from face_data import Faces
from pair_runs import Run
from PIL import Image


@pytest.fixture
def faces():
    random = np.random.default_rng(0)
    attributes = random.integers(0, 2, (60, 7)).astype("int32")
    images = random.uniform(-1, 1, (60, 16, 16, 3)).astype("float32")
    values = {name: ("no", "yes") for name in "abcdefg"}
    told = random.random((60, 7)) < 0.5
    told[:, [0, 6]] = True, False
    return Faces(images, attributes, np.array(["a"] * 60), told, values)


@pytest.mark.host
def test_smaller_faces_are_means_of_pixels(faces):
    small = untold_attributes.smaller(faces, 8).images
    np.testing.assert_allclose(
        small[3, 1, 2], faces.images[3, 2:4, 4:6].mean(axis=(0, 1)), rtol=1e-5
    )


def test_judge_counts_variety_and_obedience(faces, monkeypatch, tmp_path):
    # It sees what stands in the first pixels.
    monkeypatch.setattr(
        untold_attributes.FaceJudge,
        "attributes",
        lambda self, images: (images[:, 0, :7, 0] > 0).astype("int32"),
    )
    judge = untold_attributes.Judge(faces, faces, faces.attributes, tmp_path)
    images = np.zeros((60, 4, 16, 16, 3))
    images[:, :, 0, :7, 0] = 2.0 * faces.attributes[:, None] - 1.0
    assert judge.as_told(images) == 1.0
    found = judge.variety(images)
    # One of two values each time.
    assert found == {"entropy": 0.0, "values": 0.5}
    # In half of the faces all else than what is told.
    told = faces.told[:, None]
    images[:, :2, 0, :7, 0] *= np.where(told, 1.0, -1.0)
    assert judge.as_told(images) == 1.0
    found = judge.variety(images)
    assert found["values"] == 1.0
    assert found["entropy"] == pytest.approx(1.0, abs=0.02)
    images[:, 0, 0, :7, 0] *= -1.0
    assert judge.as_told(images) == 0.75


@pytest.mark.thorough
def test_tables_and_picture(tmp_path, monkeypatch):
    pairs = "PairwiseDistance, each condition twice"
    command = f"untold_attributes.py --output {tmp_path} --epochs 1 --width 2"
    arguments = ["--seeds", "0", "1", "--settings", "none", pairs]
    monkeypatch.setattr(sys, "argv", [*command.split(), *arguments])
    untold_attributes.main()
    text = (tmp_path / "table.md").read_text()
    assert f"| {pairs}, 3 | 2 |" in text
    assert f"| {pairs}, 3 | told, right |" in text
    picture = Run(pairs, 3.0, 1).file(tmp_path / "faces", ".png")
    with Image.open(picture) as image:
        assert image.size == (8 * 34 - 2, 4 * 34 - 2)
