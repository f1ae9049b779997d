"""What the pages say is what there is, and their code runs."""

import ast
import pathlib
import re

import keras
import numpy as np
import pytest
from extensions import public_objects
from extensions import repository_links
from extensions import tutorials

import keras_regan as kr

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    "augmentations",
    "callbacks",
    "data",
    "index",
    "layers",
    "losses",
    "metrics",
    "penalties",
    "recipes",
    "regularizers",
    "search",
]
# Contracts of parts that the page on writing parts of one's own names.
GUIDE = ["your_own_parts", "start", "data_ranges", "latents", "memory"]


def text_of(name):
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def blocks_of(text):
    """The blocks of Python code on a page."""
    return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.M)


@pytest.mark.host
def test_every_member_is_on_a_page_for_people():
    texts = [text_of(f"families/{page}") for page in PAGES]
    text = "".join([*texts, *map(text_of, GUIDE)])
    named = {*re.findall(r"`(?:kr\.)?([\w.]+)[`(]", text)}
    named |= {name.split(".")[-1] for name in named}
    missing = [
        name
        for name in public_objects.objects()
        if name.split(".")[-1] not in named
        and not re.search(rf"\b{name.removeprefix('keras_regan.')}\b", text)
    ]
    assert missing == []


def literal_texts():
    """All texts in the code, with `...` for what is put into them."""
    for path in (ROOT / "keras_regan").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    part.value if isinstance(part, ast.Constant) else "..."
                    for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.host
def test_messages_are_those_of_the_code():
    text = text_of("troubleshooting")
    titles = re.findall(r"^### (`+)(.*)\1$", text, re.MULTILINE)
    messages = [title for _, title in titles if " " in title]
    messages += re.findall(r'^\| "(.*?)" \|', text, re.MULTILINE)
    assert len(messages) > 12
    known = "\n".join(literal_texts())
    for message in messages:
        if message.startswith("TensorFlow"):
            continue
        for part in re.split(r"\.\.\.| (?=and got no)", message):
            assert part.strip(" ,.") in known, part


@pytest.mark.host
@pytest.mark.parametrize("name", tutorials.NAMES)
def test_numbers_of_a_tutorial_are_those_that_are_stored(name):
    printed = "".join(o.text for o in tutorials.outputs_of(name)["outputs"])
    for line in text_of("which_regularizer").splitlines():
        _, found, told = line.partition(f"(tutorials/{name}.py), ")
        for number in re.findall(r"\d+(?:\.\d+)? kB|\d+\.\d{2,}", told):
            assert number in printed or not found, (name, number)


@pytest.mark.host
def test_links_to_files_find_them():
    pages = [*DOCS.glob("*.md"), *DOCS.glob("families/*.md")]
    made = {DOCS / page for page in repository_links.PAGES.values()}
    count = 0
    for page in pages:
        if page in made - {DOCS / "index.md"}:
            continue
        for address in re.findall(
            r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")
        ):
            file = address.partition("#")[0]
            if file and ":" not in file:
                count += 1
                assert (page.parent / file).exists(), (page.name, address)
    assert count > 60


@pytest.mark.host
def test_links_are_moved_with_a_page():
    def moved(text):
        source = ROOT / "benchmarks/README.md"
        return repository_links.moved(text, source, DOCS / "benchmarks.md")

    assert moved("[a](../docs/faults.md#files)") == "[a](faults.md#files)"
    assert moved("![a](pictures/a.png)") == (
        "![a](../benchmarks/pictures/a.png)"
    )
    assert moved("[a](../CHANGELOG.md)") == "[a](changelog.md)"
    assert moved("[a](../docs/tutorials/few_images.py)") == (
        "[a](tutorials/few_images.md)"
    )
    assert moved("[a](https://keras.io)") == "[a](https://keras.io)"
    assert moved("[a](#here)") == "[a](#here)"


@pytest.fixture
def names(monkeypatch, tmp_path):
    """What code of the pages takes for granted, at small size."""
    monkeypatch.chdir(tmp_path)
    wide = kr.networks.dcgan

    def narrow(shape, **arguments):
        return wide(shape, **{"width": 4, **arguments})

    fit = kr.RegularizedGAN.fit

    def fit_shortly(self, *data, **arguments):
        arguments |= {"epochs": 1, "verbose": 0}
        return fit(self, *data, **arguments)

    monkeypatch.setattr(kr.networks, "dcgan", narrow)
    monkeypatch.setattr(kr.RegularizedGAN, "fit", fit_shortly)
    images = np.random.default_rng(0).uniform(-1, 1, (64, 28, 28, 1))
    images = images.astype("float32")
    generator, discriminator = narrow((28, 28, 1))

    def build():
        gan = kr.RegularizedGAN(*narrow((28, 28, 1)))
        gan.compile()
        return gan

    network = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.GlobalAveragePooling2D()],
        name="small",
    )
    return {
        "keras": keras,
        "kr": kr,
        "images": images,
        "held_out": images[:32],
        "generator": generator,
        "discriminator": discriminator,
        "gan": build(),
        "build": build,
        "features": network,
    }


@pytest.mark.thorough
@pytest.mark.parametrize(
    "page", [*(f"families/{page}" for page in PAGES), "index", *GUIDE]
)
def test_code_runs(page, names):
    for block in blocks_of(text_of(page)):
        exec(block, names)
