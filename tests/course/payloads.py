"""What a hostile student may hand in to run script where it is shown, or to call home.

Script that runs sets window.hit; whatever calls home calls ``HOME``, where nobody is.
"""

import base64
import json

from grading import repair
from grading.records import Template
from nbformat import from_dict, v4

HOME = "http://127.0.0.1:9/leak.png"
RUN = "window.hit=1"
SCRIPT = f"<script>{RUN}</script>"
IMAGE = f'<img src=x onerror="{RUN}">'
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{RUN}">{SCRIPT}</svg>'


def coded(text):
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


ATTACHMENTS = {
    "real.png": {"image/png": PNG},
    "lie.png": {"image/png": coded(SVG)},
    "drawing.svg": {"image/svg+xml": coded(SVG)},
    "html.png": {"text/html": coded(SCRIPT)},
    "break.png": {f'image/png" onerror="{RUN}': PNG, "image/png": '" onerror="x'},
    f'x" onerror="{RUN}': {"image/png": PNG},
    "odd.png": ["image/png"],
}

MARKDOWN = [
    SCRIPT,
    f"some text {SCRIPT} in a line",
    IMAGE,
    f"a **bold {IMAGE}** word",
    f"<ScRiPt >{RUN}</sCrIpT >",
    f"<scr{SCRIPT}ipt>{RUN}</script>",
    SVG,
    f'<math><mtext></form><form><mglyph><style></math>{IMAGE}"',
    f'<iframe src="javascript:parent.{RUN}"></iframe>',
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f'<object data="{HOME}"></object><embed src="{HOME}">',
    f'<video src="{HOME}" poster="{HOME}" autoplay onloadstart="{RUN}"></video>',
    f'<img srcset="{HOME} 1x" src="{HOME}">',
    f'<div style="background: url({HOME})">styled</div>',
    f"<style>body {{ background: url({HOME}) }} @import '{HOME}';</style>",
    f'<base href="{HOME}/"><link rel="stylesheet" href="{HOME}">',
    f'<meta http-equiv="refresh" content="0; url={HOME}">',
    f'<form action="{HOME}"><input autofocus onfocus="{RUN}"></form>',
    f'<details open ontoggle="{RUN}"><summary>x</summary></details>',
    f"<!-- comment --><!--><img src=x onerror={RUN}>-->",
    f"<![CDATA[ {SCRIPT} ]]> <?php {SCRIPT} ?>",
    f"[link](javascript:{RUN})",
    f"[link](JaVaScRiPt:{RUN})",
    f"[link](java&#x09;script:{RUN}) [link](&#106;avascript:{RUN})",
    f"[link](<java\tscript:{RUN}>) [link](<\x01javascript:{RUN}>)",
    f"[link](javascript%3A{RUN}) [link](javascript&colon;{RUN})",
    f"[link](data:text/html;base64,{coded(SCRIPT)})",
    f"[link](vbscript:{RUN}) [link](file:///etc/passwd) [link](//127.0.0.1:9/x)",
    f"[named][here]\n\n[here]: javascript:{RUN} 'title'",
    f"<javascript:{RUN}> <data:text/html,{SCRIPT}>",
    f'[link](https://example.org/"onmouseover="{RUN})',
    f'[link](https://example.org "title\\" onmouseover=\\"{RUN}")',
    f"[![inner](javascript:{RUN})](javascript:{RUN})",
    f"![remote]({HOME}) ![remote](<{HOME}>) ![ref][pic]\n\n[pic]: {HOME}",
    "![remote](//127.0.0.1:9/leak.png) ![remote](http:/127.0.0.1:9/leak.png)",
    f"![svg](data:image/svg+xml;base64,{coded(SVG)})",
    f'![alt" onerror="{RUN}](attachment:real.png "title\\" onload=\\"{RUN}")',
    f"![{IMAGE}](attachment:real.png) ![`{SCRIPT}` $a<b$](attachment:real.png)",
    "![lie](attachment:lie.png) ![svg](attachment:drawing.svg)",
    "![html](attachment:html.png) ![odd](attachment:odd.png)",
    "![break](attachment:break.png) ![none](attachment:none.png)",
    f"![name](<attachment:x%22 onerror=%22{RUN}>)",
    "![up](../../secret.png) ![root](/etc/passwd) ![link](link.png)",
    rf"$\href{{javascript:{RUN}}}{{click}}$ $\url{{javascript:{RUN}}}$",
    rf"$\unicode[{IMAGE}]{{x41}} \html{{{IMAGE}}} \class{{x}}{{y}}$",
    rf"$$\style{{background: url({HOME})}}{{x}} \cssId{{a}}{{b}} \require{{html}}$$",
    rf"$\text{{{IMAGE}}}$ $\mathrm{{{SCRIPT}}}$",
    rf'$\color{{red" onmouseover="{RUN}}}{{x}} \hspace{{1em" onload="{RUN}}}$',
    rf"\begin{{align}}{IMAGE} &= \href{{javascript:{RUN}}}{{x}}\end{{align}}",
    rf"5$ \(\href{{javascript:{RUN}}}{{x}}\) \[{IMAGE}\] &#36;x&#36;",
    f'```python" onload="{RUN}\nprint(1)\n```',
    f"```\n</code></pre>{SCRIPT}\n```",
    f"~~~mermaid\n{IMAGE}\n~~~",
    f'# Title <a name="x" onclick="{RUN}"> {{#id" onclick="{RUN}"}}',
    f'| a | b |\n|:-:|--:|\n| {IMAGE} | <td onmouseover="{RUN}"> |',
    f"- [x] {IMAGE}\n- [ ] {SCRIPT}",
    f"term\n: {SCRIPT}",
    f"> quoted {SCRIPT}\n\n{SCRIPT}\n\n\n    code {SCRIPT}",
    f'3" onclick="{RUN}. item\n\n007. item {IMAGE}',
    f"&lt;script&gt;{RUN}&lt;/script&gt; &amp;lt;script&amp;gt; \\<script>",
    "\ud800 lone \0 nul \x1b[31mred\x1b[0m \u2028 \ufffe",
]


def data(kind="display_data", metadata=None, **content):
    """Return an output with data; in the names of mime types _ stands for /."""
    made = {key.replace("_", "/", 1): value for key, value in content.items()}
    return {"output_type": kind, "data": made, "metadata": metadata or {}}


OUTPUTS = [
    data(text_html=SCRIPT, text_plain=SCRIPT),
    data(application_javascript=RUN),
    {
        "output_type": "display_data",
        "data": {"image/svg+xml": SVG, "text/markdown": IMAGE},
        "metadata": {},
    },
    data(text_latex=rf"$\href{{javascript:{RUN}}}{{x}}$"),
    {
        "output_type": "display_data",
        "data": {
            "application/vnd.jupyter.widget-view+json": {"model_id": SCRIPT},
            "application/pdf": coded(SCRIPT),
            "text/plain": "a widget",
        },
        "metadata": {},
    },
    data(image_png=PNG, metadata={"image/png": {"width": f"1 onerror={RUN}"}}),
    data(image_png=PNG, metadata={"image/png": {"width": 10**9, "height": True}}),
    data(image_png=PNG, metadata={"image/png": {"width": [1], "height": 1.5}}),
    data(image_png=PNG, metadata={"image/png": {"unconfined": IMAGE, "width": 20}}),
    data(image_png=PNG, metadata={"image/png": SCRIPT}),
    data(image_png=PNG, metadata={"image/png": {"alt": f'" onload="{RUN}'}}),
    data(image_png=f'" onerror="{RUN}'),
    data(image_png=coded(SVG)),
    data(image_jpeg=PNG),
    data("execute_result", text_plain=IMAGE),
    data(image_png={"a": 1}, text_plain=["<b>", 1, None]),
    {"output_type": "stream", "name": "stdout", "text": SCRIPT + IMAGE},
    {"output_type": "stream", "name": f'x" onclick="{RUN}', "text": "named\x1b[31m"},
    {"output_type": "stream", "name": "stderr", "text": f"</pre>{SCRIPT}\0\ud800"},
    {
        "output_type": "error",
        "ename": SCRIPT,
        "evalue": IMAGE,
        "traceback": [SCRIPT, f'\x1b[38;5;1" onclick="{RUN}m{IMAGE}\x1b[0m'],
    },
    {"output_type": "error", "ename": 1, "evalue": None, "traceback": [{}, 2]},
    {"output_type": "error", "ename": "X", "evalue": "y", "traceback": SCRIPT},
    {"output_type": "update_display_data", "data": {"text/html": SCRIPT}},
    {"output_type": f"{IMAGE}"},
    {"output_type": ["stream"], "text": SCRIPT},
    {"output_type": "display_data", "data": [SCRIPT], "metadata": None},
    {"data": {"text/plain": SCRIPT}},
    SCRIPT,
    None,
    7,
    [],
]
QUOTED = f'x" onclick="{RUN}'


def cell(kind, key, source, **about):
    """Return a cell with nbgrader's metadata."""
    make = v4.new_code_cell if kind == "code" else v4.new_markdown_cell
    about = {"grade_id": key, "grade": False, "solution": False} | about
    return make(source, metadata={"nbgrader": about}, id=key)


def handed_out():
    """Return a small hand-out."""
    cells = [
        cell("markdown", "text-1", "# Assignment 9 · Small", locked=True),
        cell("markdown", "text-2", "## Task 1. `Double` (5 points)", locked=True),
        cell("code", "task-1", "def double(x): ...", solution=True, locked=False),
        cell("code", "check-1", "check(2)", grade=True, locked=True),
        cell("markdown", "text-3", "## Task 2. In words (4 points)", locked=True),
        cell("markdown", "written", "", grade=True, solution=True, locked=False),
    ]
    return v4.new_notebook(cells=cells)


def hostile():
    """Return a hand-out in which somebody has done all this."""
    notebook = handed_out()
    for source in MARKDOWN:
        notebook.cells.append(v4.new_markdown_cell(source))
        notebook.cells[-1]["attachments"] = from_dict(ATTACHMENTS)
    notebook.cells[5].source = f"Because $a<b$. {SCRIPT}"
    forged = {"grade_id": QUOTED, "grade": True, "solution": True, "points": SCRIPT}
    code = v4.new_code_cell(f"# </code></pre>{SCRIPT}\nx = '{IMAGE}'")
    code.metadata = from_dict({"nbgrader": forged, "tags": [QUOTED], QUOTED: QUOTED})
    code["execution_count"] = code["id"] = QUOTED
    code["outputs"] = {"output_type": SCRIPT}
    notebook.cells.append(code)
    notebook.metadata = from_dict({"title": SCRIPT, "widgets": {"x": SCRIPT}})
    return notebook


def ran(folder):
    """Hand it in; return it as a run leaves it, with raw outputs below all code."""
    folder.mkdir()
    (folder / "small.ipynb").write_text(json.dumps(hostile()))
    template = Template("small", folder, handed_out(), handed_out())
    notebook = repair.hand(folder, template).notebook
    for one in notebook.cells:
        if one.cell_type == "code":
            one.outputs = list(OUTPUTS)
    return notebook
