"""Searches in several processes, and searches that are killed."""

import collections
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import optuna
import planted_search as planted
import pytest

# These searches train nothing: what processes do to each other is the same.
pytestmark = [
    pytest.mark.host("torch"),
    pytest.mark.usefixtures("trained"),
]
ROOT = pathlib.Path(__file__).parents[2]
POINTS = 13  # The grid and the baseline.


def start(storage, seconds=0.0, sampler="grid"):
    """Starts a process that works on the planted search."""
    return subprocess.Popen(
        [sys.executable, planted.__file__, storage, str(seconds), sampler],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def table_of(process):
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error[-3000:]
    return json.loads(out.splitlines()[-1])


def trials_of(storage):
    """Returns Optuna's own view of the study."""
    if "://" not in storage:
        storage = optuna.storages.JournalStorage(
            optuna.storages.journal.JournalFileBackend(storage)
        )
        return optuna.load_study(
            study_name="factors", storage=storage
        ).get_trials()
    storage = optuna.storages.RDBStorage(storage)
    try:
        return optuna.load_study(
            study_name="factors", storage=storage
        ).get_trials()
    finally:  # Its connections stay open otherwise, and a server has few.
        storage.remove_session()
        storage.engine.dispose()


def complete(trials):
    finished = optuna.trial.TrialState.COMPLETE
    return [trial for trial in trials if trial.state == finished]


def check_two_workers(storage, monkeypatch):
    """One is another process, which begins first; the other is this one."""
    process = start(storage, seconds=0.4)
    while not begun(storage):
        assert process.poll() is None, process.stderr.read()[-3000:]
        time.sleep(0.1)
    monkeypatch.setattr(planted, "SECONDS", 0.4)
    go_on(storage)
    table_of(process)
    check_each_once(storage)


def check_each_once(storage):
    """All points were tried, each by one of two processes."""
    trials = complete(trials_of(storage))
    points = collections.Counter(
        tuple(trial.user_attrs["factors"].values()) for trial in trials
    )
    assert len(points) == POINTS and set(points.values()) == {1}
    assert len({tuple(t.user_attrs["worker"]) for t in trials}) == 2
    # Whoever asks afterwards gets everything and trains nothing.
    planted.PlantedGAN.trained.clear()
    rows = go_on(storage)
    assert planted.PlantedGAN.trained == []
    assert len(rows) == POINTS
    assert {row["state"] for row in rows} == {"complete"}


def go_on(storage, sampler="grid"):
    """Works on the planted search in this process; returns its table."""
    space = planted.GRID if sampler == "grid" else planted.RANGE
    search = planted.search(space, storage=storage, sampler=sampler)
    return planted.fit(search, trials=12, epochs=2).table()


def test_one_of_two_workers_is_killed(tmp_path, monkeypatch, trained):
    """While both try points; the other one takes over what it had begun."""
    storage = str(tmp_path / "study.journal")
    process = start(storage, seconds=0.5)
    while not complete(begun(storage)):
        assert process.poll() is None, process.stderr.read()[-3000:]
        time.sleep(0.05)
    usual = planted.PlantedGAN.fit

    def fit(gan, *args, **kwargs):
        if len(trained) == 2:
            process.kill()
        return usual(gan, *args, **kwargs)

    monkeypatch.setattr(planted.PlantedGAN, "fit", fit)
    go_on(storage)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert len(trials_of(storage)) <= POINTS + 1
    check_each_once(storage)


@pytest.mark.thorough
def test_two_workers_on_a_journal(tmp_path, monkeypatch):
    check_two_workers(str(tmp_path / "study.journal"), monkeypatch)


def without_times(rows):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("sampler", "kills"), [("default", 1), ("default", 3), ("grid", 3)]
)
def test_killed(tmp_path, sampler, kills):
    space = planted.GRID if sampler == "grid" else None
    whole = planted.fit(
        planted.search(space, sampler=sampler), trials=12, epochs=2
    )
    storage = str(tmp_path / "study.journal")
    chance = random.Random(0)
    for kill in range(kills):
        process = start(storage, seconds=0.2, sampler=sampler)
        while len(begun(storage)) < 3 * kill + 2:
            assert process.poll() is None, process.stderr.read()[-3000:]
            time.sleep(0.05)
        time.sleep(chance.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    rows = go_on(storage, sampler)
    assert without_times(rows) == without_times(whole.table())
    trials = trials_of(storage)
    assert len(complete(trials)) == POINTS
    lost = len(trials) - POINTS
    assert 1 <= lost <= kills


def begun(storage):
    if "://" not in storage and not os.path.exists(storage):
        return []
    try:
        return trials_of(storage)
    except KeyError:  # The file is there, the study is not.
        return []
    except Exception:
        if "://" not in storage:
            raise
        return []  # The tables of a database are still being made.


def test_interrupted_by_the_user(tmp_path):
    class Interrupted(planted.PlantedGAN):
        def logs(self, epoch):
            if self.factors["soft"] == 1.0:
                raise KeyboardInterrupt
            return super().logs(epoch)

    space = {"soft": planted.GRID["soft"]}
    arguments = {"sampler": "grid", "storage": tmp_path / "study.journal"}
    with pytest.raises(KeyboardInterrupt):
        planted.fit(planted.search(space, kind=Interrupted, **arguments))
    result = planted.fit(planted.search(space, **arguments))
    values = [trial.factors["soft"] for trial in result.trials]
    assert sorted(values) == [0.0, *space["soft"]]
    assert {trial.state for trial in result.trials} == {"complete"}


def test_killed_just_as_a_trial_began(monkeypatch):
    from keras_regan.search import _trial_slots

    monkeypatch.setattr(_trial_slots, "_SECONDS_TO_BEGIN", 1)
    storage = optuna.storages.InMemoryStorage()
    optuna.create_study(study_name="factors", storage=storage).ask()
    result = planted.fit(planted.search(storage=storage), trials=2)
    assert [trial.number for trial in result.trials] == [0, 1, 2]
    assert {trial.state for trial in result.trials} == {"complete"}


def test_another_machine_that_gives_no_sign_of_life(tmp_path):
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        storage = optuna.storages.RDBStorage(
            f"sqlite:///{tmp_path}/study.db",
            heartbeat_interval=600,
            grace_period=3600,
        )
    study = optuna.create_study(study_name="factors", storage=storage)
    with pytest.warns(UserWarning, match="Heartbeat"):
        begun = study.ask()
    begun.set_user_attr("worker", ["another machine", 1, "1"])
    storage.record_heartbeat(begun._trial_id)
    # It is the last one: nothing else will be begun.
    result = planted.fit(planted.search(storage=storage), trials=2)
    assert [trial.number for trial in result.trials] == [1, 2]
    with sqlite3.connect(tmp_path / "study.db") as connection:
        connection.execute(
            "UPDATE trial_heartbeats SET heartbeat = '2000-01-01 00:00:00' "
            f"WHERE trial_id = {begun._trial_id}"
        )
    result = planted.fit(planted.search(storage=storage), trials=2)
    assert [trial.number for trial in result.trials] == [0, 1, 2]
    assert {trial.state for trial in result.trials} == {"complete"}


def test_last_point_is_not_begun_twice():
    # As two processes do that both see one point left.
    from keras_regan.search import _trial_slots

    study = optuna.create_study()
    trials = [study.ask() for _ in range(4)]
    assert [_trial_slots.claim(trial, 3) for trial in trials[:3]] == [0, 1, 2]
    with pytest.raises(_trial_slots.TrialFailed, match="another process"):
        _trial_slots.claim(trials[3], 3)


def test_lost_point_is_not_tried_twice():
    # As two processes do that both find it lost.
    from keras_regan.search import _trial_slots

    study = optuna.create_study()
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    lost = study.get_trials()[0]
    for _ in range(2):
        _trial_slots.try_again(study, lost)
    first, second = study.ask(), study.ask()
    assert _trial_slots.claim(first, 1) == 0
    with pytest.raises(_trial_slots.TrialFailed, match="another process"):
        _trial_slots.claim(second, 1)
    second.set_user_attr(_trial_slots.FAILURE, _trial_slots.SURPLUS)
    study.tell(second, state=optuna.trial.TrialState.FAIL)
    # And is not forgotten if the first is lost as well.
    study.tell(first, state=optuna.trial.TrialState.FAIL)
    _trial_slots.recover(study)
    assert _trial_slots.claim(study.ask(), 1) == 0


# A database.


def find_server():
    found = shutil.which("initdb"), shutil.which("pg_ctl")
    for folder in sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin")):
        found = str(folder / "initdb"), str(folder / "pg_ctl")
    return found if all(found) else None


@pytest.fixture
def database(tmp_path_factory):
    """The URL of a PostgreSQL server of this test alone."""
    pytest.importorskip("psycopg", reason="needs `pip install psycopg`")
    server = find_server()
    if server is None:
        pytest.skip("needs PostgreSQL: `apt-get install postgresql`")
    initdb, pg_ctl = server
    # Its socket lies there, and the path of a socket may not be long.
    folder = pathlib.Path("/tmp" if os.path.isdir("/tmp") else ".")
    folder = folder / f"regan{os.getpid()}"
    folder.mkdir()
    before = []
    if os.geteuid() == 0:  # The server refuses to be root.
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL does not run as root, and no `runuser`")
        shutil.chown(folder, "postgres", "postgres")
        before = ["runuser", "-u", "postgres", "--"]

    def run(*command):
        subprocess.run(
            [*before, *command],
            check=True,
            capture_output=True,
            timeout=120,
            cwd=folder,
        )

    data = str(folder / "data")
    options = f"-k {folder} -c listen_addresses="
    try:
        run(initdb, "-D", data, "-U", "regan", "-A", "trust", "--no-sync")
        # Its output goes to a file, or the call would wait for the server.
        log = str(folder / "log")
        run(pg_ctl, "-D", data, "-o", options, "-l", log, "-w", "start")
        yield f"postgresql+psycopg://regan@/postgres?host={folder}"
    finally:
        subprocess.run(
            [*before, pg_ctl, "-D", data, "-m", "immediate", "stop"],
            capture_output=True,
            cwd="/",
        )
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.thorough
def test_two_workers_on_postgresql(database, monkeypatch):
    check_two_workers(database, monkeypatch)


@pytest.mark.thorough
def test_killed_on_postgresql(database):
    process = start(database, seconds=0.3)
    while len(begun(database)) < 3:
        assert process.poll() is None, process.stderr.read()[-3000:]
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    rows = go_on(database)
    assert [row["state"] for row in rows] == ["complete"] * POINTS
