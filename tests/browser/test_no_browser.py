"""On a machine without a browser the browser tests fail, and say what is missing."""

import os
import subprocess
import sys
from pathlib import Path


def run_browser_tests(**environment):
    """Run this folder's browser tests in a process of their own; return it, ended."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "browser", Path(__file__).parent],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_without_playwright(tmp_path):
    (tmp_path / "playwright.py").write_text("raise ImportError('as if not installed')")
    run = run_browser_tests(PYTHONPATH=str(tmp_path))
    assert run.returncode == 1
    assert "Playwright is not installed" in run.stdout + run.stderr


def test_without_chromium(tmp_path):
    sync_api = tmp_path / "playwright" / "sync_api.py"
    sync_api.parent.mkdir()
    sync_api.write_text("sync_playwright = None  # is not reached")
    run = run_browser_tests(PYTHONPATH=str(tmp_path), CHROMIUM="/no/such/program")
    assert run.returncode == 1
    assert "no Chromium or Chrome on this machine" in run.stdout + run.stderr
