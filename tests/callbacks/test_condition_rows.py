import numpy as np
import pytest
from callbacks.fake_training import FakeModel

from keras_regan._checks.conditions import Condition
from keras_regan._checks.conditions import Conditions
from keras_regan.callbacks._condition_rows import checked_conditions
from keras_regan.callbacks._condition_rows import condition_count
from keras_regan.callbacks._condition_rows import conditions_of_model

IMAGE = Condition("outline", (4, 4, 1), "float32")
LABEL = Condition("label", (1,), "int32", 3)
ATTRIBUTES = Condition(None, (3,), "float32")


def told(given, *each):
    model = FakeModel(conditional=True)
    model.conditions = Conditions(each)
    return conditions_of_model(checked_conditions(given), model)


@pytest.mark.parametrize("order", [tuple, dict], ids=["tuple", "dictionary"])
def test_several_kinds_come_in_the_generators_order(order):
    outlines = np.arange(32.0).reshape(2, 4, 4, 1)
    given = (outlines, np.array([2, 1]))
    if order is dict:
        given = {"label": [2, 1], "outline": outlines}
    assert condition_count(checked_conditions(given)) == 2
    first, second = told(given, IMAGE, LABEL)
    np.testing.assert_array_equal(first, outlines)
    np.testing.assert_array_equal(second, [[2], [1]])


def test_numbers_are_kept_as_they_are():
    attributes = np.array([[0.5, 1.0, 0.0], [1.0, 0.0, 0.0]], "float32")
    (rows,) = told(attributes.tolist(), ATTRIBUTES)
    np.testing.assert_array_equal(rows, attributes)
    tokens = np.array([[2**40, 1, 2]])
    assert checked_conditions(tokens).dtype == "int64"


@pytest.mark.parametrize(
    "given, each, words",
    [
        (np.zeros(3), [ATTRIBUTES], r"a row for each.*shape \(None, 3\)"),
        (np.zeros((2, 4)), [ATTRIBUTES], r"Received: shape \(2, 4\)"),
        (np.zeros((4, 4, 1)), [IMAGE], "a row for each"),
        ([0, 3], [LABEL], "from 0 to 2. Received: 3"),
        ([0, 1], [IMAGE, LABEL], "a tuple of arrays"),
        ({"classes": [0, 1]}, [LABEL], "the keys .'label'"),
        ((np.zeros((2, 3)), np.zeros(3)), [], "as many of each kind"),
        (np.zeros((0, 3)), [ATTRIBUTES], "one row or more"),
        ({"label": np.array([0.0, np.nan])}, [LABEL], "finite"),
    ],
    ids="one other single_image class few names counts none nan".split(),
)
def test_what_does_not_fit_is_named(given, each, words):
    with pytest.raises(ValueError, match=words) as raised:
        told(given, *each)
    assert "conditions" in str(raised.value)


def test_texts_are_no_conditions():
    with pytest.raises(TypeError, match="TextVectorization"):
        checked_conditions(["a red shoe", "a blue one"])
