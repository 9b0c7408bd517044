"""Build what a page shows of a student's notebook, from lists of what is harmless."""

import base64
import contextlib
import re
import signal
import time
from html import escape, unescape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import bleach
import mistune
from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import v4

MAGIC = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif"}
TEXT, FILE, PICTURES = 100_000, 2**20, 5 * 2**20  # most of a cell, a file, all files
SECONDS = 10  # for all Markdown of a notebook
CUT = "... output cut off ...\n"
ODD = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
TAGS = """a blockquote br code dd del dl dt em h1 h2 h3 h4 h5 h6 hr img li ol p pre
    strong table tbody td th thead tr ul math mfrac mi mn mo mover mpadded mphantom
    mroot mrow mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder
    munderover"""
ATTRIBUTES = """alt alttext start accent accentunder columnalign depth display
    displaystyle fence form height linethickness lspace mathvariant maxsize minsize
    rspace scriptlevel separator stretchy width"""
LINKS = {
    "href": re.compile("(https?://|mailto:|#)[!-~]*", re.I),
    "src": re.compile("data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=]*"),
}
ALIGNED = re.compile(r"\\(begin|end)\{(align|aligned|gather|gathered|equation)\*?\}")


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
    """Return a str as one that any file can hold, its middle cut; of others, none."""
    value = ANSI.sub("", value if isinstance(value, str) else "")
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
    data = {"text/plain": text(raw["data"].get("text/plain"))}
    for name in ("image/png", "image/jpeg"):
        found, content = picture(raw["data"].get(name))
        if f"image/{found}" == name:
            data[name] = content
    data = {mime: content for mime, content in data.items() if content}
    if not data:
        raise ValueError(kind)
    return v4.new_output(kind, data=data)


def outputs(raw, limit):
    """Return fresh outputs, made of what is harmless, up to a limit in bytes."""
    made = []
    for one in raw if isinstance(raw, list) else ():
        with contextlib.suppress(Exception):  # what has another form is left out
            output = output_of(one)
            limit -= 100 + len(str(output).encode())  # there cannot be many, either
            if limit < 0:
                return [*made, v4.new_output("stream", name="stderr", text=CUT)]
            made.append(output)
    return made


class Pictures:
    """The pictures that a notebook's Markdown may show: 5 MB, repetitions included."""

    def __init__(self, folder):
        self.folder, self.left = Path(folder), PICTURES

    def find(self, url, attachments):
        """Return a data: URI for an attachment or a file in the folder, or ""."""
        kind, name = "", unquote(url)
        with contextlib.suppress(Exception):  # there is none, or it has another form
            if self.left <= 0:
                return ""
            if url.startswith("attachment:"):
                found = attachments[name.removeprefix("attachment:")]
                kind, content = max(map(picture, found.values()))
            else:
                path = self.folder
                for part in PurePosixPath(name).parts:  # no link leads anywhere else
                    path /= part
                    if part in ("/", "..") or path.is_symlink():
                        raise ValueError(name)
                if path.stat().st_size <= FILE:
                    data = base64.b64encode(path.read_bytes()).decode()
                    kind, content = picture(data)
        self.left -= len(content) if kind else 0
        return f"data:image/{kind};base64,{content}" if kind else ""


class _Renderer(mistune.HTMLRenderer):
    """Makes HTML of Markdown, with formulas as MathML and pictures as data: URIs."""

    def __init__(self, find):
        super().__init__(escape=True)
        self.find = find

    def text(self, text):
        return escape(unescape(text))  # it has entities such as &lt;

    def inline_math(self, tex):
        return mathml(tex, f"${tex}$", "inline")

    def block_math(self, tex):
        return mathml(tex, f"$${tex}$$", "block")

    def latex_environment(self, name, body):
        tex = rf"\begin{{{name}}}{body}\end{{{name}}}"
        return mathml(tex, tex, "block")

    def image(self, text, url, title=None):
        """Return a picture that comes with the notebook; of any other, its words."""
        alt, url = unescape(re.sub("<[^>]*>", "", text)), unescape(url)
        if found := self.find(url):
            return f'<img src="{found}" alt="{escape(alt)}">'
        return escape(f"[picture: {alt or url}]")

    def task_list_item(self, text, checked=False):
        return f"<li>{'☑' if checked else '☐'} {text}</li>"


def mathml(tex, source, display):
    """Return a formula as MathML, or its source where that fails or could not end."""
    with contextlib.suppress(Exception):
        if not re.search(r"\\(def|(re)?new|DeclareM)", tex):
            tex = ALIGNED.sub(r"\\\1{align*}", tex).replace("<", r"\lt ")
            made = convert(tex, display=display)
            made = re.sub(r"<mi>(\w{2,})</mi>", "<mi>\\1\u2009</mi>", made)  # ln 2
            if "\\" not in made and {*re.findall(r"<(\w+)", made)} <= {*TAGS.split()}:
                return made.replace("<math", f'<math alttext="{escape(source)}"', 1)
    return f"<code>{escape(source)}</code>"


def allowed(tag, name, value):
    """Tell whether a tag may have an attribute of this value."""
    pattern = LINKS.get(name)
    return bool(pattern.fullmatch(value)) if pattern else name in ATTRIBUTES.split()


def markdown(source, attachments=None, pictures=None, moment=None):
    """Return harmless HTML of a Markdown text, in one line; as it is if it is late."""
    source, pictures = text(source), pictures or Pictures("")
    html = f"<pre>{escape(source[:TEXT])}{CUT * (len(source) > TEXT)}</pre>"
    if len(source) <= TEXT:
        moment = moment or time.monotonic() + SECONDS / 2
        with contextlib.suppress(Exception, TooSlow), until(moment):
            renderer = _Renderer(lambda url: pictures.find(url, attachments))
            made = MarkdownWithMath(renderer).render(source)
            protocols = ["http", "https", "mailto", "data"]
            html = bleach.clean(made, TAGS.split(), allowed, protocols)
    html = html.replace("\n", "&#10;")  # a blank line would end it as HTML in Markdown
    return f'<div class="tex2jax_ignore">{html}</div>'  # MathJax leaves it alone


def notebook(notebook, folder, limit):
    """Return a notebook that has run so that it can be shown.

    Markdown becomes HTML, with the text it was made of in the metadata "original"; the
    assignment's own texts, which are locked, stay.  The pictures beside it are in the
    folder; of all outputs together as many bytes are kept as the limit says.
    """
    cells, pictures, moment = [], Pictures(folder), time.monotonic() + SECONDS
    for cell in notebook.cells:
        source, more = text(cell.source), {"id": cell.id, "metadata": cell.metadata}
        if cell.cell_type == "code":
            made = outputs(cell.get("outputs"), limit)
            limit -= len(str(made).encode())
            cells.append(v4.new_code_cell(source, outputs=made, **more))
        elif cell.metadata.get("nbgrader", {}).get("locked"):
            cells.append(cell)
        else:
            more["metadata"] = cell.metadata | {"original": source}
            html = markdown(source, cell.get("attachments"), pictures, moment)
            cells.append(v4.new_markdown_cell(html, **more))
    return v4.new_notebook(cells=cells, metadata=notebook.metadata)
