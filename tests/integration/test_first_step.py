"""The benchmark of first steps runs both contenders and makes its table."""

import json

import first_step
import keras
import pytest
import rivals


@pytest.mark.parametrize("index", [0, 1], ids=["loop", "fit"])
def test_each_contender_takes_a_step(index, monkeypatch, capsys):
    monkeypatch.setattr(rivals, "MLP_HIDDEN", (4,))
    monkeypatch.setattr(first_step.step_time, "BATCH", {"mlp": 4})
    module, name = list(
        first_step.contenders(keras.backend.backend()).values()
    )[index]
    first_step.main(["--one", module, name, "mlp"])
    seconds = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert 0 < seconds["imported"] < seconds["stepped"]


def test_table_compares_round_by_round(tmp_path, monkeypatch, capsys):
    # What `fit` takes is twice the loop's, in rounds of different speed.
    seen = []

    def in_new_process(module, name, backend, network):
        seen.append((backend, network))
        seconds = ((len(seen) + 1) // 2) * (
            2.0 if name == "default fit" else 1.0
        )
        return {"imported": seconds / 4, "stepped": seconds}

    monkeypatch.setattr(first_step, "in_new_process", in_new_process)
    path = tmp_path / "first.json"
    first_step.main(
        "--backends torch --networks mlp --rounds 3 --output".split()
        + [str(path)]
    )
    assert seen == [("torch", "mlp")] * 6
    row = json.loads(path.read_text())["mlp, torch"]["fit"]
    assert row["stepped"] == [3.0, 4.0, 5.0]
    assert "| fit | 1.00 | 4.00 |" in capsys.readouterr().out
