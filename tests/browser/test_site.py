"""The built site in Chromium: nothing is fetched from elsewhere, all can use it.

SCREENSHOTS=folder also writes pictures of the pages there.
"""

import gzip
import hashlib
import io
import json
import re
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import lab_notebook
import pytest

import nnlib

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "build" / "site-npm" / "node_modules" / "axe-core" / "axe.min.js"
LESSONS = sorted(path.stem for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
PAGES = {
    "home": "index.html",
    "lesson 01": "notebooks/01_neuron.html",
    "lesson 03": "notebooks/03_backprop.html",
    "formula sheet": "notebooks/README.html",
    "API": "api/nnlib.layers.html",
    "search": "search.html?q=softmax",
}
COMPILED = {"numpy", "matplotlib", "contourpy", "kiwisolver", "pillow"}
RAW = """[...document.querySelectorAll('.math')].filter(
    (formula) => !formula.querySelector('mjx-container')).length"""
BLURRED = """[...document.querySelectorAll('article img')].filter(
    (image) => image.clientWidth !== image.naturalWidth).map((image) => image.alt)"""
RUN = """async (code) => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    const future = kernel.requestExecute({ code });
    let shown = "";
    future.onIOPub = ({ content }) => {
        shown += content.text ?? content.evalue ?? JSON.stringify(content.data ?? "");
    };
    await future.done;
    return shown;
}"""
# After lesson 01's first cell: a picture as plotting.show displays it, and a slider.
IN_LITE = """
class Figure:
    def savefig(self, file, **options):
        file.write(b"\\x89PNG")

plotting.show(Figure(), alt="a picture")
from ipywidgets import interact
interact(lambda k: print("slider at", k), k=(0, 4))
print(nnlib.__version__)
"""


@pytest.fixture(scope="module")
def site():
    """The address of the built site, in a folder, as a project's pages lie."""

    class Quiet(SimpleHTTPRequestHandler):
        def translate_path(self, path):
            return super().translate_path(path.removeprefix("/fork"))

        def log_message(self, *words):
            pass

    handler = partial(Quiet, directory=ROOT / "build" / "site")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/fork/"
        server.shutdown()


@pytest.fixture
def foreign(page, site):
    """The requests to other hosts, and what the console calls an error."""
    found = []
    page.route(
        lambda url: not url.startswith((site, "data:", "blob:")),
        lambda route: (found.append(route.request.url), route.abort()),
    )
    page.on("console", lambda said: said.type == "error" and found.append(said.text))
    return found


def visit(page, address):
    page.goto(address, wait_until="networkidle")
    page.wait_for_function(f"{RAW} === 0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_the_page_and_nothing_is_fetched(
    name, scheme, page, site, foreign, shoot
):
    page.emulate_media(color_scheme=scheme)
    visit(page, site + PAGES[name])
    if name == "search":
        page.wait_for_selector("#search-results li")
    shoot(f"{name} {scheme}")
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run()")["violations"]
    assert [x for x in found if x["impact"] != "minor"] == []
    assert foreign == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_sharp_light_and_fits_a_phone(lesson, page, site, foreign, shoot):
    bodies = {}
    page.on("response", lambda response: bodies.update({response.url: response}))
    page.set_viewport_size({"width": 1280, "height": 900})
    visit(page, f"{site}notebooks/{lesson}.html")
    assert page.evaluate(BLURRED) == []
    assert page.locator("mjx-merror").count() == 0
    weight = sum(len(gzip.compress(r.body())) for r in bodies.values() if r.ok)
    assert weight < 1_000_000
    page.set_viewport_size({"width": 390, "height": 844})
    shoot(f"{lesson} phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert foreign == []


MOCK = """
import sys
from unittest.mock import MagicMock
sys.modules[__name__] = MagicMock(__path__=__path__, __spec__=__spec__)
"""


def stub(package):
    """Return a wheel in place of a compiled one: all that is asked of it is a mock."""
    name, modules = package["name"], set(package["imports"])
    used = rf"^(?:from|import) ({'|'.join(modules)})([\w.]*)"
    for path in (ROOT / "nnlib").rglob("*.py"):
        found = re.findall(used, path.read_text("utf-8"), re.MULTILINE)
        modules.update(map("".join, found))
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as file:
        for module in modules:
            file.writestr(f"{module.replace('.', '/')}/__init__.py", MOCK)
        about = f"{name}-{package['version']}.dist-info"
        file.writestr(f"{about}/METADATA", f"Name: {name}\nVersion: 1\n")
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")
    return wheel.getvalue()


def test_lite_boots_and_imports_nnlib(page, site):
    """What is compiled for Pyodide comes from its own server, here from stubs."""
    lock_file = ROOT / "build/site/lite/static/pyodide/pyodide-lock.json"
    lock = json.loads(lock_file.read_text("utf-8"))
    stubs, asked, local = {}, [], (site, "data:", "blob:")
    for name in COMPILED:
        package = lock["packages"][name]
        stubs[package["file_name"]] = stub(package)
        package["sha256"] = hashlib.sha256(stubs[package["file_name"]]).hexdigest()

    def answer(route):
        asked.append(route.request.url)
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(body=stubs.get(asked[-1], ""), headers=headers)

    page.context.route(lambda url: not url.startswith(local), answer)
    page.context.route(
        "**/pyodide-lock.json", lambda route: route.fulfill(body=json.dumps(lock))
    )
    page.goto(f"{site}lite/lab/index.html?path=notebooks/01_neuron.ipynb")
    page.wait_for_function(lab_notebook.KERNEL_IS_READY, timeout=180_000)
    assert asked == []
    lesson = json.loads((ROOT / "notebooks/01_neuron.ipynb").read_text("utf-8"))
    first = next(c["source"] for c in lesson["cells"] if c["cell_type"] == "code")
    shown = page.evaluate(RUN, "".join(first) + "\nimport nnlib\n" + IN_LITE)
    for part in ('"image/png":"iVBORw=="', "jupyter.widget-view", nnlib.__version__):
        assert part in shown, shown
    assert sorted(asked) == sorted(stubs)
