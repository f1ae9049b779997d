"""The benchmark of memory finds the line that it assumes."""

import json
import math
import sys

import keras
import largest_batch
import pytest


@pytest.mark.host
def test_batches_are_doubled_up_to_a_limit_and_the_rest_is_a_line():
    taken = []

    def need(batch):
        taken.append(batch)
        return 0.5 + 0.25 * batch

    measured = largest_batch.by_doubling(need, first=2, up_to=5.0)
    assert taken == [2, 4, 8, 16] and list(measured) == taken
    line = largest_batch.Line.through_last_two(measured)
    assert math.isclose(line.fixed, 0.5) and math.isclose(line.each, 0.25)
    assert line.largest_batch(16.0) == 62
    # Two are needed for a line, whatever they need.
    assert list(largest_batch.by_doubling(need, 2, up_to=0.1)) == [2, 4]


@pytest.mark.thorough
def test_rows_are_added_to_a_file(tmp_path, monkeypatch):
    file = tmp_path / "largest.json"
    command = f"largest_batch.py --sizes 16 --dcgan-width 4 --output {file}"
    command += " --r3gan-width 8 --first 8 --up-to-gigabytes 0.01"
    for setting in largest_batch.SETTINGS:
        monkeypatch.setattr(
            sys, "argv", [*command.split(), "--settings", setting]
        )
        largest_batch.main()
    rows = json.loads(file.read_text())[keras.backend.backend()]
    assert set(rows) == {f"{s}, 16 pixels" for s in largest_batch.SETTINGS}
    for row in rows.values():
        assert {"8", "16"} <= set(row["gigabytes"])
        assert row["machine"]["keras"] == keras.__version__
