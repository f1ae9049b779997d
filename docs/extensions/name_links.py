"""Names of public objects in a text become links to their pages."""

import inspect
import re
from functools import cache

from docutils import nodes
from sphinx.application import Sphinx

from extensions import api_pages
from extensions import public_objects

_CALL = re.compile(r"\(.*\)\Z", re.DOTALL)


@cache
def targets() -> dict[str, tuple[str, str]]:
    """Returns page and anchor of each way to name an object or a method.

    An object is named in full, without the package, or by its last name alone
    where only one object has it.
    """
    found: dict[str, tuple[str, str]] = {}
    ambiguous = set()
    for full_name, value in public_objects.objects().items():
        for name in _ways_to_name(full_name):
            if name in found:
                ambiguous.add(name)
            found[name] = (f"api/{full_name}", full_name)
            if inspect.isclass(value):
                apart = api_pages.has_pages_of_methods(value)
                for method, _ in public_objects.methods(value):
                    anchor = f"{full_name}.{method}"
                    page = anchor if apart else full_name
                    found[f"{name}.{method}"] = (f"api/{page}", anchor)
    return {
        name: target
        for name, target in found.items()
        if name not in ambiguous and name.split(".")[0] not in ambiguous
    }


def _ways_to_name(full_name: str) -> set[str]:
    short = full_name.removeprefix("keras_regan.")
    ways = {full_name, short, f"kr.{short}", short.rsplit(".", 1)[-1]}
    if short == "RegularizedGAN":
        ways |= {"keras_regan.models.RegularizedGAN", "models.RegularizedGAN"}
    return ways


def link_names(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Links what stands between backticks to the page of that name."""
    for literal in list(tree.findall(nodes.literal)):
        target = targets().get(_CALL.sub("", literal.astext()))
        if target is None or target[0] == page or _is_linked(literal):
            continue
        address = app.builder.get_relative_uri(page, target[0])
        link = nodes.reference(
            "", "", internal=True, refuri=f"{address}#{target[1]}"
        )
        literal.replace_self(link)
        link += literal


def _is_linked(node: nodes.Node) -> bool:
    while node is not None:
        if isinstance(node, nodes.reference | nodes.title):
            return True
        node = node.parent
    return False
