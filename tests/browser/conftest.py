"""Servers and a browser for the tests in this folder; all of it ends with the run."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab_notebook import Lab

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DISABLED = "gpu quic sync component-update background-networking"
QUIET_CHROMIUM = ["--no-sandbox", "--no-first-run"]
QUIET_CHROMIUM += [f"--disable-{what}" for what in DISABLED.split()]
NO_PLAYWRIGHT = """\
The browser tests did not run: Playwright is not installed in this environment.
    python -m pip install -e '.[lab,test,browser]'      (make browser-test does this)
"""
NO_BROWSER = f"""\
The browser tests did not run: there is no Chromium or Chrome on this machine.
    Debian, Ubuntu:  sudo apt-get install chromium
    elsewhere:       install it, and name its program: CHROMIUM=/path make browser-test
Looked for {", ".join(BROWSERS)} on the PATH, and for the variable CHROMIUM.
"""


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; without one the run ends here, and says how to get it."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.exit(NO_PLAYWRIGHT, returncode=1)
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else BROWSERS
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.exit(NO_BROWSER, returncode=1)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program, args=QUIET_CHROMIUM
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """An empty tab with its own profile."""
    with contextlib.closing(browser.new_context()) as context:
        context.set_default_timeout(60_000)
        yield context.new_page()


@pytest.fixture(scope="session")
def new_user(tmp_path_factory):
    """The environment of someone who has never opened JupyterLab and has no display."""
    home = tmp_path_factory.mktemp("new-user")
    announcements = {"@jupyterlab/apputils-extension:announcements": True}
    settings = {
        "jupyter_lab_config.json": {"LabApp": {"expose_app_in_browser": True}},
        "labconfig/page_config.json": {"disabledExtensions": announcements},
    }
    for name, content in settings.items():
        path = home / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "JPY_", "MAKE")) and name != "DISPLAY"
    }
    kinds = ("CONFIG", "DATA", "RUNTIME")
    own = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in kinds}
    return inherited | own | {"IPYTHONDIR": str(home / "ipython"), "BROWSER": "true"}


@pytest.fixture(scope="session")
def start_lab(new_user, tmp_path_factory):
    """A function that runs a command and returns the JupyterLab address it prints.

    In the command, {port} stands for a free port.
    """
    with contextlib.ExitStack() as started:

        def start(*command, folder):
            port = free_port()
            log = tmp_path_factory.mktemp("server") / "log"
            with log.open("w") as output:
                server = subprocess.Popen(
                    [word.format(port=port) for word in command],
                    cwd=folder,
                    env=new_user,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            started.callback(end, server)
            return printed_address(server, log)

        yield start


@pytest.fixture(scope="session")
def lab(start_lab, tmp_path_factory):
    """The folder and the address of a JupyterLab that serves a copy of notebooks/."""
    folder = tmp_path_factory.mktemp("served") / "notebooks"
    shutil.copytree(NOTEBOOKS, folder, ignore=shutil.ignore_patterns(".*", "__*"))
    command = [sys.executable, "-m", "jupyterlab", "--port={port}", *as_root()]
    return Lab(folder, start_lab(*command, "--no-browser", folder=folder))


def as_root():
    """Return the option that lets root, who owns many containers, start JupyterLab."""
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def free_port():
    """Return a port on which nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def printed_address(server, log, seconds=300):
    """Wait until the server has printed its address with the token; return it."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        stopped = server.poll() is not None  # asked before the log is read
        if found := re.search(r"http://127\.0\.0\.1:\S+token=\w+", log.read_text()):
            return found[0]
        if stopped:
            break
        time.sleep(0.2)
    pytest.fail(f"JupyterLab printed no address:\n{log.read_text()}", pytrace=False)


def end(server, seconds=20):
    """End the server and its kernels: ask first (it then stops its kernels), then kill.

    The server is the leader of its own process group, so nothing else is in reach.
    """
    for request in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, request)
            give_up = time.monotonic() + seconds
            while time.monotonic() < give_up:
                server.poll()  # collects the leader once it has ended
                os.killpg(server.pid, 0)  # raises when the group is empty
                time.sleep(0.1)
    server.wait()
