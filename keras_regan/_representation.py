"""How objects are printed: as the call that makes them."""

import inspect
from typing import Any

from keras_regan._names import snake_case

_UNNAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_MOST_ENTRIES = 8
_LONGEST = 80


def as_call(instance: object) -> str:
    """Returns the constructor's call, as `R1(factor=10.0, interval=1)`.

    Arguments are read off the attributes of the same names, and nothing is
    computed: an error may print an object that is half made, or in a step that
    is being compiled. Left out are arguments that are `None` unless told
    otherwise, and a name that the class gives. An ellipsis stands for those
    that no attribute holds.
    """
    defaults = _defaults(type(instance))
    values = getattr(instance, "__dict__", {})
    parts = [
        f"{name}={_shown(values[name])}"
        for name, default in defaults.items()
        if name in values
        and not (values[name] is None and default is None)
        and not (
            name == "name" and values[name] in (default, snake_case(instance))
        )
    ]
    if not defaults.keys() <= values.keys():
        parts.append("...")
    return f"{type(instance).__name__}({', '.join(parts)})"


def _defaults(cls):
    """Returns the arguments of a constructor, with their defaults.

    Where it takes `**kwargs`, those of the next class's are arguments too.
    """
    defaults: dict[str, Any] = {}
    for kind in cls.__mro__[:-1]:
        if "__init__" not in vars(kind):
            continue
        _, *parameters = inspect.signature(kind.__init__).parameters.values()
        unnamed = [p for p in parameters if p.kind in _UNNAMED]
        for parameter in parameters:
            if parameter not in unnamed:
                defaults.setdefault(parameter.name, parameter.default)
        if not unnamed:
            break
    return defaults


def _shown(value):
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"<array of shape {tuple(value.shape)}>"
    if inspect.isroutine(value):
        return value.__name__
    if isinstance(value, list | tuple | dict) and len(value) > _MOST_ENTRIES:
        return f"<{type(value).__name__} of {len(value)}>"
    if type(value) is list:
        return f"[{', '.join(map(_shown, value))}]"
    if type(value) is dict:
        entries = [f"{key!r}: {_shown(entry)}" for key, entry in value.items()]
        return f"{{{', '.join(entries)}}}"
    shown_by: Any = type(value).__repr__
    if shown_by in (object.__repr__, as_call):
        return as_call(value)
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{type(value).__name__}(...)"
