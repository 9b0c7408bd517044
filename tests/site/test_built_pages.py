"""The built pages hold together: links, anchors, alt texts, nothing from elsewhere."""

import hashlib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import address
import pytest
from bs4 import BeautifulSoup

pytestmark = pytest.mark.site

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "site"
LOADED = "script[src], img[src], source[src], link[href]:not([rel=canonical])"
LESSONS = sorted(ROOT.glob("notebooks/0*.ipynb"))
HAND_OUTS = sorted(ROOT.glob("notebooks/assignments/release/*/*.ipynb"))


class Page:
    """What a page links to and loads, its anchors, its images without alt text."""

    def __init__(self, path):
        soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        self.path, self.links = path, [x["href"] for x in soup.select("a[href]")]
        self.loaded = [x.get("src") or x["href"] for x in soup.select(LOADED)]
        self.anchors = {x["id"] for x in soup.select("[id]")}
        self.silent = [x["src"] for x in soup.select("img:not([alt]), img[alt='']")]


@pytest.fixture(scope="module")
def pages():
    """Every page but JupyterLite's, by its path."""
    paths = [p for p in SITE.rglob("*.html") if "lite" not in p.relative_to(SITE).parts]
    assert len(paths) > 40
    return {path: Page(path) for path in paths}


def broken(page, link, pages):
    """Return whether a link within the site leads nowhere."""
    url = urlsplit(link)
    target = (page.path.parent / unquote(url.path)).resolve() if url.path else page.path
    target = target / "index.html" if target.is_dir() else target
    anchor = unquote(url.fragment)
    return not target.is_file() or (
        anchor and target in pages and anchor not in pages[target].anchors
    )


def test_every_link_and_anchor_leads_somewhere(pages):
    every = [(p, link) for p in pages.values() for link in [*p.links, *p.loaded]]
    inner = [(p, link) for p, link in every if not urlsplit(link).scheme]
    assert not [x for p in pages.values() for x in p.loaded if urlsplit(x).netloc]
    wrong = {(p.path.name, link) for p, link in inner if broken(p, link, pages)}
    assert wrong == set()
    assert len(inner) > 3000


def test_every_image_says_what_it_shows(pages):
    assert [(p.path.name, src) for p in pages.values() for src in p.silent] == []
    lesson = (SITE / "notebooks" / "03_backprop.html").read_text("utf-8")
    assert re.search(r'<img alt="[^"]{40,}"', lesson)


@pytest.mark.parametrize("path", [*LESSONS, *HAND_OUTS], ids=lambda path: path.stem)
def test_a_notebook_can_be_run_and_downloaded(path, pages):
    name = path.relative_to(ROOT)
    page = pages[SITE / name.with_suffix(".html")]
    (lite,) = [link for link in page.links if "lite/lab/" in link]
    assert urlsplit(lite).query == f"path={name.as_posix()}"
    elsewhere = [link for link in page.links if "//mybinder.org/" in link]
    assert len(elsewhere) == (address.find() is not None)
    copies = SITE / "_sources" / name, SITE / "lite" / "files" / name
    assert {copy.read_bytes() for copy in copies} == {path.read_bytes()}
    assert [link for link in page.links if link.endswith(f"_sources/{name.as_posix()}")]


def test_a_compiled_wheel_is_mirrored_if_it_can_be_had(monkeypatch, tmp_path):
    build = pytest.importorskip("build_site")
    monkeypatch.setattr(build, "PYODIDE_CDN_URL", tmp_path.as_uri())
    (tmp_path / "a.whl").write_bytes(b"wheel")
    copied = tmp_path / "site" / "a.whl"
    copied.parent.mkdir()
    good = {"sha256": hashlib.sha256(b"wheel").hexdigest()}
    assert build.mirrored(good, copied)
    assert copied.read_bytes() == b"wheel"
    assert not build.mirrored(good, tmp_path / "site" / "b.whl")
    with pytest.raises(SystemExit, match=r"not the wheel .* a\.whl"):
        build.mirrored({"sha256": "0"}, copied)
