"""Files appear whole or not at all, also those of other libraries."""

import os
import resource
import stat
import subprocess
import time

import pytest

from keras_regan import _files
from keras_regan._files import replacing
from keras_regan._files import temporary_name
from keras_regan._files import write_whole


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.weights.h5"
    path.write_bytes(b"old")
    return path


def fill(path, content=b"new"):
    with open(path, "wb") as file:
        file.write(content)


def test_the_new_file_takes_the_place_of_the_old_one(file, tmp_path):
    with replacing(str(file)) as temporary:
        assert os.path.dirname(temporary) == str(tmp_path)
        assert temporary.endswith(".weights.h5")
        fill(temporary)
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"
    assert os.listdir(tmp_path) == [file.name]


def test_new_file_in_the_current_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_whole("new.bin", lambda file: file.write(b"new"))
    assert (tmp_path / "new.bin").read_bytes() == b"new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failure_leaves_the_old_one_and_nothing_else(file, tmp_path, error):
    with pytest.raises(error), replacing(str(file)) as temporary:
        fill(temporary)
        raise error
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [file.name]


def test_errors_of_the_system_name_the_file(file):
    with pytest.raises(OSError) as raised, replacing(str(file)):
        raise OSError(28, "No space left on device", "something.tmp")
    assert raised.value.errno == 28
    assert raised.value.filename == str(file)
    with pytest.raises(OSError, match="model.weights.h5"):
        with replacing(str(file)):
            raise OSError("HDF5 said so")
    missing = str(file.parent / "missing" / "a.h5")
    with pytest.raises(FileNotFoundError) as raised:
        write_whole(missing, lambda file: None)
    assert raised.value.filename == missing


def test_a_full_disk_is_seen_before_anything_is_written(file, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OSError) as raised:
            with replacing(str(file), size=20_000):
                pytest.fail("There is no room.")
        assert raised.value.filename == str(file)
        with replacing(str(file), size=5_000) as temporary:
            assert os.path.getsize(temporary) == 0
            fill(temporary)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_bytes() == b"new"
    assert os.listdir(tmp_path) == [file.name]


def test_all_is_on_the_disk_before_names_change(file, monkeypatch):
    calls = []
    sync, replace = os.fsync, os.replace

    def recorded_sync(descriptor):
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        calls.append("file" if is_file else "directory")
        sync(descriptor)

    def recorded_replace(source, target):
        calls.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", recorded_sync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    write_whole(str(file), lambda file: file.write(b"new"))
    assert calls == ["file", "replace", "directory"]


def test_what_killed_processes_left_is_removed_after_an_hour(file, tmp_path):
    now = time.time()
    ages = {
        temporary_name(file.name): 3700,
        temporary_name("another.weights.h5"): 3700,
        f"x{temporary_name(file.name)}": 3700,
        f".{file.name}": 3700,
    }
    fresh = temporary_name(file.name)
    for name, age in {**ages, fresh: 3500}.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (now - age, now - age))
    fill(file)
    write_whole(str(file), lambda file: file.write(b"new"))
    abandoned, *others = ages
    assert set(os.listdir(tmp_path)) == {file.name, fresh, *others}


def test_what_an_ended_process_left_is_removed_at_once(
    file, tmp_path, monkeypatch
):
    ended = subprocess.Popen(["true"])
    ended.wait()
    with subprocess.Popen(["sleep", "60"]) as alive:
        left, written, other_place = [], [], []
        for process, files in ((ended, left), (alive, written)):
            with monkeypatch.context() as patch:
                patch.setattr(_files.os, "getpid", lambda p=process: p.pid)
                files += [temporary_name(n) for n in (file.name, "other.keras")]
        name = left[0]
        other_place.append(f".{'0' * 8}{name[9:]}")
        for name in left + written + other_place:
            (tmp_path / name).touch()
        write_whole(str(file), lambda file: file.write(b"new"))
        alive.kill()
    expected = {file.name, *written, *other_place}
    assert set(os.listdir(tmp_path)) == expected


def test_links_modes_and_protection_are_kept(file, tmp_path, monkeypatch):
    os.chmod(file, 0o640)
    link = tmp_path / "link.weights.h5"
    link.symlink_to(file)
    write_whole(str(link), lambda file: file.write(b"new"))
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    monkeypatch.setattr(_files.os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError):
        write_whole(str(file), lambda file: file.write(b"newer"))
    assert file.read_bytes() == b"new"


@pytest.mark.parametrize("letter", ["a", "é"])
def test_longest_names(tmp_path, letter):
    count = 240 // len(letter.encode())
    path = tmp_path / (letter * count + ".weights.h5")
    write_whole(str(path), lambda file: file.write(b"new"))
    assert os.listdir(tmp_path) == [path.name]
