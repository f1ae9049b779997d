"""A training of photos goes on where it was, and is judged on the way."""

import json
import sys

import numpy as np
import photos
import pytest
from PIL import Image


@pytest.mark.host
def test_time_of_epochs_that_a_kill_undid_counts_once(tmp_path, monkeypatch):
    clock = iter([0.0, 5.0, 10.0, 13.0, 100.0, 102.0])
    monkeypatch.setattr(photos.time, "process_time", lambda: next(clock))
    file = tmp_path / "seconds.json"
    first = photos.ProcessorTime(file)
    first.on_train_begin()
    for epoch in (0, 1):
        first.on_epoch_begin(epoch)
        first.on_epoch_end(epoch)
    assert json.loads(file.read_text()) == [5.0, 8.0]
    second = photos.ProcessorTime(file)
    second.on_train_begin()
    second.on_epoch_begin(1)
    second.on_epoch_end(1)
    assert json.loads(file.read_text()) == [5.0, 7.0]


@pytest.mark.usual_on("torch")
@pytest.mark.parametrize(
    "setting, normalized",
    [("quick", 1), ("modern", 0), ("modern, augmented", 0)],
)
def test_penalties_see_no_batch_normalization(monkeypatch, setting, normalized):
    command = "photos.py --data - --width 2 --setting"
    monkeypatch.setattr(sys, "argv", [*command.split(), setting])
    arguments = photos.parse_arguments()
    images = np.zeros((4, 16, 16, 3), "float32")
    plan = photos.Plan(images, 1, 2, 0.2)
    gan = photos.build(plan, images, None, arguments)
    kinds = {type(layer).__name__ for layer in gan.discriminator.layers}
    augmentation = gan.get_compile_config()["augmentation"]
    assert (augmentation is not None) == ("augmented" in setting)
    assert ("BatchNormalization" in kinds) == normalized


@pytest.mark.thorough
@pytest.mark.parametrize("classes", [1, 3])
def test_two_sittings(tmp_path, monkeypatch, classes):
    random = np.random.default_rng(0)
    data = {}
    for split in ("train", "test"):
        data[f"x_{split}"] = random.integers(0, 256, (30, 16, 16, 3), "uint8")
        data[f"y_{split}"] = np.arange(30)[:, None] % classes
    np.savez(tmp_path / "data.npz", **data)
    command = f"photos.py --data {tmp_path}/data.npz --output {tmp_path}"
    command += " --epochs 3 --width 2 --batch 10 --every 1"
    monkeypatch.setattr(sys, "argv", command.split())
    evaluate = photos.kr.callbacks.EvaluateSamples.on_epoch_end

    def until_killed(self, epoch, logs=None):
        evaluate(self, epoch, logs)
        if epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(
            photos.kr.callbacks.EvaluateSamples, "on_epoch_end", until_killed
        )
        photos.main()
    photos.main()
    folder = tmp_path / "modern"
    results = json.loads((folder / "metrics.json").read_text())["results"]
    assert [entry["epoch"] for entry in results] == [1, 2, 3]
    rows = (folder / "history.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0", "1", "2"]
    assert "| modern | 1 | 3 |" in (tmp_path / "table.md").read_text()
    with Image.open(folder / "samples" / "epoch_0003.png") as grid:
        assert min(grid.size) > classes * 16
    other = [*command.split(), "--seed", "1"]
    monkeypatch.setattr(sys, "argv", other)
    with pytest.raises(SystemExit, match="another protocol: seed was 0"):
        photos.main()
