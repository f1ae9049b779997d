"""What constructors take, with what `**kwargs` hands on to those of bases."""

import inspect


def constructors(kind):
    """Yields the classes whose constructors the arguments of one reach.

    Keras's own are not looked at.
    """
    for base in kind.__mro__:
        if base.__module__.split(".")[0] in ("keras", "builtins"):
            return
        if "__init__" in vars(base):
            yield base
            if not any(p.kind is p.VAR_KEYWORD for p in _parameters(base)):
                return


def constructor_arguments(kind):
    """Returns what a class is called with: name -> who says the default."""
    arguments = {}
    for base in constructors(kind):
        for parameter in _parameters(base):
            if parameter.kind not in (
                parameter.VAR_KEYWORD,
                parameter.VAR_POSITIONAL,
            ):
                arguments.setdefault(parameter.name, base)
    return arguments


def _parameters(kind):
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    return parameters
