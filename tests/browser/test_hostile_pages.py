"""In a real browser nothing that a student hands in runs script or calls home."""

import nbformat
import pytest
from course.payloads import HOME, RUN, SCRIPT, handed_out, ran
from grading import clean
from grading import page as pages
from grading.records import Mark, PageJob, Record, Template
from nbconvert import HTMLExporter
from nbformat import v4

pytestmark = pytest.mark.browser

# from which nbconvert's own templates load
TEMPLATES = ("https://cdnjs.cloudflare.com/", "https://cdn.jsdelivr.net/")


@pytest.fixture
def opened(page, tmp_path):
    """A function that opens HTML and returns what it did: requests, dialogs, script."""

    def open_it(html, allowed=()):
        path, did = tmp_path / "page.html", []
        path.write_text(html, "utf-8")
        page.on("dialog", lambda dialog: (did.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: did.append(request.url))
        page.on("popup", lambda _: did.append("popup"))
        page.route("http*://**", lambda route: route.abort())
        page.goto(path.as_uri())
        page.wait_for_timeout(500)
        if page.evaluate("window.hit") is not None:
            did.append("script ran")
        expected = (path.as_uri(), "data:", *allowed)
        return [x for x in did if not x.startswith(expected)]

    return open_it


def exported(notebook, template="classic"):
    """Return a notebook as nbconvert shows it; Formgrader's page is a "classic" one."""
    return HTMLExporter(template_name=template).from_notebook_node(notebook)[0]


def test_the_payloads_do_harm_where_they_are_not_taken_apart(opened):
    raw = v4.new_notebook()
    raw.cells = [v4.new_markdown_cell(text) for text in (SCRIPT, f"![x]({HOME})")]
    assert sorted(opened(exported(raw), TEMPLATES)) == [HOME, "script ran"]


def test_a_page_of_all_payloads_does_nothing(opened, page, tmp_path):
    folder = tmp_path / "student"
    notebook = clean.notebook(ran(folder), folder, 100_000)
    nbformat.write(notebook, folder / "graded.ipynb")
    record = Record(status="limited", points={"written": None}, most={"written": 4})
    record.notes = [SCRIPT, f'" onclick="{RUN}']
    marks = {"written": Mark(score=3.0, comment=SCRIPT)}
    target = tmp_path / "small.html"
    template = Template("small", tmp_path, handed_out(), handed_out())
    pages.make(PageJob(template, folder, record, marks, 0.0, target))
    assert opened(target.read_text("utf-8")) == []
    assert page.title() == "Assignment 9 · Small"
    assert page.locator("img").count() > 5
    assert page.locator("script").count() == 0


def test_the_page_forbids_what_it_does_not_hold(opened, page):
    source = (pages.Path(pages.__file__).parent / "page.html").read_text("utf-8")
    head = source[: source.index("<title>")]
    harm = f'{SCRIPT}<img src="{HOME}"><link rel="stylesheet" href="{HOME}">'
    why = []
    page.on("requestfailed", lambda request: why.append(request.failure))
    assert opened(f"{head}</head><body>{harm}</body></html>", HOME) == []
    assert why == ["csp", "csp"]


@pytest.mark.parametrize("template", ["classic", "lab"])
def test_formgrader_shows_all_payloads_and_does_nothing(
    opened, template, page, tmp_path
):
    made = clean.notebook(ran(tmp_path / "student"), tmp_path, 100_000)
    assert opened(exported(made, template), TEMPLATES) == []
    assert page.locator("img").count() > 5
    assert "window.hit=1" in page.inner_text("body")
