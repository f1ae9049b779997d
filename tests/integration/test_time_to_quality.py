"""Seconds to a quality are counted and compared as the benchmark says."""

import functools
import importlib
import itertools
import json
import math
import sys

import image_contenders
import keras
import noise_images
import numpy as np
import pytest
import quality_curves
import time_to_quality
from judged_slices import Task
from judged_slices import Watch
from PIL import Image

BACKEND = keras.backend.backend()


@pytest.mark.host
def test_seconds_are_those_of_training_alone():
    now = 100.0
    judged = []

    def judge(generate, number):
        nonlocal now
        now += 1000.0
        judged.append(number)
        return {"fd": generate(1)}

    watch = Watch(8.0, 4, judge, clock=lambda: now)
    watch.begin(16)
    # The first step compiles; the last but one takes two slices.
    for step, over in zip(
        [50.0, 1.5, 1.5, 4.5, 1.0], [0, 0, 0, 0, 1], strict=True
    ):
        now += step
        assert watch.step_done(lambda n: n / 2) == over
    assert watch.first_step_seconds == 50.0
    assert judged == [1, 3, 4]
    assert [point["seconds"] for point in watch.curve] == [3.0, 7.5, 8.5]
    assert [point["images"] for point in watch.curve] == [48, 64, 80]
    assert watch.curve[0] == {
        "seconds": 3.0,
        "steps": 3,
        "images": 48,
        "fd": 0.5,
    }


def run_of(*points):
    return {
        "first_step_seconds": 1.0,
        "curve": [
            {"seconds": s, "steps": 1, "images": 32, "fd": fd, "kd": fd / 1000}
            for s, fd in points
        ],
    }


@pytest.mark.host
@pytest.mark.parametrize(
    "target, seconds",
    [(100.0, 10.0), (90.0, 10.0), (60.0, 15.0), (30.0, 20.0), (29.0, math.inf)],
)
def test_first_time_that_a_distance_is_reached(target, seconds):
    # At 30 seconds it is worse again.
    run = run_of((10.0, 90.0), (20.0, 30.0), (30.0, 60.0))
    assert quality_curves.seconds_to(run, target) == seconds


@pytest.mark.host
def test_what_is_not_finite_is_not_drawn_a_line_from():
    run = run_of((10.0, math.inf), (20.0, 30.0), (30.0, math.inf))
    assert quality_curves.seconds_to(run, 40.0) == 20.0


@pytest.mark.host
def test_tables(tmp_path):
    # It is best after 20 seconds, and then worse again.
    slow = {0: run_of((10.0, 90.0), (20.0, 50.0), (30.0, 80.0))}
    slow[1] = run_of((10.0, 90.0), (20.0, 70.0))
    runs = {
        "slow": slow,
        # In half and in a quarter of its time.
        "quick": {
            0: run_of((5.0, 90.0), (15.0, 10.0)),
            1: run_of((5.0, 70.0), (20.0, 20.0)),
        },
        # Enough for one of two seeds.
        "poor": {0: run_of((20.0, 60.0)), 1: run_of((20.0, 60.0))},
    }
    rows = quality_curves.time_table(runs, "slow").splitlines()[2:]
    assert rows[0] == "| slow | 2 of 2 | 20 ± 0 | 1.00 | 1.00 to 1.00 |"
    assert rows[1].startswith("| quick | 2 of 2 | 8 ± 2 | 0.35 | 0.25 to 0.5")
    assert rows[2] == "| poor | 1 of 2 | - | - | - |"
    rows = quality_curves.quality_table(runs, [10.0, 20.0]).splitlines()[2:]
    assert rows[0] == (
        "| slow | 2 | 90.0 ± 0.0 | 60.0 ± 10.0 | 75.0 ± 5.0 | 32 | 1.0 s |"
    )
    short = quality_curves.summary(runs)["quick"]["1"]
    assert short["curve"]["fd"] == [70.0, 20.0]


@pytest.mark.host
def test_batches_are_of_one_size_and_there_are_some():
    images = np.arange(5.0)
    batches = itertools.islice(Task(images, seed=0).batches(2), 4)
    seen = [batch.tolist() for (batch,) in batches]
    assert all(len(batch) == 2 for batch in seen)
    for epoch in (seen[:2], seen[2:]):
        assert len(set(np.concatenate(epoch))) == 4
    with pytest.raises(ValueError, match="size=6"):
        Task(images, seed=0).batches(6)


@pytest.mark.thorough
def test_every_kind_of_contender(tmp_path, monkeypatch, capsys):
    noise_images.write(tmp_path / "noise.npz", (40, 28, 28))
    keras.Sequential(
        [
            keras.Input((128, 128, 3)),
            keras.layers.AveragePooling2D(32),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    ).save(tmp_path / "features.keras")
    names = [
        name
        for name, contender in image_contenders.CONTENDERS.items()
        if contender.backend == BACKEND
    ]
    if BACKEND == "tensorflow":
        wgan_gp = importlib.import_module("image_rivals.keras_wgan_gp")
        monkeypatch.setattr(wgan_gp, "BATCH", 8)
    if BACKEND == "torch":
        dcgan = importlib.import_module("image_rivals.torch_dcgan")
        monkeypatch.setattr(dcgan, "BATCH", 8)
    ours = ["our earlier example", "quick, bfloat16", "relativistic, ResNet"]
    ours += ["photos, narrow, shared, falling"]
    # A second a step, so that two seconds are few steps.
    ticks = itertools.count()
    watch = functools.partial(Watch, clock=lambda: next(ticks))
    monkeypatch.setattr(time_to_quality, "Watch", watch)
    command = f"time_to_quality.py --data {tmp_path}/noise.npz --seconds 2"
    command += f" --slices 2 --samples 40 --seeds 0 --output {tmp_path}"
    command += f" --features {tmp_path}/features.keras --contenders"
    command = [*command.split(), *names, *ours]
    monkeypatch.setattr(sys, "argv", command)
    time_to_quality.main()
    folder = tmp_path / "noise"
    for name in [*names, *ours]:
        stem = f"{name} on {BACKEND}, seed 0"
        run = json.loads((folder / f"{stem}.json").read_text())
        assert [point["seconds"] for point in run["curve"]] == [1, 2], name
        assert all(np.isfinite(point["fd"]) for point in run["curve"]), name
        for seconds in ("00001", "00002"):
            path = folder / "grids" / f"{stem}, {seconds} s.png"
            with Image.open(path) as grid:
                assert grid.size == (8 * 28, 8 * 28)
    table = (folder / "table.md").read_text()
    assert table.count("| 1.0 s |") == len(names) + len(ours)
    assert ("1 of 1" in table) == (BACKEND == "tensorflow")
    assert (folder / "curves.png").stat().st_size > 0

    def again(*_):
        raise AssertionError("a run was repeated")

    monkeypatch.setattr(time_to_quality, "run", again)
    time_to_quality.main()
    monkeypatch.setattr(sys, "argv", [*command, "--seconds", "3"])
    with pytest.raises(SystemExit, match="another protocol: seconds was 2.0"):
        time_to_quality.main()
