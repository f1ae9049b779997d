"""The site, as a browser shows it: pages, links, pictures and the search.

Needs the extra `docs`, playwright and a Chromium: of Debian's package
`chromium`, or where `CHROMIUM` says.
"""

import functools
import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import urllib.parse
from collections import Counter

import pytest

pytestmark = pytest.mark.thorough

ROOT = pathlib.Path(__file__).parents[2]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# What a page holds: addresses of links, names of anchors, broken pictures, and
# what is cut off at the window's right edge, as no part around it scrolls.
SEEN = """() => ({
    links: [...document.querySelectorAll('a[href]')].map(a => a.href),
    anchors: [...document.querySelectorAll('[id]')].map(e => e.id),
    pictures: document.images.length,
    broken: [...document.images]
        .filter(i => i.complete && i.naturalWidth === 0).map(i => i.src),
    beyond: [...document.querySelectorAll('article :not(.headerlink)')]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .filter(e => {
            for (let p = e; p.tagName !== 'ARTICLE'; p = p.parentElement)
                if (/auto|scroll/.test(getComputedStyle(p).overflowX))
                    return false;
            return true;
        }).map(e => e.outerHTML.slice(0, 200)),
})"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each of them."""

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The site, built as CONTRIBUTING.md says."""
    pytest.importorskip("myst_parser")
    folder = tmp_path_factory.mktemp("site")
    result = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going"]
        + ["-d", folder / "doctrees", ROOT / "docs", folder / "html"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def address(folder):
    """Where a server of this machine has the site."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        pytest.skip("There is no Chromium.")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    """A page that keeps what goes wrong in it as `problems`."""
    page = browser.new_page(viewport=DESKTOP)
    page.problems = []
    page.on(
        "console",
        lambda message: (
            message.type in ("error", "warning")
            and page.problems.append(message.text)
        ),
    )
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "response",
        lambda response: (
            response.status >= 400 and page.problems.append(response.url)
        ),
    )
    yield page
    page.close()


def opened(page, address, viewport):
    """Opens a page, and returns what it holds."""
    page.set_viewport_size(viewport)
    response = page.goto(address)
    assert response.ok, address
    page.evaluate(
        "for (const i of document.images) i.loading = 'eager';"
        "Promise.all([...document.images].map(i => i.decode().catch(() => 0)))"
    )
    return page.evaluate(SEEN)


def pages_in(folder):
    """The names of all pages, without parts of the theme."""
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*.html"))
    return [name for name in names if not name.startswith("_static/")]


def test_every_page_link_anchor_and_picture(folder, address, page):
    pages = pages_in(folder)
    assert len(pages) > 200
    seen = {}
    for name in pages:
        seen[name] = opened(page, address + name, DESKTOP)
        assert seen[name]["broken"] == [], name
        assert not page.problems, (name, page.problems)
    counts = Counter(pictures=sum(s["pictures"] for s in seen.values()))
    for name, one in seen.items():
        for link in {*one["links"]}:
            if not link.startswith(address):
                continue
            path, _, anchor = link.removeprefix(address).partition("#")
            path = urllib.parse.unquote(path.partition("?")[0])
            path = path or "index.html"
            counts["links"] += 1
            assert (folder / path).exists(), (name, link)
            if anchor and path in seen:
                counts["anchors"] += 1
                anchor = urllib.parse.unquote(anchor)
                assert anchor in seen[path]["anchors"], (name, link)
    print(f"{len(pages)} pages, {dict(counts)}")
    assert counts["links"] > 5000 and counts["anchors"] > 500
    assert counts["pictures"] > 50


def test_pages_on_a_phone(folder, address, page):
    """Tables and code scroll by themselves; the page does not."""
    for name in pages_in(folder):
        if not name.startswith("_modules"):
            seen = opened(page, address + name, PHONE)
            assert seen["beyond"] == [], (name, seen["beyond"])
            assert not page.problems, (name, page.problems)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_search_finds_a_class(address, page, viewport):
    opened(page, address + "index.html", viewport)
    page.locator("button.search-button-field, button.search-button").locator(
        "visible=true"
    ).first.click()
    page.keyboard.type("PairwiseDistance")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html*")
    result = page.locator("#search-results a", has_text="PairwiseDistance")
    result.first.wait_for()
    target = "api/keras_regan.regularizers.PairwiseDistance.html"
    found = page.locator(f'#search-results a[href*="{target}"]').first
    found.wait_for()
    found.click()
    page.wait_for_url(f"**/{target}*")
    assert page.locator("h1").inner_text().startswith("PairwiseDistance")
    assert page.problems == []
