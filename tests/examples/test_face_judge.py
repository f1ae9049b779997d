"""What is counted of faces: obedience and variety."""

import importlib
import math
import pathlib

import numpy as np
import pytest

pytestmark = pytest.mark.host

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


@pytest.fixture
def face_judge(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module("face_judge")


def test_only_told_attributes_have_to_be_right(face_judge):
    wanted = np.array([[0, 1], [2, 0], [1, 1]])
    seen = np.array([[0, 0], [1, 0], [1, 0]])
    told = np.array([[True, True], [True, False], [False, False]])
    shares = face_judge.shares_as_told(seen, wanted, told)
    np.testing.assert_allclose(shares, [1 / 2, 0.0, 1 / 3])


def test_entropies_of_equal_shares(face_judge):
    values = {"one": ("a", "b", "c", "d"), "two": ("a", "b"), "three": ("a",)}
    attributes = np.array([[0, 1, 0], [1, 1, 0], [3, 1, 0], [2, 1, 0]])
    np.testing.assert_allclose(
        face_judge.entropies(attributes, values), [math.log(4), 0.0, 0.0]
    )


def test_an_attribute_that_nobody_is_told_is_no_number(face_judge):
    told = np.array([[True, False]])
    face = np.zeros((1, 2), int)
    shares = face_judge.shares_as_told(face, face, told)
    np.testing.assert_array_equal(shares, [1.0, np.nan, 1.0])
