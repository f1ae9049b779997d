"""Pages of the repository on the site, with links that lead somewhere.

The same files are read on the site and in the repository, where no page is
generated. So they link to files, and the site makes links to pages of these.
"""

import os
import pathlib
import re

from extensions import tutorials

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
# Files outside of `docs/` that are pages of the site.
PAGES = {
    "benchmarks/README.md": "benchmarks.md",
    "examples/README.md": "examples.md",
    "examples/data/README.md": "example_data.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
}
_LINK = re.compile(r"(\]\()([^)\s]+)(\))")


def page_of(file: pathlib.Path) -> pathlib.Path:
    """Returns the page that stands for a file: itself, if there is none."""
    name = file.relative_to(ROOT).as_posix()
    if name in PAGES:
        return DOCS / PAGES[name]
    if file.parent == tutorials.FOLDER and file.suffix == ".py":
        return file.with_suffix(".md")
    return file


def moved(text: str, source: pathlib.Path, page: pathlib.Path) -> str:
    """Returns the text of a file as a page that stands elsewhere."""

    def link(found: re.Match) -> str:
        address, _, anchor = found[2].partition("#")
        if not address or ":" in address:
            return found[0]
        file = pathlib.Path(os.path.normpath(source.parent / address))
        if not file.is_relative_to(ROOT):
            return found[0]
        relative = os.path.relpath(page_of(file), page.parent)
        return f"{found[1]}{relative}{'#' * bool(anchor)}{anchor}{found[3]}"

    return _LINK.sub(link, text)


def repository_pages() -> dict[str, str]:
    """Returns the text of each page that stands outside of `docs/`."""
    return {
        page: moved(
            (ROOT / file).read_text(encoding="utf-8"), ROOT / file, DOCS / page
        )
        for file, page in PAGES.items()
        if page != "index.md"
    }
