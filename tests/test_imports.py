"""Imports point one way, and frameworks stay behind one door."""

import ast
import pathlib
import sys

import pytest

import keras_regan

pytestmark = pytest.mark.host

ROOT = pathlib.Path(keras_regan.__file__).parent
# A package imports those to its left, its own modules and what begins with an
# underscore. Those of one group do not know each other.
LEVELS = [
    {
        "augmentations",
        "constraints",
        "datasets",
        "figures",
        "layers",
        "losses",
        "metrics",
    },
    {"regularizers"},
    {"networks", "penalties"},
    {"_checks", "recipes"},
    {"_copying", "_fitting"},
    {"_game"},
    {"models"},
    {"callbacks"},
    {"search"},
]
LEVEL = {name: i for i, level in enumerate(LEVELS) for name in level}
FRAMEWORKS = {"tensorflow", "jax", "torch"}
DEPENDENCIES = {"keras", "numpy", "PIL"}
# What only one package may use, for not everybody has it.
OPTIONAL = {
    "matplotlib": "figures",
    "optuna": "search",
    "pandas": "search",
    "sqlalchemy": "search",
}


def imported(source):
    """All modules that a source imports, at its top or anywhere else."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "." * node.level + (node.module or "")
            else:
                yield from (f"{node.module}.{a.name}" for a in node.names)


def violations(path, source):
    """What is wrong with the imports of a file of the package.

    Args:
        path: Where it lies below `keras_regan`, with forward slashes.
        source: Its text.
    """
    package = path.split("/")[0].removesuffix(".py")
    for name in imported(source):
        top, *rest = name.split(".")
        if name.startswith("."):
            yield f"{path}: relative import {name}"
        elif top == "keras_regan":
            target = rest[0]
            if package == "__init__" or target == package:
                continue
            if target[0] == "_" and target not in LEVEL:
                continue
            if target not in LEVEL or LEVEL[target] >= LEVEL.get(package, 0):
                yield f"{path}: {package} imports {target}"
        elif top in FRAMEWORKS:
            if package != "_backend":
                yield f"{path}: {top} outside of _backend"
        elif top in OPTIONAL:
            if package != OPTIONAL[top]:
                yield f"{path}: {top} outside of {OPTIONAL[top]}"
        elif top not in DEPENDENCIES and top not in sys.stdlib_module_names:
            yield f"{path}: {top} is no dependency"
    if "keras.src" in source:
        yield f"{path}: keras.src"


def files():
    return sorted(ROOT.rglob("*.py"))


def test_all_packages_have_a_place():
    packages = {
        folder.name
        for folder in ROOT.iterdir()
        if (folder / "__init__.py").exists() and folder.name[0] != "_"
    }
    assert packages <= set(LEVEL)
    assert {file.name for file in ROOT.glob("[!_]*.py")} == set()


def test_imports_point_one_way():
    sources = {
        file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
        for file in files()
    }
    assert len(sources) > 100
    assert [v for entry in sources.items() for v in violations(*entry)] == []


def test_violations_are_seen():
    wrong = [
        ("losses/a.py", "import torch"),
        ("models/a.py", "def f():\n    from tensorflow import data"),
        ("losses/a.py", "import scipy.linalg"),
        ("callbacks/a.py", "import matplotlib.figure"),
        ("figures/a.py", "from keras_regan.callbacks import SampleGrid"),
        ("losses/a.py", "from keras_regan import regularizers"),
        ("layers/a.py", "from keras_regan.regularizers import L1"),
        ("metrics/a.py", "from keras_regan.regularizers import L1"),
        ("penalties/a.py", "from keras_regan._game.player import Player"),
        ("models/a.py", "from keras_regan.callbacks import SampleGrid"),
        ("callbacks/a.py", "from keras_regan.search import Objective"),
        ("models/a.py", "import optuna"),
        ("_typing.py", "from keras_regan.losses import Hinge"),
        ("_backend/a.py", "from keras_regan import RegularizedGAN"),
        ("models/a.py", "from . import player"),
        ("models/a.py", "from keras.src import backend"),
    ]
    assert [entry for entry in wrong if not list(violations(*entry))] == []


def test_nothing_else_is_seen():
    right = [
        ("__init__.py", "from keras_regan import models as models"),
        ("_backend/torch.py", "import torch"),
        ("figures/a.py", "import matplotlib.figure"),
        ("penalties/a.py", "from keras_regan.regularizers import L1"),
        ("regularizers/a.py", "from keras_regan.metrics import Reference"),
        ("callbacks/a.py", "from keras_regan._game.player import Player"),
        ("losses/a.py", "from keras_regan._typing import Tensor"),
        ("losses/a.py", "import math\nimport numpy as np\nimport keras"),
    ]
    assert [v for entry in right for v in violations(*entry)] == []
