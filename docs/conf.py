"""Settings of the site; `python -m sphinx -W docs build/site` builds it."""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path[:0] = [
    str(pathlib.Path(__file__).parent),
    str(pathlib.Path(__file__).parents[1]),
]

import keras_regan  # noqa: E402

project = "keras_regan"
version = release = keras_regan.__version__
copyright = "the authors of keras_regan"
extensions = [
    "myst_parser",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "extensions.site",
]
exclude_patterns = ["extensions", "tutorials/*.py", "tutorials/outputs"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
add_module_names = False
toc_object_entries = False

html_theme = "pydata_sphinx_theme"
html_title = "keras_regan"
html_favicon = "_static/icon.svg"
html_show_sourcelink = False
html_use_index = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": {"catalogue": [], "**": ["page-toc"]},
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
# Where there is nothing to navigate to, or a table needs the room.
html_sidebars = {
    page: []
    for page in ("benchmarks", "catalogue", "index", "start")
    + ("which_regularizer",)
}
copybutton_exclude = ".linenos, .gp, .go"
