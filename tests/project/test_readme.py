"""The README's picture and its code are what the lessons make."""

import re

import execute
from lesson_form import LESSONS, ROOT, read

README = (ROOT / "README.md").read_text("utf-8")


def test_the_picture_is_the_output_of_the_lessons_cell():
    pictures = [execute.readme_picture(read(path)) for path in LESSONS]
    assert [x for x in pictures if x] == [execute.PICTURE.read_bytes()]
    assert f"({execute.PICTURE.relative_to(ROOT).as_posix()})" in README


def test_the_code_runs_and_classifies_the_spiral(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(code, {})
    assert float(capsys.readouterr().out) >= 0.973


def test_every_make_target_named_in_the_pages_exists():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    for page in ("README.md", "CONTRIBUTING.md", "notebooks/assignments/README.md"):
        text = (ROOT / page).read_text("utf-8")
        named = re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)
        assert named
        assert set(named) <= set(targets)
