"""Build what a page shows of a student's notebook, from lists of what is harmless.

Whatever comes from a student is taken apart, and only what is named here is put
together again: kinds of output, HTML tags, parts of formulas, beginnings of links.
"""

import base64
import contextlib
import re
import secrets
import signal
import time
from html import escape, unescape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import bleach
import mistune
from latex2mathml.commands import FUNCTIONS
from latex2mathml.converter import Converter
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import v4

from grading import release

MAGIC = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif"}
TEXT, FILE, PICTURES = 100_000, 2**20, 5 * 2**20  # most of a cell, a file, all files
SECONDS = 10  # for all Markdown of a notebook
CUT = "... output cut off ...\n"
ODD = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
LINK = re.compile("(https?://|mailto:|#)[!-~]*", re.I)
TAGS = """a blockquote br code dd del dl dt em h1 h2 h3 h4 h5 h6 hr li ol p pre strong
    table tbody td th thead tr ul"""
ALIGNED = re.compile(r"\\(begin|end)\{(align|aligned|gather|gathered|equation)\*?\}")
ATTRIBUTES = {"a": ["href", "rel"], "ol": ["start"]}
MATHML = """math mfrac mi mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle
    msub msubsup msup mtable mtd mtext mtr munder munderover"""
MATHML_ATTRIBUTES = """accent accentunder columnalign depth display displaystyle fence
    form height linethickness lspace mathvariant maxsize minsize rspace scriptlevel
    separator stretchy width"""


class TooSlow(BaseException):
    """Something takes too long; no ``except Exception`` on the way may hide it."""


@contextlib.contextmanager
def until(moment):
    """Raise TooSlow when time.monotonic() comes to the moment; main thread only."""

    def ring(*_):
        raise TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(moment - time.monotonic(), 1e-3))
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def text(value, most=None):
    """Return a str or a list of them as one that any file can hold, its middle cut."""
    parts = value if isinstance(value, list) else [value]
    value = ANSI.sub("", "".join(part for part in parts if isinstance(part, str)))
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in value.split("\n")]
    value = ODD.sub("\ufffd", "\n".join(lines))  # of progress bars the last state
    if most is None or len(value) <= most:
        return value
    return f"{value[: most // 2]}\n...\n{value[-most // 2 :]}"


def picture(value):
    """Return (kind, base64) of a picture in base64, or ("", "") if it is none."""
    with contextlib.suppress(TypeError, ValueError):
        content = base64.b64decode(re.sub(r"\s", "", value), validate=True)
        for magic, kind in MAGIC.items():
            if content.startswith(magic):
                return kind, base64.b64encode(content).decode()
    return "", ""


def output_of(raw):
    """Return a fresh output made of what is harmless in one, or raise an exception."""
    kind = raw["output_type"]
    if kind == "stream":
        name = "stderr" if raw["name"] == "stderr" else "stdout"
        return v4.new_output(kind, name=name, text=text(raw["text"]))
    if kind == "error":
        said = {key: text(raw[key], 500) for key in ("ename", "evalue")}
        lines = text("\n".join(map(text, raw["traceback"])), 10_000).split("\n")
        return v4.new_output(kind, traceback=lines, **said)
    if kind not in ("display_data", "execute_result"):
        raise ValueError(kind)
    data, sizes = {"text/plain": text(raw["data"].get("text/plain"))}, {}
    for name in ("png", "jpeg"):
        found, content = picture(raw["data"].get(f"image/{name}"))
        if found == name:
            data[f"image/{name}"] = content
            size = raw["metadata"].get(f"image/{name}", {})
            sides = {side: size.get(side) for side in ("width", "height")}
            fit = {k: n for k, n in sides.items() if type(n) is int and 0 < n <= 10_000}
            sizes[f"image/{name}"] = fit
    data = {mime: content for mime, content in data.items() if content}
    return v4.new_output(kind, data=data, metadata=sizes)


def outputs(raw, limit):
    """Return fresh outputs, made of what is harmless in those of a student's process.

    What goes beyond the limit, in bytes, is left out; but the first error stays in any
    case, shortened, because it says what went wrong.
    """
    made, left, error = [], limit, False
    for one in raw if isinstance(raw, list) else ():
        left -= 100  # so that there cannot be many
        with contextlib.suppress(Exception):  # what has another form is left out
            if left < 0 and (error or one["output_type"] != "error"):
                continue
            output = output_of(one)
            size = len(str(output).encode())
            room, left = max(left, 0), left - size
            if output.output_type == "error" and not error:
                error = True
            elif room < size:
                rest = output.get("text", "").encode()[:room].decode(errors="ignore")
                output = v4.new_output("stream", name="stdout", text=rest)
            if output.get("text") or output.get("data") or "ename" in output:
                made.append(output)
    if left < 0:
        made.append(v4.new_output("stream", name="stderr", text=CUT))
    return made


class Pictures:
    """The pictures that a notebook's Markdown may show: 5 MB, repetitions included."""

    def __init__(self, folder):
        self.folder, self.left = folder, PICTURES

    def find(self, url, attachments):
        """Return the data: URI of an attachment or of a file in the folder, or ""."""
        kind, content = "", ""
        if self.left <= 0:
            return ""
        with contextlib.suppress(Exception):  # there is none, or it has another form
            if url.startswith("attachment:"):
                found = attachments[unquote(url).removeprefix("attachment:")]
                kind, content = max(map(picture, found.values()))
            else:
                kind, content = picture(self.read(unquote(url)))
        self.left -= len(content)
        return f"data:image/{kind};base64,{content}" if kind else ""

    def read(self, name):
        """Return in base64 a file in the folder that no link leads to."""
        path = Path(self.folder)
        for part in PurePosixPath(name).parts:
            path /= part
            if part in ("/", "..") or path.is_symlink():
                raise ValueError(name)
        if not path.is_file() or path.stat().st_size > FILE:
            raise ValueError(name)
        return base64.b64encode(path.read_bytes()).decode()


class Renderer(mistune.HTMLRenderer):
    """Makes HTML of Markdown, with a mark where a formula or a picture belongs.

    The mark holds their place until all else is cleaned; nobody can guess it.
    """

    def __init__(self, attachments, pictures):
        super().__init__(escape=True)
        self.attachments, self.pictures = attachments, pictures
        self.held, self.mark = [], secrets.token_hex(8)

    def hold(self, html):
        """Keep ready HTML, and return its mark."""
        self.held.append(html)
        return f"{self.mark}x{len(self.held) - 1}x"

    def release(self, html):
        """Return HTML with what was kept in the place of the marks."""
        return re.sub(self.mark + r"x(\d+)x", lambda m: self.held[int(m[1])], html)

    def text(self, text):
        """Return text, its entities such as &lt; understood."""
        return escape(unescape(text))

    def inline_math(self, tex):
        """Return a formula between dollars."""
        return self.hold(mathml(tex, f"${tex}$", "inline"))

    def block_math(self, tex):
        """Return a formula between double dollars."""
        return self.hold(mathml(tex, f"$${tex}$$", "block"))

    def latex_environment(self, name, body):
        r"""Return a formula from \begin to \end."""
        tex = rf"\begin{{{name}}}{body}\end{{{name}}}"
        return self.hold(mathml(tex, tex, "block"))

    def link(self, text, url, title=None):
        """Return a link to a page, to an address or within the text; else its text."""
        url = unescape(url)
        if not LINK.fullmatch(url):
            return text
        return f'<a href="{escape(url)}" rel="noreferrer noopener">{text}</a>'

    def image(self, text, url, title=None):
        """Return a picture that comes with the notebook; of any other, its words."""
        alt = unescape(re.sub("<[^>]*>", "", self.release(text)))
        found = self.pictures.find(unescape(url), self.attachments)
        if not found:
            return escape(f"[picture: {alt or unescape(url)}]")
        return self.hold(f'<img src="{found}" alt="{escape(alt)}">')

    def task_list_item(self, text, checked=False):
        """Return an item of a list that has boxes to tick."""
        return f"<li>{'☑' if checked else '☐'} {text}</li>"


def mathml(tex, source, display):
    """Return a formula as MathML, or its source where that fails."""
    try:
        if re.search(r"\\(def|(re)?new|DeclareM)", tex):
            raise ValueError("A word that is defined can grow without end.")
        tex = ALIGNED.sub(r"\\\1{align*}", tex)
        made = xml(Converter(display=display).convert_to_element(tex))
        return made.replace("<math", f'<math alttext="{escape(source)}"', 1)
    except Exception:
        return f"<code>{escape(source)}</code>"


def xml(element):
    """Return a MathML element as text, made of what is harmless in it."""
    said, tag = unescape(element.text or ""), element.tag
    if tag not in MATHML.split() or {"\\", "&"} & {*said}:  # not understood
        raise ValueError(f"{tag}: {said}")
    said += "\u2009" * (f"\\{said}" in FUNCTIONS)  # ln 2, not ln2
    kept = [(key, x) for key, x in element.items() if key in MATHML_ATTRIBUTES.split()]
    attributes = "".join(f' {key}="{escape(x)}"' for key, x in kept)
    return f"<{tag}{attributes}>{escape(said)}{''.join(map(xml, element))}</{tag}>"


def render(source, attachments, pictures, moment):
    """Return harmless HTML of a Markdown text, in one line."""
    html = f"<pre>{escape(source[:TEXT])}{CUT * (len(source) > TEXT)}</pre>"
    if len(source) <= TEXT:
        with contextlib.suppress(Exception, TooSlow), until(moment):
            renderer = Renderer(attachments, pictures)
            made = MarkdownWithMath(renderer).render(source)
            made = bleach.clean(made, tags=TAGS.split(), attributes=ATTRIBUTES)
            html = renderer.release(made)
    html = html.replace("\n", "&#10;")  # a blank line would end it as HTML in Markdown
    return f'<div class="tex2jax_ignore">{html}</div>'  # MathJax leaves it alone


def markdown(source, attachments=None, folder=""):
    """Return harmless HTML of a student's Markdown, its formulas as MathML.

    Args:
        source: the text.
        attachments: {name: {mime type: base64}} of the cell.
        folder: where the notebook lay, for the pictures beside it.
    """
    moment = time.monotonic() + SECONDS / 2
    return render(text(source), attachments, Pictures(folder), moment)


def notebook(notebook, folder, limit):
    """Return a notebook built from what is harmless in a student's, to be shown.

    Markdown becomes HTML, with the text it was made of in the metadata "original"; the
    assignment's own texts, which are locked, stay.

    Args:
        notebook: cells with raw outputs, attachments and nbgrader's metadata.
        folder: where it lay, for the pictures beside it.
        limit: bytes of output kept of one cell; of all together ten times that.
    """
    cells, left = {}, 10 * limit
    pictures, moment = Pictures(folder), time.monotonic() + SECONDS
    for number, cell in enumerate(notebook.cells):
        key, about = str(cell.get("id")), about_of(cell)
        if key in cells or not re.fullmatch("[A-Za-z0-9-]{1,64}", key):
            key = f"cell-{number}"
        more = {"id": key, "metadata": {"nbgrader": about} if about else {}}
        source, attached = text(cell.get("source")), cell.get("attachments")
        if cell.get("cell_type") == "code":
            count = cell.get("execution_count")
            more["execution_count"] = count if type(count) is int else None
            more["outputs"] = outputs(cell.get("outputs"), max(min(limit, left), 0))
            left -= len(str(more["outputs"]).encode())
            made = v4.new_code_cell(source, **more)
        elif about.get("locked"):
            made = v4.new_markdown_cell(source, **more)
            made.update({"attachments": attached} if attached else {})
        else:
            more["metadata"]["original"] = source
            html = render(source, attached, pictures, moment)
            made = v4.new_markdown_cell(html, **more)
        cells[key] = made
    return v4.new_notebook(cells=list(cells.values()), metadata=release.METADATA)


def about_of(cell):
    """Return nbgrader's metadata of a cell; {} if one is not as nbgrader writes it."""
    with contextlib.suppress(Exception):
        about = dict(cell["metadata"]["nbgrader"])
        if all(re.fullmatch(r"[\w.-]+", f"{k}{x}", re.A) for k, x in about.items()):
            return about
    return {}
