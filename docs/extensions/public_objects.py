"""The public objects of the package, and what of them the site shows."""

import inspect
import types
from collections.abc import Iterator

import keras_regan

TOP = keras_regan.__name__


def modules() -> dict[str, types.ModuleType]:
    """Returns the public modules by their full names, in order."""
    return {
        f"{TOP}.{name}": value
        for name, value in sorted(vars(keras_regan).items())
        if isinstance(value, types.ModuleType) and name[0] != "_"
    }


def members(module: types.ModuleType) -> dict[str, object]:
    """Returns the public classes and functions of a module by their names."""
    return {
        name: value
        for name, value in sorted(vars(module).items())
        if name[0] != "_" and not isinstance(value, types.ModuleType)
    }


def objects() -> dict[str, object]:
    """Returns all public classes and functions by their full names.

    What stands in the package itself is named after it alone, as
    `keras_regan.RegularizedGAN`.
    """
    found = {f"{TOP}.{k}": v for k, v in members(keras_regan).items()}
    for path, module in modules().items():
        for name, value in members(module).items():
            if value not in found.values():
                found[f"{path}.{name}"] = value
    return found


def full_name(value: object) -> str | None:
    """Returns the name under which the site shows an object."""
    for name, other in objects().items():
        if other is value:
            return name
    return None


def is_public(kind: type) -> bool:
    """Returns whether a class has a page."""
    return any(kind is value for value in objects().values())


def is_ours(kind: type) -> bool:
    """Returns whether a class belongs to this package."""
    return kind.__module__.split(".")[0] == TOP


def bases_to_show(kind: type) -> list[type]:
    """Returns the nearest bases that readers know: public ones, and Keras's."""
    found: list[type] = []
    for base in kind.__bases__:
        if base is object:
            continue
        if is_ours(base) and not is_public(base):
            found += bases_to_show(base)
        elif base.__module__ != "builtins":
            found.append(base)
    return found


def methods(kind: type) -> Iterator[tuple[str, object]]:
    """Yields the methods and properties that a page of a class describes.

    These are those of the class and of its private bases. What Keras or a
    public base describes is left out, unless there is more to say than one
    line.
    """
    others = [
        base
        for base in kind.__mro__[1:]
        if base is not object and (not is_ours(base) or is_public(base))
    ]
    for name in dir(kind):
        owner = next((k for k in kind.__mro__ if name in vars(k)), None)
        if name[0] == "_" or owner in others or owner in (None, object):
            continue
        value = vars(owner)[name]
        if not is_method(value):
            continue
        described = any(hasattr(base, name) for base in others)
        if not described or "\n" in (documentation(value) or "").strip():
            yield name, value


def is_method(value: object) -> bool:
    """Returns whether a value of a class is a method or a property."""
    kinds = (types.FunctionType, classmethod, staticmethod, property)
    return isinstance(value, kinds)


def documentation(value: object) -> str | None:
    """Returns a docstring without its indentation."""
    return inspect.getdoc(value)


def summary(value: object) -> str:
    """Returns the first line of a docstring."""
    return (documentation(value) or "").split("\n")[0]


def signature(value: object) -> str:
    """Returns how an object is called, without types.

    The descriptions of the arguments say the types in words.
    """
    if isinstance(value, classmethod | staticmethod):
        value = value.__func__
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in inspect.signature(value).parameters.items()
        if name not in ("self", "cls")
    ]
    return str(inspect.Signature(parameters))
