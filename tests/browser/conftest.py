"""A JupyterLab and a browser for the tests in this folder; both end with the run."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab_notebook import Lab

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = """\
The browser tests did not run: there is no Chromium or Chrome on this machine.
    Debian, Ubuntu:  sudo apt-get install chromium
    elsewhere:       install it, and name its program: CHROMIUM=/path make browser-test
"""
ANNOUNCEMENTS = "@jupyterlab/apputils-extension:announcements"
OF_A_CLASS = "submitted autograded feedback exports *.csv *.db"
NO_COPY = shutil.ignore_patterns(".*", "__pycache__", *OF_A_CLASS.split())


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; without one the run ends here, and says how to get it."""
    from playwright.sync_api import expect, sync_playwright  # not needed to collect

    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else BROWSERS
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.exit(NO_BROWSER, returncode=1)
    expect.set_options(timeout=60_000)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program) as chromium,
    ):
        yield chromium


@pytest.fixture
def page(browser):
    """An empty tab with its own profile."""
    with browser.new_context() as context:
        context.set_default_timeout(60_000)
        yield context.new_page()


@pytest.fixture
def shoot(page):
    """A function that writes a picture of the page, where SCREENSHOTS says."""

    def write(name, part=page):
        if folder := os.environ.get("SCREENSHOTS"):
            page.wait_for_timeout(500)  # for tables and formulas to settle
            part.screenshot(path=Path(folder, f"{name}.png"))

    return write


def new_user(home):
    """Return the environment of someone who has never opened JupyterLab, at home."""
    (home / "config" / "labconfig").mkdir(parents=True)
    for name, content in {
        "jupyter_lab_config": {"LabApp": {"expose_app_in_browser": True}},
        "labconfig/page_config": {"disabledExtensions": {ANNOUNCEMENTS: True}},
    }.items():
        (home / "config" / f"{name}.json").write_text(json.dumps(content))
    others = ("JUPYTER", "JPY_", "MAKE", "PORT", "DISPLAY")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(others)}
    kinds = ("CONFIG", "DATA", "RUNTIME")
    own = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in kinds}
    return kept | own | {"IPYTHONDIR": str(home / "ipython"), "BROWSER": "true"}


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The JupyterLab that `make lab` starts in a copy of what it needs."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "Makefile", folder)
    for part in ("nnlib", "notebooks"):
        shutil.copytree(ROOT / part, folder / part, ignore=NO_COPY)
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    command = ["make", "--assume-old=.venv/.ready", "lab"]
    where = {"cwd": folder, "env": new_user(folder / "home"), "start_new_session": True}
    where |= {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, **where)
    try:
        yield Lab(folder, printed_address(server, folder / "log"))
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # it then stops its kernels
        server.wait(60)


def printed_address(server, log):
    """Wait until the server has printed its address with the token; return it."""
    for _ in range(1500):
        if found := re.search(r"http://127\.0\.0\.1:\S+token=\w+", log.read_text()):
            return found[0]
        if server.poll() is not None:
            break
        time.sleep(0.2)
    pytest.fail(f"JupyterLab printed no address:\n{log.read_text()}", pytrace=False)
