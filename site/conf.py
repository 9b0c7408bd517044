"""Sphinx's settings; build_site.py lays out the sources as in the repository."""

import html
import posixpath
import sys
from pathlib import Path

from docutils import nodes
from myst_nb.core.render import NbElementRenderer
from sphinx import addnodes

sys.path.insert(0, str(Path(__file__).parent))
import address

ROOT = address.ROOT

project = html_title = "Neural Network from Scratch"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
suppress_warnings = ["toc.not_included"]  # the hand-outs, which pages link to

nb_execution_mode = "off"
myst_enable_extensions = ["attrs_block", "dollarmath"]
myst_heading_anchors = 4
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"menuOptions": {"settings": {"assistiveMml": True}}}}
autodoc_member_order = "bysource"
autodoc_typehints = "none"

html_theme = "furo"
html_static_path = [str(ROOT / "site" / "static"), str(ROOT / "build" / "site-mathjax")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_favicon = str(ROOT / "site" / "static" / "favicon.svg")
html_theme_options = {"top_of_page_buttons": []}
html_sourcelink_suffix = ""  # _sources/ holds the notebooks byte for byte
html_show_sphinx = False
html_show_copyright = False


def with_alt(render):
    """Take alt texts over from the outputs' metadata, where MyST-NB leaves them."""

    def rendered(self, data):
        images = render(self, data)
        images[0]["alt"] = data.output_metadata.get(data.mime_type, {}).get("alt", "")
        return images

    return rendered


NbElementRenderer.render_image = with_alt(NbElementRenderer.render_image)


def bars_are_bars(app, what, name, thing, options, lines):
    """Keep |a - b| in a docstring from being read as a substitution."""
    lines[:] = [line.replace("|", "\\|") for line in lines]


def links_to_files(app, doctree):
    """Lead links to files that are no pages to their code's page or the repository.

    Where the repository's address is not known, the link's text stays.
    """
    docname = app.env.docname
    for link in list(doctree.findall(addnodes.pending_xref)):
        if link["reftype"] != "myst" or link.get("refdomain"):
            continue
        target, _, anchor = link["reftarget"].partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(docname), target))
        if not target or path.startswith("..") or not (ROOT / path).exists():
            continue  # Sphinx warns
        module = path.removesuffix(".py")
        if f"api/{module.replace('/', '.')}" in app.env.found_docs:
            uri = f"{'../' * docname.count('/')}_modules/{module}.html"
        elif app.config.repository:
            uri = app.config.repository.file(path) + (f"#{anchor}" if anchor else "")
        else:
            link.replace_self(link.children)
            continue
        link.replace_self(nodes.reference("", "", *link.children, refuri=uri))


def row_of_links(app, docname, template, context, doctree):
    """Put the ways to run a notebook below its title."""
    if not (doctree and app.env.doc2path(docname).suffix == ".ipynb"):
        return
    file, up = f"{docname}.ipynb", "../" * docname.count("/")
    known = app.config.repository
    links = {"Run it here": f"{up}lite/lab/index.html?path={file}"}
    if known:
        links |= {"Binder": known.binder(file), "Colab": known.colab(file)}
    links["Download"] = f"{up}_sources/{file}"
    row = " ".join(
        f'<a href="{html.escape(link)}">{label}</a>'
        for label, link in links.items()
        if link
    ).replace('">Download', '" download>Download')
    if known and known.name:
        row += f" <span>first in Colab: <code>{known.install}</code></span>"
    row = f'</h1>\n<p class="run">{row}</p>'
    context["body"] = context["body"].replace("</h1>", row, 1)


def setup(app):
    """Connect the functions above."""
    app.add_config_value("repository", address.find(), "env")
    app.connect("autodoc-process-docstring", bars_are_bars)
    app.connect("doctree-read", links_to_files, priority=400)
    app.connect("html-page-context", row_of_links)
