"""The comparison with few images of a class makes its tables."""

import sys

import few_of_a_class
import noise_images
import numpy as np
import pytest


@pytest.fixture
def data(tmp_path):
    return noise_images.write(
        tmp_path / "data.npz", (60, 16, 16, 3), classes=3, in_turn=False
    )


@pytest.mark.host
def test_images_of_classes_in_turn(data):
    images, labels = few_of_a_class.of_each_class(data, "train", 2)
    assert labels.tolist() == [0, 1, 2, 0, 1, 2]
    with np.load(data) as arrays:
        expected = arrays["x_train"][[0, 20, 40, 1, 21, 41]]
    np.testing.assert_allclose((images + 1) * 127.5, expected, atol=1e-4)
    with pytest.raises(SystemExit, match="has 20 images to train with"):
        few_of_a_class.of_each_class(data, "train", 21)


@pytest.mark.host
def test_distance_in_a_class():
    # Of the first class pairs are 1, 1 and 2 apart, of the second 4.
    images = np.array([0.0, 1.0, 2.0, 7.0, 3.0]).reshape(5, 1, 1, 1)
    found = few_of_a_class.distance_in_a_class(
        images, np.array([0] * 3 + [1] * 2)
    )
    np.testing.assert_allclose(found, (4 / 3 + 4) / 2)


@pytest.mark.thorough
def test_tables(tmp_path, monkeypatch, data):
    pairs = "PairwiseDistance, each condition twice"
    command = f"few_of_a_class.py --data {data} --output {tmp_path / 'runs'}"
    command += " --each 8 --held-out 8 --steps 2 --batch 8 --width 2"
    settings = ["--seeds", "0", "1", "--settings", "none", pairs]
    monkeypatch.setattr(sys, "argv", [*command.split(), *settings])
    few_of_a_class.main()
    text = (tmp_path / "runs" / "table.md").read_text()
    assert f"| {pairs}, 3 | 2 |" in text
    assert f"| {pairs}, 3 | to the training |" in text
    samples = np.load(tmp_path / "runs" / "samples" / "none, seed 1.npy")
    assert samples.shape == (3, few_of_a_class.SAMPLES, 16, 16, 3)


@pytest.mark.thorough
def test_copies_are_at_no_distance(tmp_path, data):
    train = few_of_a_class.of_each_class(data, "train", 8)
    held_out = few_of_a_class.of_each_class(data, "test", 8)
    network = few_of_a_class.classifier(str(data), tmp_path / "c.keras")
    judge = few_of_a_class.Judge(train, held_out, network, tmp_path)
    copies = np.repeat(train[0][:, None], few_of_a_class.SAMPLES, axis=1)
    values = judge(copies)
    np.testing.assert_allclose(values["to_training"], 0.0, atol=1e-5)
    np.testing.assert_allclose(values["apart"], 0.0, atol=1e-5)
