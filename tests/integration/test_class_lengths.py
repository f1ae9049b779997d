"""The comparison of ways to tell a class makes its table."""

import sys

import class_lengths
import keras
import noise_images
import numpy as np
import pytest
from PIL import Image


@pytest.mark.usual_on("torch")
def test_vectors_have_their_length():
    keras.utils.set_random_seed(0)
    generator = class_lengths.told_by_vectors((16, 16, 1), 2, 50, 3.0)
    (embedding,) = (
        layer
        for layer in generator.layers
        if isinstance(layer, keras.layers.Embedding)
    )
    lengths = np.linalg.norm(embedding.get_weights()[0], axis=1)
    np.testing.assert_allclose(lengths.mean(), 3.0, rtol=0.1)


@pytest.mark.thorough
def test_table(tmp_path, monkeypatch):
    data = noise_images.write(tmp_path / "data.npz", (60, 16, 16, 1), classes=3)
    command = f"class_lengths.py --data {data} --output {tmp_path / 'runs'}"
    command += " --each 8 --held-out 8 --steps 2 --batch 8 --width 2 --seeds 0"
    monkeypatch.setattr(sys, "argv", command.split())
    class_lengths.main()
    text = (tmp_path / "runs" / "table.md").read_text()
    for way in (*class_lengths.LENGTHS, f"{class_lengths.SOFT}, 3"):
        assert f"| {way} | distance in a class |" in text
    with Image.open(tmp_path / "runs" / "samples.png") as picture:
        assert min(picture.size) > 100
