"""How Sphinx builds the site: `make site`."""

import re

project = "ticketlab"
author = "the ticketlab authors"
copyright = author  # noqa: A001  (Sphinx's name)
extensions = ["myst_nb", "sphinx.ext.autodoc"]

nb_execution_mode = "off"
nb_merge_streams = True
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
suppress_warnings = ["mystnb.unknown_mime_type"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = "ticketlab"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def plain(app, what, name, thing, options, lines):
    """The docstrings are plain sentences with ``code`` in them: no other mark of Sphinx's is meant."""
    literal = False
    for number, line in enumerate(lines):
        if line and not line.startswith(" "):
            literal = False
        if not literal:  # a line that goes on, set in under the one above, is not a quotation
            parts = re.split(r"(``.*?``)", line.strip())
            parts[::2] = [re.sub(r"([*`|])", r"\\\1", part) for part in parts[::2]]
            lines[number] = "".join(parts)
        literal |= line.rstrip().endswith("::")


def setup(app):
    app.connect("autodoc-process-docstring", plain)
