"""`make lab` prints an address that opens lesson 01, from where the links work."""

import re
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.browser

PROJECT = Path(__file__).resolve().parents[2]


def test_the_printed_address_opens_lesson_01_and_its_links_the_library(page, start_lab):
    lesson = nbformat.read(PROJECT / "notebooks" / "01_neuron.ipynb", as_version=4)
    title = re.search(r"^# (.+)$", lesson.cells[0].source, re.MULTILINE)[1]
    page.goto(start_lab("make", "lab", "PORT={port}", folder=PROJECT))
    page.get_by_role("heading", name=title).wait_for()
    page.get_by_role("link", name="neuron.py", exact=True).first.click()
    page.get_by_role("tab", name="neuron.py", exact=True).wait_for()
