"""The API reference: a page for each module, class and function."""

import inspect
import textwrap
from functools import cache

import keras_regan
from extensions import docstrings
from extensions import public_objects

_MOST_LINES_OF_METHODS = 200
INTRODUCTION = """\
# API reference

Every public class and function, with its source. What a class inherits from
Keras works as [Keras describes it](https://keras.io/api/) and is left out here.
"""


def pages() -> dict[str, str]:
    """Returns the text of each page by its name."""
    found = {"index": _index()}
    for path, module in public_objects.modules().items():
        found[path] = _module_page(path, module)
    for name, value in public_objects.objects().items():
        found[name] = object_page(name, value)
        if has_pages_of_methods(value):
            for method, function in public_objects.methods(value):
                found[f"{name}.{method}"] = _method_page(name, method, function)
    return found


@cache
def has_pages_of_methods(value: object) -> bool:
    """Returns whether the page of a class would be long with all methods."""
    if not inspect.isclass(value):
        return False
    lines = sum(
        public_objects.documentation(method).count("\n")
        for _, method in public_objects.methods(value)
    )
    return lines > _MOST_LINES_OF_METHODS


def _index() -> str:
    modules = public_objects.modules()
    rows = [
        f"| [`{path}`]({path}.md) | {public_objects.summary(module)} |"
        for path, module in modules.items()
    ]
    name = "keras_regan.RegularizedGAN"
    model = public_objects.summary(keras_regan.RegularizedGAN)
    return "\n".join(
        [
            INTRODUCTION,
            "| name | what it is |",
            "|---|---|",
            f"| [`{name}`]({name}.md) | {model} |",
            *rows,
            "",
            _toctree([name, *modules]),
        ]
    )


def _module_page(path: str, module: object) -> str:
    members = public_objects.members(module)
    kinds = {
        "Classes": [n for n, v in members.items() if inspect.isclass(v)],
        "Functions": [n for n, v in members.items() if not inspect.isclass(v)],
    }
    parts = [
        f"# {path}",
        docstrings.markdown(public_objects.documentation(module)),
    ]
    for title, names in kinds.items():
        if names:
            parts += [f"## {title}", _table(members, names)]
    pages = [public_objects.full_name(value) for value in members.values()]
    parts.append(_toctree([p for p in pages if p.startswith(f"{path}.")]))
    return "\n\n".join(parts) + "\n"


def _table(members: dict[str, object], names: list[str]) -> str:
    rows = ["| name | what it is |", "|---|---|"]
    for name in names:
        page = public_objects.full_name(members[name])
        summary = public_objects.summary(members[name]).replace("|", r"\|")
        rows.append(f"| [`{name}`]({page}.md) | {summary} |")
    return "\n".join(rows)


def _toctree(names: list[str]) -> str:
    entries = "\n".join(f"{name.split('.')[-1]} <{name}>" for name in names)
    return f":::{{toctree}}\n:hidden:\n:maxdepth: 1\n\n{entries}\n:::"


def object_page(full_name: str, value: object) -> str:
    """Returns the page of a class or a function."""
    module, name = full_name.rsplit(".", 1)
    body = [docstrings.markdown(public_objects.documentation(value))]
    if not inspect.isclass(value):
        described = _directive("function", name, value, body)
    else:
        bases = _bases(value)
        methods = dict(public_objects.methods(value))
        body = [*bases, *body]
        if methods:
            body.append(":::{rubric} Methods and properties\n:::")
        if has_pages_of_methods(value):
            body.append(_table_of_methods(full_name, methods))
        else:
            body += [_method(*entry) for entry in methods.items()]
        described = _directive("class", name, value, body)
    return f"# {name}\n\n:::{{py:currentmodule}} {module}\n:::\n\n{described}\n"


def _table_of_methods(full_name: str, methods: dict[str, object]) -> str:
    rows = [
        f"| [`{name}`]({full_name}.{name}.md) "
        f"| {public_objects.summary(method)} |"
        for name, method in methods.items()
    ]
    table = "\n".join(["| name | what it does |", "|---|---|", *rows])
    return f"{table}\n\n{_toctree([f'{full_name}.{m}' for m in methods])}"


def _method_page(full_name: str, name: str, method: object) -> str:
    module, owner = full_name.rsplit(".", 1)
    described = _method(name, method).replace(
        f"}} {name}", f"}} {owner}.{name}", 1
    )
    return (
        f"# {owner}.{name}\n\n:::{{py:currentmodule}} {module}\n:::\n\n"
        f"{described}\n"
    )


def _bases(kind: type) -> list[str]:
    names = [
        public_objects.full_name(base) or _name_of_keras(base)
        for base in public_objects.bases_to_show(kind)
    ]
    return [f"Bases: {', '.join(f'`{name}`' for name in names)}"] * bool(names)


def _name_of_keras(base: type) -> str:
    if not base.__module__.startswith("keras."):
        return f"{base.__module__}.{base.__name__}"
    package = base.__module__.split(".")[2]
    return f"keras.{package}.{base.__name__}".replace("models.", "")


def _method(name: str, value: object) -> str:
    text = public_objects.documentation(value)
    if isinstance(value, property):
        text = docstrings.markdown(text)
        return f"::::{{py:property}} {name}\n\n{text}\n\n::::"
    body = docstrings.markdown(text)
    return _directive("method", name, value, [body], fence="::::")


def _directive(
    kind: str, name: str, value: object, body: list[str], fence: str = ":::::"
) -> str:
    called = public_objects.signature(value)
    option = ":classmethod:\n" if isinstance(value, classmethod) else ""
    text = textwrap.dedent("\n\n".join(body))
    return f"{fence}{{py:{kind}}} {name}{called}\n{option}\n{text}\n\n{fence}"
