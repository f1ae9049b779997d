"""Makes the pages that come from code, before Sphinx reads the others."""

import json
import pathlib

from sphinx.application import Sphinx

from extensions import api_pages
from extensions import name_links
from extensions import repository_links
from extensions import tutorials


def generated_pages() -> dict[str, str]:
    """Returns all files that are made, by their places below `docs/`."""
    pages = {f"api/{k}.md": text for k, text in api_pages.pages().items()}
    pages |= repository_links.repository_pages()
    for name in tutorials.NAMES:
        pages[f"tutorials/{name}.md"] = tutorials.page(name)
        notebook = json.dumps(tutorials.notebook(name), indent=1)
        pages[f"tutorials/notebooks/{name}.ipynb"] = notebook
    return pages


def write_pages(app: Sphinx) -> None:
    """Writes what has changed, and removes pages of what is gone."""
    pages = generated_pages()
    for place, text in pages.items():
        file = pathlib.Path(app.srcdir) / place
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    for file in pathlib.Path(app.srcdir, "api").glob("*.md"):
        if f"api/{file.name}" not in pages:
            file.unlink()


def move_links(app: Sphinx, page: str, source: list[str]) -> None:
    """Turns links to files into links to their pages."""
    file = pathlib.Path(app.env.doc2path(page))
    if f"{page}.md" not in repository_links.PAGES.values() or page == "index":
        source[0] = repository_links.moved(source[0], file, file)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connects the above with Sphinx."""
    app.connect("builder-inited", write_pages)
    app.connect("source-read", move_links)
    app.connect("doctree-resolved", name_links.link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
