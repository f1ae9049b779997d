"""The examples of the documentation run and show what they say."""

import doctest
import inspect
import re
import textwrap

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan

NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")
PACKAGES = [
    value
    for name, value in vars(keras_regan).items()
    if inspect.ismodule(value) and name[0] != "_"
]
OBJECTS = {
    f"{package.__name__}.{name}": value
    for package in PACKAGES
    for name, value in vars(package).items()
    if name[0] != "_" and not inspect.ismodule(value)
}
# A class has what its bases document, but `doctest` only looks at its own.
BASES = {
    f"{base.__module__}.{base.__name__}": base
    for value in OBJECTS.values()
    if inspect.isclass(value)
    for base in value.__mro__
    if base.__module__.startswith("keras_regan")
    and base not in OBJECTS.values()
}


def names():
    return {
        "keras": keras,
        "keras_regan": keras_regan,
        "np": np,
        "ops": ops,
    }


def examples_of(key, value):
    """The examples of an object and of its methods."""
    found = doctest.DocTestFinder().find(value, key, globs=names())
    return [test for test in found if test.examples]


def blocks_of(value):
    """The blocks of code in the docstring of an object."""
    return re.findall(r"```python\n(.*?)```", inspect.getdoc(value), re.DOTALL)


WITH_EXAMPLES = {
    key: value
    for key, value in {**OBJECTS, **BASES}.items()
    if examples_of(key, value)
}
WITH_BLOCKS = {key: value for key, value in OBJECTS.items() if blocks_of(value)}
# Blocks that train often, and what makes it less often.
SHORTER = {
    "keras_regan.search.FactorSearch": {
        "seeds=[0, 1]": "seeds=[0]",
        "trials=2": "trials=1",
    }
}


class CloseNumbers(doctest.OutputChecker):
    """Takes numbers for equal that differ by rounding only."""

    def check_output(self, want, got, optionflags):
        if super().check_output(want, got, optionflags):
            return True
        wanted, gotten = NUMBER.findall(want), NUMBER.findall(got)
        return (
            len(wanted) == len(gotten)
            and NUMBER.sub("", want) == NUMBER.sub("", got)
            and np.allclose(
                np.array(gotten, float), np.array(wanted, float), rtol=1e-5
            )
        )


def run_examples(key, value):
    """Runs the examples of an object; returns their number and a report."""
    report = []
    runner = doctest.DocTestRunner(
        checker=CloseNumbers(),
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
        verbose=False,
    )
    count = 0
    for test in examples_of(key, value):
        runner.run(test, out=report.append)
        count += len(test.examples)
    return count, "".join(report)


@pytest.mark.usual_on("tensorflow", "torch")
@pytest.mark.parametrize("key", list(WITH_EXAMPLES))
def test_examples(key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, report = run_examples(key, WITH_EXAMPLES[key])
    assert report == "", report


@pytest.mark.host
def test_examples_of_inherited_methods_are_found():
    documented = [
        test.name.rsplit(".", 1)[1]
        for part in keras_regan.RegularizedGAN.__mro__
        if part in WITH_EXAMPLES.values()
        for test in examples_of(part.__name__, part)
        if "." in test.name
    ]
    assert {"save", "gradient_share", "inference_generator"} <= {*documented}


@pytest.mark.usual_on("tensorflow", "torch")
@pytest.mark.parametrize(
    "key, changes",
    [pytest.param(key, {}, id=key) for key in WITH_BLOCKS if key not in SHORTER]
    + [pytest.param(*item, id=item[0]) for item in SHORTER.items()]
    + [
        pytest.param(key, {}, id=f"{key}-whole", marks=pytest.mark.thorough)
        for key in SHORTER
    ],
)
def test_blocks_of_code(key, changes):
    for block in blocks_of(WITH_BLOCKS[key]):
        for written, shorter in changes.items():
            assert written in block
            block = block.replace(written, shorter)
        exec(textwrap.dedent(block), names())


@pytest.mark.host
def test_most_objects_show_an_example():
    silent = {
        key.rsplit(".", 1)[1]
        for key, value in OBJECTS.items()
        if ">>>" not in value.__doc__ and "```python" not in value.__doc__
    }
    assert silent <= {"PairedOptimizer", "SampleRegularizer", "StepContext"}


@pytest.mark.host
@pytest.mark.parametrize(
    "example, right",
    [
        (">>> 1 / 3\n0.3333", False),
        (">>> 1 / 3\n0.3333333", True),
        (">>> -0.1 - 0.2\n-0.3", True),
        (">>> 2\n3", False),
        (">>> (2, 3)\n(2, 4)", False),
        (">>> np.zeros(2)\narray([0., 0.])", True),
        (">>> undefined", False),
    ],
)
def test_wrong_examples_are_seen(example, right):
    def documented():
        pass

    documented.__doc__ = example
    count, report = run_examples("documented", documented)
    assert count == 1 and (report == "") == right
