"""A GAN goes on with few images in every way that is compared."""

import sys

import few_images
import keras
import noise_images
import numpy as np
import pytest

import keras_regan as kr


@pytest.mark.host
def test_distance_to_the_nearest():
    others = np.array([[0.0, 0.0], [10.0, 0.0]])
    rows = np.array([[0.0, 3.0], [10.0, 1.0], [6.0, 0.0]])
    assert few_images.nearest(rows, others) == pytest.approx((3 + 1 + 4) / 3)


@pytest.mark.thorough
def test_every_setting(tmp_path, monkeypatch):
    gan = kr.RegularizedGAN(
        *kr.networks.dcgan(
            (16, 16, 3), width=2, discriminator_batch_normalization=False
        ),
        ema_momentum=0.9,
    )
    gan.compile()
    gan.save(tmp_path / "gan.keras")
    keras.Sequential(
        [
            keras.Input((128, 128, 3)),
            keras.layers.AveragePooling2D(32),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    ).save(tmp_path / "features.keras")
    noise_images.write(tmp_path / "data.npz", (25, 32, 32, 3))
    monkeypatch.setattr(few_images, "HELD_OUT", 40)
    command = f"few_images.py --source {tmp_path}/gan.keras --output {tmp_path}"
    command += f" --data {tmp_path}/data.npz --size 16 --steps 2 --batch 4"
    command += f" --features {tmp_path}/features.keras --counts 5"
    command += " --seeds 0 1 --samples 40"
    monkeypatch.setattr(sys, "argv", command.split())
    few_images.main()
    text = (tmp_path / "5 images" / "table.md").read_text()
    rows = [line for line in text.splitlines() if "| 2 |" in line]
    assert len(rows) == len(few_images.SETTINGS)
    assert "nan" not in text
    assert (tmp_path / "5 images" / "samples.png").exists()
