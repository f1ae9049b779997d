"""Drawn faces: those of the repository, new ones, and what is asked for."""

import importlib
import pathlib
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.host

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


@pytest.fixture
def face_data(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module("face_data")


@pytest.fixture
def drawing(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module("make_drawn_faces")


@pytest.fixture
def faces(face_data):
    return face_data.load_faces(split="test")


def test_faces_of_the_repository(face_data, faces, drawing):
    assert faces.images.shape == (500, 64, 64, 3)
    assert faces.images.dtype == np.float32
    assert faces.images.min() == -1.0 and faces.images.max() == 1.0
    train = face_data.load_faces()
    assert len(train.images) == 5000
    assert faces.values == drawing.VALUES
    every = np.concatenate([train.attributes, faces.attributes])
    assert len(np.unique(every, axis=0)) == 5500
    assert set(train.told.sum(axis=1)) == {1, 2, 3, 4, 5}
    some = train.first(3)
    assert [len(part) for part in (some.images, some.told)] == [3, 3]


def test_attributes_are_drawn_by_seed_and_never_twice(drawing):
    rows, again = (
        drawing.draw_attributes(3000, np.random.default_rng(1))
        for _ in range(2)
    )
    np.testing.assert_array_equal(rows, again)
    assert len(np.unique(rows, axis=0)) == 3000
    assert rows.max(axis=0).tolist() == [6, 4, 2, 3, 2, 2, 3]
    for attribute in (4, 5):
        assert abs((rows[:, attribute] == 0).mean() - 0.5) < 0.05
    with pytest.raises(SystemExit, match="at most 15120 faces .* count=15121"):
        drawing.draw_attributes(15121, np.random.default_rng(1))


def test_faces_of_any_size_are_drawn_anew(drawing, face_data, tmp_path):
    pytest.importorskip("dicebear")
    pytest.importorskip("resvg_py")
    file = tmp_path / "faces.npz"
    settings = ["--count", "6", "--test", "2", "--size", "48"]
    sys_argv = ["make_drawn_faces.py", *settings, "--output", str(file)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", sys_argv)
        drawing.main()
    faces = face_data.load_faces(file)
    assert faces.images.shape == (6, 48, 48, 3)
    assert len(np.unique(faces.images.reshape(6, -1), axis=0)) == 6
    assert face_data.load_faces(file, "test").descriptions.shape == (2,)


def test_shipped_faces_are_those_that_are_drawn(drawing, faces):
    pytest.importorskip("dicebear")
    pytest.importorskip("resvg_py")
    pencil = drawing.Pencil(64)
    for index in range(3):
        drawn = pencil.draw(faces.attributes[index])
        shipped = (faces.images[index] + 1.0) * 127.5
        # Another version may draw an edge a little otherwise.
        assert np.abs(drawn - shipped).mean() < 1.0


@pytest.mark.parametrize("kind", ["text", "other arrays", "nothing"])
def test_other_files_are_refused(face_data, tmp_path, kind):
    file = tmp_path / "faces.npz"
    if kind == "text":
        file.write_text("no faces")
    elif kind == "other arrays":
        np.savez(file, x_train=np.zeros((2, 8, 8, 3), "uint8"))
    with pytest.raises(ValueError, match="make_drawn_faces.*faces.npz"):
        face_data.load_faces(file)


def test_attributes_out_of_range_are_named(face_data, faces):
    for wrong in (3, -1):
        attributes = faces.attributes[:4].copy()
        attributes[2, 2] = wrong
        with pytest.raises(
            ValueError,
            match=rf"skin from 0 to 2 \(light, brown, dark\).*: {wrong} among",
        ):
            face_data.attribute_ids(attributes, faces.values)
    with pytest.raises(ValueError, match=r"\(faces, 7\).*\(4, 6\)"):
        face_data.attribute_ids(faces.attributes[:4, :6], faces.values)


def test_ids_are_shared_by_no_two_values(face_data, faces):
    values = {"one": ("a", "b"), "two": ("c", "d", "e")}
    ids = face_data.attribute_ids(np.array([[1, 0], [0, 2]]), values)
    assert ids.tolist() == [[1, 2], [0, 4]]
    assert face_data.number_of_ids(values) == 5
    assert face_data.number_of_ids(faces.values) == 29


def test_attributes_that_are_asked_for(face_data, faces):
    wanted = face_data.parse_attributes("hair=bun, glasses=round", faces.values)
    assert wanted == {"hair": 4, "glasses": 1}
    for text, named in (
        ("hair=blue", "hair=blue"),
        ("nose=long", "nose=long"),
        ("hair=bun, curly", "curly"),
        ("", ""),
    ):
        with pytest.raises(
            ValueError, match=rf"hair=thin\|.*shirt=.* Received: '{named}'"
        ):
            face_data.parse_attributes(text, faces.values)
