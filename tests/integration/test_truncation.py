"""Quality and variety are tabled and drawn at each bound."""

import sys

import noise_images
import pytest
import truncation
from PIL import Image


@pytest.mark.thorough
def test_tables_and_figure(tmp_path, monkeypatch):
    noise_images.write(tmp_path / "data.npz", (60, 16, 16), classes=3)
    command = f"truncation.py --data {tmp_path}/data.npz --output {tmp_path}"
    command += " --epochs 1 --width 2 --samples 40 --seeds 0 1 --factors 0.01"
    monkeypatch.setattr(sys, "argv", command.split())
    asked = []
    generate = truncation.kr.RegularizedGAN.generate

    def recorded(self, *arguments, truncation=None, **more):
        asked.append(truncation)
        return generate(self, *arguments, truncation=truncation, **more)

    monkeypatch.setattr(truncation.kr.RegularizedGAN, "generate", recorded)
    truncation.main()
    assert asked == [None, 1.0, 0.7, 0.5, 0.4, 0.3] * 4
    text = (tmp_path / "table.md").read_text()
    assert text.count("| Orthogonal, 0.01 | 2 |") == 6
    with Image.open(tmp_path / "precision_recall.png") as picture:
        assert picture.size == (1080, 480)
