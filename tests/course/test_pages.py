"""What a page shows of a student's notebook is harmless; honest text survives."""

import base64
import json
import time
from dataclasses import replace
from html.parser import HTMLParser

import nbformat
import pytest
from grading import clean, page
from grading.records import Mark, PageJob, Record, Template
from nbconvert.filters import markdown2html
from nbformat import v4
from payloads import ATTACHMENTS, HOME, MARKDOWN, OUTPUTS, PNG, SCRIPT, handed_out, ran

TEXT = "div " + clean.TAGS
PAGE = "html head meta title style body main section span details summary b"
PLAIN = "class id align " + clean.ATTRIBUTES
LINKS = ("http://", "https://", "mailto:", "#")
PICTURES = tuple(f"data:image/{x};base64," for x in ("png", "jpeg", "gif"))


class Harm(HTMLParser):
    """Collects what an HTML text should not hold, and the text that it shows."""

    def __init__(self, html, tags):
        super().__init__()
        self.tags, self.found, self.parts = tags.split(), [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag not in self.tags:
            self.found.append(tag)
        for name, value in attrs:
            fine = name in PLAIN.split()
            fine |= name == "href" and value.lower().startswith(LINKS)
            fine |= name == "src" and value.startswith(PICTURES)
            fine |= tag in ("html", "meta", "title") and not name.startswith("on")
            if not fine:
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, text):
        self.parts.append(text)

    def handle_comment(self, text):
        self.found.append(f"comment {text}")

    def unknown_decl(self, text):
        self.found.append(f"declaration {text}")

    handle_pi = unknown_decl


def shown(source, **more):
    """Return the text that is shown of a Markdown text, and check that it is all."""
    made = Harm(clean.markdown(source, **more), TEXT)
    assert not made.found
    return "".join(made.parts)


def test_no_list_of_clean_holds_what_runs_or_asks():
    """Harm looks for what is in no list; this looks at the lists themselves."""
    tags, names = clean.TAGS.split(), clean.ATTRIBUTES.split()
    bad = "script style svg iframe object embed form input base link meta video"
    assert not {*bad.split(), "noscript", "annotation-xml"} & {*tags}
    assert not [x for x in names if x.startswith("on")]
    assert not {"href", "src", "srcset", "style", "action", "id", "name"} & {*names}


NO_TEXT = [None, 3, ["a", 1], {"a": "b"}, b"x"]


@pytest.mark.parametrize("source", [*MARKDOWN, *NO_TEXT], ids=range(len(MARKDOWN) + 5))
def test_hostile_markdown_is_shown_without_harm(source, tmp_path):
    attached = ATTACHMENTS if isinstance(source, str) else source
    html = clean.markdown(source, attached, clean.Pictures(tmp_path))
    assert not Harm(html, TEXT).found
    assert "\n" not in html  # so that it is one block in a Markdown cell
    assert markdown2html(html).strip() == html, "nbconvert changes it"


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
        ("3. three", '<ol start="3">'),
        ("- [x] done", "☑ done"),
        ("```python\na<b\n\n\nc\n```", "a&lt;b&#10;&#10;&#10;c"),
        ("*a* and `b_c_d`", "<em>a</em> and <code>b_c_d</code>"),
        ("x<y **y>z**: <em>b &lt;", "x&lt;y <strong>y&gt;z</strong>: &lt;em&gt;b &lt;"),
        ("[x](https://a.org/?b=1&c=2)", 'href="https://a.org/?b=1&amp;c=2"'),
        ("[x](#part)", 'href="#part"'),
        ("[the file](data.csv)", "the file"),
        # formulas, and those that are not understood
        ("$a<b$", "<mi>a</mi><mo>&#x0003C;</mo><mi>b</mi>"),
        ("$a<b$", 'alttext="$a&lt;b$"'),
        ("$$\\frac{a*b*c}{2}$$", 'display="block"'),
        ("\\begin{align}\na &= b\\\\\nc &= d\n\\end{align}", "<mtr>"),
        ("$\\ln 2$", "<mi>ln\u2009</mi>"),
        (r"$\frac{$", r"<code>$\frac{$</code>"),
        (r"$\def\a{b}\a$", r"<code>$\def\a{b}\a$</code>"),
    ],
)
def test_markdown_is_rendered(source, part):
    assert part in clean.markdown(source)
    assert not Harm(clean.markdown(source), TEXT).found


def test_formulas_of_all_assignments_are_understood():
    paths = page.Path(page.__file__).parents[1].glob("release/*/*.ipynb")
    cells = [cell for path in paths for cell in nbformat.read(path, 4).cells]
    made = [clean.markdown(c.source) for c in cells if c.cell_type == "markdown"]
    assert [html for html in made if "<code>$" in html] == []
    assert "".join(made).count("<math") > 300


def test_a_picture_pasted_into_a_cell_or_beside_the_notebook_is_shown(tmp_path):
    (tmp_path / "my pictures").mkdir()
    (tmp_path / "my pictures" / "net.png").write_bytes(base64.b64decode(PNG))
    for url in ("attachment:real.png", "my%20pictures/net.png"):
        source, pictures = f"![my *net*]({url})", clean.Pictures(tmp_path)
        html = clean.markdown(source, ATTACHMENTS, pictures)
        assert f'<img src="data:image/png;base64,{PNG}" alt="my net">' in html


def test_no_other_file_is_shown(tmp_path):
    picture, folder = base64.b64decode(PNG), tmp_path / "handed"
    folder.mkdir()
    (tmp_path / "out.png").write_bytes(picture)
    (folder / "link.png").symlink_to(tmp_path / "out.png")
    (folder / "folder").symlink_to(tmp_path)
    (folder / "big.png").write_bytes(picture + bytes(2**20))
    (folder / "page.png").write_text(SCRIPT)
    pictures = clean.Pictures(folder)
    names = ["../out.png", "folder/out.png"]
    names += ["link.png", "big.png", "page.png", "none"]
    for url in [*names, *(folder / name for name in names)]:
        assert shown(f"![a net]({url})", pictures=pictures) == "[picture: a net]\n"
    assert shown(f"![]({HOME})", pictures=pictures) == f"[picture: {HOME}]\n"


def test_one_picture_shown_often_does_not_fill_the_disk():
    big = base64.b64encode(base64.b64decode(PNG) + bytes(2**20)).decode()
    attached = {"a.png": {"image/png": big}}
    html = clean.markdown("![a](attachment:a.png)\n" * 1000, attached)
    assert 2**20 < len(html) < 6 * 2**20


LONG = [
    "[" * 20_000,
    "*a " * 20_000,
    ">" * 50_000,
    "`a``" * 9_000,
    "[![a](b)" * 5_000,
    "$" + "{" * 40_000 + "}" * 40_000 + "$",
    "| a" * 20_000 + "\n" + "|-" * 20_000,
    "\\begin{a}" * 8_000,
    "$" + r"\frac" * 9_000 + "$",
    "a" * 200_000,
]


@pytest.mark.parametrize("source", LONG, ids=range(len(LONG)))
def test_no_text_takes_long(source, monkeypatch):
    monkeypatch.setattr(clean, "SECONDS", 4)
    began = time.monotonic()
    assert not Harm(clean.markdown(source), TEXT).found
    assert time.monotonic() - began < 6


def test_a_text_that_takes_too_long_is_shown_as_it_is(monkeypatch):
    monkeypatch.setattr(clean, "SECONDS", 0.1)
    source = "\\begin{a}" * 8_000 + "<b>"
    assert shown(source) == source
    assert shown("a" * 200_000) == "a" * clean.TEXT + clean.CUT


@pytest.mark.parametrize("raw", OUTPUTS, ids=range(len(OUTPUTS)))
def test_hostile_outputs_are_taken_apart(raw):
    made = clean.outputs([raw], 10_000)
    nbformat.validate(v4.new_notebook(cells=[v4.new_code_cell(outputs=made)]))
    for output in made:
        assert not output.get("metadata")
        data = output.get("data", {})  # a JPEG among the payloads is none
        assert not data.keys() - {"text/plain", "image/png"}
        assert data.get("image/png", PNG) == PNG
        assert "\x1b" not in json.dumps(output, ensure_ascii=False)
        json.dumps(output, ensure_ascii=False).encode()


def test_honest_outputs_stay():
    raw = [
        v4.new_output("stream", name="stdout", text="1%\r9%\r100%\r\na<b\r\n"),
        v4.new_output("display_data", data={"image/png": PNG + "\n"}),
        v4.new_output("execute_result", data={"text/plain": "array([1.])"}),
        v4.new_output("error", ename="E", evalue="v", traceback=["\x1b[31ma\x1b[0m"]),
    ]
    text, drawn, result, error = clean.outputs(raw, 10_000)
    assert (text.name, text.text) == ("stdout", "100%\na<b\n")
    assert drawn.data == {"image/png": PNG}
    assert result.output_type == "execute_result"
    assert result.data["text/plain"] == "array([1.])"
    assert (error.ename, error.evalue, error.traceback) == ("E", "v", ["a"])


def test_what_goes_beyond_the_limit_is_cut():
    stream = {"output_type": "stream", "name": "stdout", "text": "é" * 1000}
    made = clean.outputs([stream] * 9, 10_000)
    assert (len(made), made[-1].text) == (5, clean.CUT)
    assert len(clean.outputs([stream | {"text": "x"}] * 50_000, 10_000)) < 100
    lines = ["first", *["x" * 80] * 5000, "last"]
    error = {"output_type": "error", "ename": "RecursionError", "evalue": "deep"}
    (kept,) = clean.outputs([error | {"traceback": lines}], 12_000)
    assert (kept.traceback[0], kept.traceback[-1]) == ("first", "last")


def test_a_hostile_notebook_is_taken_apart(tmp_path):
    handed = ran(tmp_path / "handed")
    made = clean.notebook(handed, tmp_path, 5_000)
    assert made.cells[0] == handed.cells[0]  # a text of the assignment stays as it is
    nbformat.validate(made)
    assert len({cell.id for cell in made.cells}) == len(made.cells)
    for cell in made.cells:
        assert cell.id.replace("-", "").isalnum()
        assert not cell.metadata.keys() - {"nbgrader", "original"}
        assert "onclick" not in json.dumps(cell.metadata.get("nbgrader", {}))
        assert "attachments" not in cell
        if cell.cell_type == "markdown":
            assert not Harm(cell.source, TEXT).found
        else:
            assert cell.execution_count is None
    assert SCRIPT in made.cells[5].metadata.original
    assert "script" not in json.dumps(made.metadata)
    said = json.dumps([cell.get("outputs") for cell in made.cells])
    assert "output cut off" in said
    assert len(said) < 10_000  # of all cells together


@pytest.fixture
def job(tmp_path):
    """A job that makes the page of a small submission."""
    folder = tmp_path / "student"
    notebook = ran(folder)
    notebook.cells[3].source = "check(2)\nsecret = 7"
    notebook.cells[3].outputs = [v4.new_output("stream", text="secret says")]
    notebook = clean.notebook(notebook, folder, 100_000)
    nbformat.write(notebook, folder / "graded.ipynb")
    record = Record(
        status="graded",
        points={"check-1": 10 / 3, "written": None},
        most={"check-1": 5, "written": 4},
        said={"check-1": f"the sign is lost {SCRIPT}"},
        notes=[f"Cell 3: it raised ValueError: {SCRIPT}\ud800"],
    )
    target = tmp_path / "feedback" / "ada" / "small.html"
    template = Template("small", tmp_path, handed_out(), handed_out())
    return PageJob(template, folder, record, {}, 0.0, target)


def made(job):
    """Make a page; return its HTML and its text."""
    page.make(job)
    html = job.target.read_text("utf-8")
    harm = Harm(html, f"{TEXT} {PAGE}")
    assert not harm.found
    assert """Content-Security-Policy" content="default-src 'none';""" in html
    assert [x.name for x in job.target.parent.iterdir()] == [job.target.name]
    return html, " ".join(" ".join(harm.parts).split())


def test_the_page_says_what_was_earned_and_shows_no_hidden_test(job):
    html, text = made(job)
    assert "Assignment 9 · Small" in text
    assert "3.33 of 9 so far: something is not marked yet" in text
    assert "Task 1. Double 3.33 of 5 Task 2. In words not marked yet (of 4)" in text
    assert 'href="#cell-check-1"' in html
    assert 'id="cell-check-1"' in html
    assert "Handed in late" not in text
    assert "What happened when this was graded Cell 3: it raised ValueError" in text
    assert "<mi>a</mi><mo>&#x0003C;</mo><mi>b</mi>" in html  # of the answer
    assert f"data:image/png;base64,{PNG}" in html
    assert "secret" not in html
    text = text.replace(" ", "")  # colours stand between the words of the code
    assert text.index("thesignislost") < text.index("check(2)")


def test_a_mark_by_hand_counts_and_its_comment_is_shown(job):
    job.marks["written"] = Mark(score=3.0, extra=0.5, comment=f"Well said. {SCRIPT}")
    job.marks["check-1"] = Mark(score=5.0)
    _, text = made(replace(job, penalty=1.5))
    assert "7 of 9" in text
    assert "so far" not in text
    assert "5 of 5 Task 2. In words 3.5 of 4 Handed in late −1.5" in text
    assert "Your instructor writes Well said. <script>" in text


def test_a_submission_that_did_not_run_has_a_page(job):
    job.record.status = "unreadable"
    job.record.points = dict.fromkeys(job.record.points, 0.0)
    (job.folder / "graded.ipynb").unlink()
    _, text = made(job)
    assert "0 of 9 What happened" in text
    assert "0 of 5 Task 2. In words 0 of 4" in text
    assert "marked" not in text
