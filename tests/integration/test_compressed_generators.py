"""The comparison of small generators: what it cuts off, and its tables."""

import sys

import compressed_generators
import compression_methods
import keras
import noise_images
import numpy as np
import pytest
from PIL import Image


def network(*kernels):
    layers = [keras.Input((len(kernels[0]),))]
    layers += [keras.layers.Dense(np.shape(k)[1]) for k in kernels]
    network = keras.Sequential(layers)
    for layer, kernel in zip(network.layers, kernels, strict=True):
        layer.set_weights([np.array(kernel), np.zeros(np.shape(kernel)[1])])
    return network


@pytest.mark.usual_on("torch")
def test_cuts_off_the_smallest_of_all_kernels():
    pruned = network([[3.0, -0.1, 0.2]], [[4.0], [0.3], [-5.0]])
    assert compression_methods.share_of_zeros(pruned) == 0
    compression_methods.cut_off(pruned, 0.5)
    first, _, second, _ = pruned.get_weights()
    np.testing.assert_array_equal(first, [[3.0, 0.0, 0.0]])
    np.testing.assert_array_equal(second, [[4.0], [0.0], [-5.0]])
    assert compression_methods.share_of_zeros(pruned) == 0.5


@pytest.mark.usual_on("torch")
def test_zeros_make_the_file_smaller():
    random = np.random.default_rng(0).normal(size=(200, 100))
    whole = compressed_generators.zipped_bytes(network(random))
    half = network(random)
    compression_methods.cut_off(half, 0.6)
    # Incompressible at first, and about half with three fifths of zeros.
    assert whole > 0.9 * random.size * 4
    assert compressed_generators.zipped_bytes(half) < 0.55 * whole


@pytest.mark.thorough
def test_tables_and_curve(tmp_path, monkeypatch):
    noise_images.write(tmp_path / "data.npz", (150, 32, 32), classes=3)
    command = "compressed_generators.py --steps 2 --further 4 --batch 8"
    command += " --width 2 --samples 100 --size 16 --seeds 0 --shares 0.75"
    command += f" --data {tmp_path}/data.npz --output {tmp_path}"
    monkeypatch.setattr(sys, "argv", command.split())
    compressed_generators.main()
    text = (tmp_path / "table.md").read_text()
    table, against_none, against_magnitude = text.split("\n\n")
    rows = [row.strip("| ").split(" | ") for row in table.splitlines()]
    rows = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[2:]}
    methods = [f"{method}, 75 %" for method in compression_methods.METHODS]
    assert [*rows] == ["none", *methods]
    assert rows["none"]["zeros, %"] == "0.0"
    assert all(rows[method]["zeros, %"] == "75.0" for method in methods)
    assert all(f"| {method} | FD |" in against_none for method in methods)
    assert "| Sparsity, 75 % | FD |" in against_magnitude
    with Image.open(tmp_path / "curve.png") as picture:
        assert min(picture.size) > 100
