"""What was measured is never lost to a run that is interrupted."""

import pathlib

import pytest
import result_files


@pytest.mark.host
def test_an_interrupted_write_keeps_what_was_there(tmp_path, monkeypatch):
    file = tmp_path / "found.json"
    result_files.write(file, {"a": [1.5, None]})
    write_text = pathlib.Path.write_text

    def cut_off(path, text):
        write_text(path, text[: len(text) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(pathlib.Path, "write_text", cut_off)
    with pytest.raises(KeyboardInterrupt):
        result_files.write(file, {"a": [2.5, 3.5]})
    assert result_files.read(file) == {"a": [1.5, None]}


@pytest.mark.host
def test_digits_of_numbers_in_any_structure():
    values = {"a": [1.23456, 7, "8.99999"], "b": (0.000123456, True)}
    assert result_files.rounded(values, 3) == {
        "a": [1.23, 7, "8.99999"],
        "b": [0.000123, True],
    }
