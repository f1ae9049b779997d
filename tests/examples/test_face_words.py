"""What is said of drawn faces."""

import importlib
import pathlib

import numpy as np
import pytest

pytestmark = pytest.mark.host

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


@pytest.fixture
def face_words(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module("face_words")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "a person"),
        ({"hair": "curly", "hair_colour": "black"}, "curly black hair"),
        ({"hair": "bun", "hair_colour": "red"}, "red hair in a bun"),
        ({"hair": "mohawk"}, "a mohawk"),
        ({"hair_colour": "brown"}, "brown hair"),
        ({"skin": "dark"}, "dark skin"),
        ({"facial_hair": "none"}, "a shaven face"),
        ({"glasses": "round"}, "round glasses"),
        ({"shirt": "yellow"}, "a yellow shirt"),
    ],
)
def test_one_attribute(face_words, rng, said, expected):
    text = face_words.describe(said, rng)
    assert text == (f"a person with {expected}" if said else expected)


def test_moods_stand_before_the_person(face_words, rng):
    said = {
        face_words.describe({"mood": mood}, rng)
        for mood in ("sad", "angry")
        for _ in range(20)
    }
    assert said == {
        "a sad person",
        "an unhappy person",
        "an angry person",
        "a furious person",
    }


def test_all_attributes_in_one_sentence(face_words, rng):
    said = {
        "hair": "thin",
        "hair_colour": "black",
        "skin": "light",
        "mood": "laughing",
        "facial_hair": "beard",
        "glasses": "none",
        "shirt": "blue",
    }
    text = face_words.describe(said, rng)
    assert text.count(",") == 3 and text.count(" and ") == 1
    for words in (
        "thin black hair",
        "light skin",
        "a beard",
        "no glasses",
        "a blue shirt",
    ):
        assert words in text
    assert text.split(" with ")[0] in ("a laughing person", "a grinning person")


def test_descriptions_say_what_is_told_and_nothing_else(face_words, rng):
    values = {
        "hair": ("curly",),
        "skin": ("light", "dark"),
        "shirt": ("blue", "red", "green"),
        "mood": ("sad",),
        "glasses": ("none", "round"),
        "facial_hair": ("beard",),
    }
    attributes = rng.integers(0, [1, 2, 3, 1, 2, 1], (300, 6))
    texts, told = face_words.describe_faces(attributes, values, rng)
    assert told.shape == (300, 6)
    assert set(told.sum(axis=1)) == {1, 2, 3, 4, 5}
    for attribute, name in ((1, "skin"), (2, "shirt")):
        for value, word in enumerate(values[name]):
            has_it = attributes[:, attribute] == value
            np.testing.assert_array_equal(
                [f"{word} {name}" in text for text in texts],
                has_it & told[:, attribute],
            )
