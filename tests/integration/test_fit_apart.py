"""The benchmark that takes `fit` apart takes away what it says."""

import json
import sys

import fit_apart
import keras
import numpy as np
import pytest
import rivals
from rivals import with_keras_regan


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(rivals, "MLP_HIDDEN", (8,))


def after_a_bad_batch(name):
    """Whether it was told of, whether weights are finite, and the logs."""
    compiled = keras.backend.backend() == "jax"
    gan = with_keras_regan.gan("mlp", jit_compile=compiled)
    told, logs = False, {}
    with fit_apart.FITS[name]():
        try:
            bad = np.full((8, 2), np.nan, "float32")
            logs = gan.fit(bad, batch_size=4, verbose=0).history
        except ValueError:
            told = True
    weights = [np.isfinite(w).all() for w in gan.generator.get_weights()]
    return told, all(weights), logs.get("d_loss")


def test_what_is_taken_away():
    fit, no_branch, no_look, no_logs = map(after_a_bad_batch, fit_apart.FITS)
    assert fit == (True, True, None)
    assert no_branch == (True, False, None)
    assert no_look[:2] == (False, False) and np.isnan(no_look[2]).all()
    assert no_logs == (False, False, [0.0])


@pytest.mark.thorough
def test_table(tmp_path, monkeypatch, capsys):
    path = tmp_path / "apart.json"
    command = f"fit_apart.py --network mlp --steps 2 --rounds 2 --output {path}"
    monkeypatch.setattr(sys, "argv", command.split())
    fit_apart.main()
    (table,) = json.loads(path.read_text()).values()
    names = list(table["rows"])
    assert names == [
        "hand-tuned loop",
        *fit_apart.FITS,
        "hand-tuned loop, once more",
    ]
    assert table["rows"]["hand-tuned loop"]["ratio_quartiles"] == [1.0] * 3
    printed = capsys.readouterr().out
    assert all(f"| {name} |" in printed for name in names)
