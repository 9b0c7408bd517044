"""nbval checks every cell of every lesson, and one changed digit turns it red."""

import re
import subprocess
import sys

import nbformat
import pytest
from lesson_form import LESSONS, ROOT, code_cells, output_text, read


def pytest_run(*arguments):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    command += map(str, arguments)
    options = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 300}
    return subprocess.run(command, **options).stdout


def test_each_code_cell_of_each_lesson_has_a_test():
    listing = pytest_run("--collect-only", *LESSONS)
    for path in LESSONS:
        assert listing.count(f"{path.name}::") == len(code_cells(read(path)))


def change_a_digit(text):
    """Return the text with its last digit, or failing that its last letter, changed."""
    pattern = r"\d(?=\D*$)" if re.search(r"\d", text) else r"[a-z](?=[^a-z]*$)"
    return re.sub(pattern, lambda found: "7" if found[0] != "7" else "8", text)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_changed_digit_in_any_stored_output_turns_its_cell_red(path, tmp_path):
    notebook = read(path)
    changed = []
    for number, cell in enumerate(code_cells(notebook)):
        for output in cell.outputs:
            text = change_a_digit(output_text(output))
            if output.output_type == "stream":
                output.text = text
            else:
                output.data["text/plain"] = text
        if cell.outputs:
            changed.append(number)
    copy = tmp_path / path.name
    nbformat.write(notebook, copy)
    red = re.findall(r"^FAILED .*::Cell (\d+)", pytest_run(copy), re.MULTILINE)
    assert changed
    assert [int(number) for number in red] == changed
