"""The API reference: complete, and rendered from the docstrings."""

import inspect
import re
import types

import pytest
from extensions import api_pages
from extensions import docstrings
from extensions import public_objects

import keras_regan

pytestmark = pytest.mark.host

PACKAGES = {
    f"keras_regan.{name}": value
    for name, value in vars(keras_regan).items()
    if isinstance(value, types.ModuleType) and name[0] != "_"
}
OBJECTS = {
    f"{path}.{name}": value
    for path, package in PACKAGES.items()
    for name, value in vars(package).items()
    if name[0] != "_" and not isinstance(value, types.ModuleType)
}


@pytest.fixture(scope="module")
def pages():
    return api_pages.pages()


def test_every_public_object_has_one_page(pages):
    model = "keras_regan.models.RegularizedGAN"
    names = {*OBJECTS, *PACKAGES, "index", "keras_regan.RegularizedGAN"}
    assert len(OBJECTS) > 120
    methods = {name for name in pages if name.count(".") > 2}
    methods |= {name for name in pages if "RegularizedGAN." in name}
    assert set(pages) - methods == names - {model}
    for path, package in PACKAGES.items():
        listed = re.findall(r"^\| \[`(\w+)`\]", pages[path], re.MULTILINE)
        public = [key for key in OBJECTS if key.startswith(f"{path}.")]
        assert sorted(listed) == sorted(k.split(".")[-1] for k in public), path
        assert package.__doc__.split("\n")[0] in pages["index"]


def described_arguments(text):
    """The names below `Args:`, read without the code of the site."""
    section = re.search(r"^Args:\n((?:    .*\n|\n)*)", text + "\n", re.M)
    lines = section[1] if section else ""
    return re.findall(r"^    (\*{0,2}\w+):", lines, re.MULTILINE)


@pytest.mark.parametrize("key", list(OBJECTS))
def test_all_parts_of_a_docstring_are_shown(pages, key):
    value = OBJECTS[key]
    page = pages.get(key) or pages["keras_regan.RegularizedGAN"]
    text = inspect.getdoc(value)
    for name in described_arguments(text):
        assert f"\n`{name}`\n: " in page, name
    for title in docstrings.TITLES:
        found = re.search(rf"^{title}:", text, re.MULTILINE)
        shown = {"Args": "Arguments"}.get(title, title)
        assert not found or f"{{rubric}} {shown}\n" in page, title
        assert not re.search(rf"^{title}:", page, re.MULTILINE), title
    code = "".join(re.findall(r"```\w*\n(.*?)```", page, re.DOTALL))
    assert code.count(">>> ") == page.count(">>> ")
    for line in re.findall(r"^[ ]*(>>> .*)$", text, re.MULTILINE):
        assert line in code


def test_methods_of_keras_are_left_out(pages):
    page = pages["keras_regan.RegularizedGAN"]
    shown = re.findall(r"^\| \[`(\w+)`\]", page, re.MULTILINE)
    for name in shown:
        assert (
            f" RegularizedGAN.{name}"
            in pages[f"keras_regan.RegularizedGAN.{name}"]
        )
    assert {"compile", "fit", "evaluate", "generate", "position"} <= {*shown}
    assert not {"summary", "get_layer", "add_weight", "train_step"} & {*shown}
    assert max(len(page.splitlines()) for page in pages.values()) < 350
    shown = pages["keras_regan.penalties.R1"]
    assert "{py:method}" not in shown
    assert "Bases: `keras_regan.penalties.Penalty`" in shown


def test_sections_become_markdown():
    text = (
        "Does something.\n\nFormula: `a\n+ b`\n\nArgs:\n    x: Integer. It is\n"
        "        said\n        twice.\n    **kwargs: Others.\n\nReturns:\n"
        "    Nothing.\n\nExample:\n>>> 1 + 1\n2\n\nReference: a book."
    )
    assert docstrings.markdown(text) == (
        "Does something.\n\n**Formula:** `a + b`\n\n"
        ":::{rubric} Arguments\n:::\n\n`x`\n: Integer. It is\n  said\n"
        "  twice.\n\n`**kwargs`\n: Others.\n\n:::{rubric} Returns\n:::\n\n"
        "Nothing.\n\n:::{rubric} Example\n:::\n\n```pycon\n>>> 1 + 1\n2\n```"
        "\n\n:::{rubric} Reference\n:::\n\na book."
    )
    assert docstrings.markdown("Args:\n    As in `L1`.").endswith("As in `L1`.")


def test_what_is_described_of_a_class():
    class Hidden(keras_regan.penalties.Penalty):
        def helper(self):
            """Helps."""

    class Shown(Hidden):
        @property
        def size(self):
            """How large it is."""

        def call(self, context):
            """Returns a number."""

        def build(self, kernels):
            """Makes state.

            There is more to say.
            """

    Hidden.__module__ = Shown.__module__ = "keras_regan.penalties"
    names = [name for name, _ in public_objects.methods(Shown)]
    assert names == ["build", "helper", "size"]
    assert public_objects.bases_to_show(Shown) == [
        keras_regan.penalties.Penalty
    ]
