"""The tables of modes are made, and joined settings hold what they should."""

import json
import sys

import kept_runs
import keras
import members_on_ring
import mode_coverage
import mode_settings
import numpy as np
import pytest

import keras_regan as kr


def cover(monkeypatch, output, *arguments):
    command = ["mode_coverage.py", "--steps", "2", "--batch", "8"]
    command += ["--output", str(output), *arguments]
    monkeypatch.setattr(sys, "argv", command)
    mode_coverage.main()


@pytest.mark.thorough
def test_table_of_both_mixtures(tmp_path, monkeypatch):
    arguments = ["--settings", "recipe", "plain", "--seeds", "0", "1"]
    cover(monkeypatch, tmp_path, *arguments)
    for mixture in ("ring", "grid"):
        stem = tmp_path / f"table, {mixture}, recipe plain"
        means, against = stem.with_suffix(".md").read_text().split("\n\n")
        rows = means.splitlines()[2:]
        assert [row.split(" | ")[0] for row in rows] == ["| recipe", "| plain"]
        assert all(row.count("±") == 4 for row in rows)
        assert "| recipe | reverse KL |" in against
        summary = json.loads(stem.with_suffix(".json").read_text())
        assert summary["protocol"]["steps"] == 2
        assert len(summary["runs"]["plain"]["modes"]) == 2
    # What is there is not trained again.
    monkeypatch.setattr(mode_coverage, "run", None)
    cover(monkeypatch, tmp_path, *arguments)
    with pytest.raises(SystemExit, match="another protocol.*batch"):
        cover(monkeypatch, tmp_path, *arguments, "--batch", "9")


@pytest.mark.usual_on("torch")
def test_member_with_labels(tmp_path, monkeypatch):
    cover(
        monkeypatch,
        tmp_path,
        *("--settings", "layers.ClassProjection with the recipe"),
        *("--seeds", "0", "--mixtures", "grid"),
    )
    (run,) = tmp_path.glob("grid, *seed 0.json")
    assert np.isfinite(json.loads(run.read_text())["reverse_kl"])


def test_kinds_of_settings():
    parts = mode_settings.parts(100)
    assert list(mode_coverage.chosen(["parts"], 100)) == list(parts)
    members = mode_coverage.chosen(["members"], 100)
    assert len(members) == 2 * (len(members_on_ring.settings()) - 1)
    with pytest.raises(KeyError, match="nothing"):
        mode_coverage.chosen(["nothing"], 100)


def test_factors_fall_to_the_last_step():
    r1, r2 = mode_settings.recipe(100)["discriminator_regularizers"]
    for penalty in (r1, r2):
        values = [float(penalty.factor(step)) for step in (0, 50, 100)]
        np.testing.assert_allclose(values, [1.0, 0.1**0.5, 0.1], rtol=1e-5)


@pytest.mark.parametrize(
    ("part", "kinds"),
    [
        ("without R1", [kr.penalties.R2]),
        ("without R2", [kr.penalties.R1]),
        ("without penalties", []),
        ("factors that stay", [kr.penalties.R1, kr.penalties.R2]),
    ],
)
def test_parts_left_out(part, kinds):
    setting = mode_settings.parts(100)[part]()
    entries = setting["discriminator_regularizers"]
    assert [type(entry) for entry in entries] == kinds
    assert isinstance(setting["loss"], kr.losses.Relativistic)


def test_member_takes_the_place_of_its_like():
    recipe = mode_settings.recipe(100)
    member = kr.penalties.R1(3.0)
    other = kr.regularizers.PairwiseDistance()
    joined = mode_settings.joined(
        recipe,
        {
            "loss": kr.losses.Hinge(),
            "networks": {"spectral": True},
            "discriminator_regularizers": [member],
            "generator_regularizers": [other],
        },
    )
    r2 = recipe["discriminator_regularizers"][1]
    assert joined["discriminator_regularizers"] == [r2, member]
    assert joined["generator_regularizers"] == [other]
    assert isinstance(joined["loss"], kr.losses.Hinge)
    assert joined["networks"] == {**recipe["networks"], "spectral": True}


def test_signs_and_waves():
    generator, discriminator = members_on_ring.build(
        **mode_settings.recipe(100)["networks"]
    )
    # A sign is all that changes: there the generator jumps.
    latents = np.full((2, 8), 1e-6, "float32")
    latents[1, 0] *= -1
    left, right = keras.ops.convert_to_numpy(generator(latents))
    assert np.abs(left - right).max() > 1e-3
    fixed = discriminator.non_trainable_weights
    assert [tuple(weight.shape) for weight in fixed] == [(2, 64)]
    assert np.std(keras.ops.convert_to_numpy(fixed[0])) == pytest.approx(
        3.0, rel=0.3
    )


def test_kept_run_is_whole(tmp_path):
    file = tmp_path / "run.json"

    def broken():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept_runs.keep(file, {"steps": 2}, broken)
    assert list(tmp_path.iterdir()) == []
    kept_runs.keep(file, {"steps": 2}, lambda: {"value": 1.0})
    kept_runs.keep(file, {"steps": 2}, lambda: {"value": 2.0})
    found = json.loads(file.read_text())
    assert (found["value"], found["protocol"]) == (1.0, {"steps": 2})
    assert found["machine"]["keras"] == keras.__version__
    summary = tmp_path / "summary.json"
    kept_runs.write_summary(summary, {"plain": [found]}, ["value"])
    assert json.loads(summary.read_text()) == {
        "machine": found["machine"],
        "protocol": {"steps": 2},
        "runs": {"plain": {"value": [1.0]}},
    }
    with pytest.raises(SystemExit, match="steps was 2 and is 3 now"):
        kept_runs.keep(file, {"steps": 3}, lambda: {"value": 3.0})


def test_mean_with_its_error():
    # The deviation of 1, 2 and 3 is 1, so that the error is 1 / sqrt(3).
    assert kept_runs.cell([1.0, 2.0, 3.0], 3) == "2.000 ± 0.577"
    assert kept_runs.cell([2.0], 1) == "2.0"
