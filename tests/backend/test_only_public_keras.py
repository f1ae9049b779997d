"""Only one room of the package uses what is not public in Keras."""

import ast
import functools
import importlib
import inspect
import pathlib
import pkgutil
import re

import keras
import pytest

import keras_regan

pytestmark = pytest.mark.host

ROOT = pathlib.Path(keras_regan.__file__).parent
ROOM = "_backend/keras_internals/"
# What a trainer has besides its public methods and the arguments of `compile`.
OF_TRAINERS = {
    "distribute_strategy",
    "jax_state_sync",
    "make_predict_function",
    "make_test_function",
    "make_train_function",
    "predict_function",
    "test_function",
    "train_function",
}
# What objects of Keras have without a word about it in their documentation.
OF_OTHERS = {
    "add_update",
    "dynamic_scale",
    "state_mapping",
}
# Python's own, of named tuples.
OF_TUPLES = {"_asdict", "_fields", "_replace"}
# Texts that this package raises itself, within a graph of TensorFlow.
OWN_TEXTS = {
    ("_backend/tensorflow.py", "_NOT_FINITE"),
    ("_backend/tensorflow.py", "_NO_SAMPLES"),
}


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def defined(tree):
    """Names that a source gives to attributes of its own objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and ast.unparse(node.value) in ("self", "cls")
        ):
            yield node.attr


def names_used(tree):
    """Attributes in a source, also those that are named in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ClassDef):
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
            yield from (method.name for method in methods)
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("getattr", "hasattr", "setattr")
            and isinstance(node.args[1], ast.Constant)
        ):
            yield node.args[1].value


def texts_looked_for(tree):
    """What a source looks for in the text of an error or a warning."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            (container,) = node.comparators
            if re.search(r"\bstr\(|\.args|message", ast.unparse(container)):
                yield ast.unparse(node.left)


@functools.cache
def of_all_trainers():
    """Private names in the code of Keras's trainers, on all backends."""
    source = pathlib.Path(keras.__file__).parent / "src"
    files = [
        source / "trainers/trainer.py",
        *(
            source / f"backend/{backend}/trainer.py"
            for backend in ("tensorflow", "jax", "torch")
        ),
    ]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    return set(filter(is_private, (n for t in trees for n in names_used(t))))


def violations(path, source, own):
    """What a file uses that is not public in Keras.

    Args:
        path: Where it lies below `keras_regan`, with forward slashes.
        source: Its text.
        own: Names that the package gives to attributes itself.
    """
    tree = ast.parse(source)
    for name in names_used(tree):
        foreign = is_private(name) and name not in own | OF_TUPLES
        if foreign or name in OF_TRAINERS | OF_OTHERS | of_all_trainers():
            yield f"{path}: {name}"
    for text in texts_looked_for(tree):
        if (path, text) not in OWN_TEXTS:
            yield f"{path}: looks for {text}"


def sources():
    return {
        file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(ROOT.rglob("*.py"))
        if not file.relative_to(ROOT).as_posix().startswith(ROOM)
    }


@functools.cache
def own_names():
    return {n for text in sources().values() for n in defined(ast.parse(text))}


def test_only_the_room_uses_what_is_not_public():
    found = sources()
    assert len(found) > 150
    own = own_names()
    assert [v for file in found.items() for v in violations(*file, own)] == []


@pytest.mark.parametrize(
    "source",
    [
        "model._initial_epoch = 3",
        "state = getattr(model, '_jax_state', None)",
        "function = model.train_function",
        "class A:\n    def _maybe_symbolic_build(self): pass",
        "variables = self._trainable_variables",
        "scope.add_update((variable, value))",
        "if 'logs' in str(error): raise",
        "found = [w for w in caught if TEXT in str(w.message)]",
    ],
)
def test_violations_are_seen(source):
    assert list(violations("models/a.py", source, own_names()))


def test_nothing_else_is_seen():
    source = """
def named(self, signs):
    self._values = signs._replace(a=1)
    return [v for v in self._values if "a" in str and v in self.trackers]
"""
    assert list(violations("models/a.py", source, own_names())) == []


def classes():
    """Classes of the package whose base is one of Keras."""
    for module in pkgutil.walk_packages([ROOT], "keras_regan."):
        # They import frameworks that not everybody has.
        others = ("jax", "torch", "sharded", "one_process")
        if module.name.rsplit(".", 1)[1].startswith(others):
            continue
        module = importlib.import_module(module.name)
        for member in vars(module).values():
            if inspect.isclass(member) and member.__module__ == module.__name__:
                if any(map(is_of_keras, member.__mro__)):
                    yield member


def is_of_keras(cls):
    return cls.__module__.split(".")[0] == "keras"


@functools.cache
def private_names(cls):
    names = re.findall(r"\bself\.(_\w+)", inspect.getsource(cls))
    return set(filter(is_private, {*names, *vars(cls)}))


def taken_twice(cls):
    """Private names of a class that one of Keras below it has as well."""
    return {
        f"{cls.__name__}.{name}"
        for base in cls.__mro__
        if is_of_keras(base)
        for name in private_names(cls) & private_names(base)
    }


def test_no_name_is_taken_twice():
    found = set(classes())
    assert len(found) > 30
    assert set().union(*map(taken_twice, found)) == set()


def test_a_name_taken_twice_is_seen():
    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self._model = self._own = None

    assert taken_twice(Watch) == {"Watch._model"}
