"""Build the site into build/site: pages by Sphinx, JupyterLite in the folder lite.

Nothing is run.  What the pages load is taken from npm and from Python's package index
now, so that they load nothing from elsewhere later.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import address
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
SITE, WORK, NODE = (ROOT / "build" / name for name in ("site", "site-work", "site-npm"))
SOURCES, MATHJAX = WORK / "sources", ROOT / "build" / "site-mathjax"
HAND_OUTS = "notebooks/assignments/release/*/*.ipynb"
PAGES = ["notebooks/*.ipynb", "notebooks/README.md", "notebooks/assignments/README.md"]
PAGES += ["notebooks/images/*", HAND_OUTS]
MODULE = "# {0}\n\n```{{eval-rst}}\n.. automodule:: {0}\n   :members:\n```\n"
# What the kernel imports by itself, the sliders, and what the lessons import.
WANTED = ["micropip", "ipython", "jedi", "comm", "ipywidgets", "nnlib"]
PURE = "py3-none-any.whl"


def run(*command, folder=ROOT):
    """Run a command; if it fails, end with what it said."""
    words, both = [str(word) for word in command], subprocess.STDOUT
    done = subprocess.run(words, cwd=folder, stdout=-1, stderr=both, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed: {' '.join(map(str, command))}")


def copy(patterns, target):
    """Copy files of the repository to the same places below target."""
    for path in (path for pattern in patterns for path in sorted(ROOT.glob(pattern))):
        copied = target / path.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copied)


def from_npm():
    """Install what package.json names, and pick what MathJax needs in a browser."""
    NODE.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "site" / "package.json", NODE)
    quiet = ("--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
    run(shutil.which("npm") or "npm", "install", "--silent", *quiet, folder=NODE)
    es5, target = NODE / "node_modules/mathjax/es5", MATHJAX / "mathjax"
    for part in ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts"):
        target.joinpath(part).parent.mkdir(parents=True, exist_ok=True)
        copying = shutil.copytree if (es5 / part).is_dir() else shutil.copy
        copying(es5 / part, target / part)


def pages():
    """Build the pages; a warning is an error."""
    copy(PAGES, SOURCES)
    for page in ("index.md", "run.md"):
        shutil.copy(ROOT / "site" / page, SOURCES)
    start = (ROOT / "README.md").read_text("utf-8")
    if found := address.find():
        start = address.in_readme(start, found)
    start = start.partition("\n## Start\n")[2].partition("\n## ")[0]
    (SOURCES / "start.txt").write_text(start, "utf-8")
    (SOURCES / "api").mkdir()
    shutil.copy(ROOT / "site" / "api.md", SOURCES / "api" / "index.md")
    for path in sorted((ROOT / "nnlib").rglob("[!_]*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        (SOURCES / "api" / f"{name}.md").write_text(MODULE.format(name), "utf-8")
    sphinx = (sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "2")
    run(*sphinx, "-d", WORK / "doctrees", "-c", ROOT / "site", SOURCES, SITE)


def wheels(folder):
    """Put nnlib and the pure wheels of the closure into folder, and lock them.

    Pyodide loads the packages that a cell imports by the names in its lock.  What is
    compiled for it is not in the package index: such a wheel is mirrored if Pyodide's
    own server can be reached, else the browser fetches it from there.
    """
    lock = json.loads((folder / "pyodide-lock.json").read_text("utf-8"))
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    locked = (ROOT / "constraints.txt").read_text("utf-8")
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", locked, re.MULTILINE))
    packages = lock["packages"]
    for name, file, depends in (
        ("comm", f"comm-{pinned['comm']}-{PURE}", ["traitlets"]),
        (
            "ipywidgets",
            f"ipywidgets-{pinned['ipywidgets']}-{PURE}",
            ["comm", "ipython"],
        ),
        (
            "nnlib",
            next(folder.glob("nnlib-*")).name,
            ["numpy", "matplotlib", "ipython"],
        ),
    ):
        about = {"name": name, "imports": [name], "version": file.split("-")[1]}
        about |= {"file_name": file, "depends": depends}
        packages[name] = packages["six"] | about
    kept, waiting = {}, list(WANTED)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in kept:
            kept[name] = packages[name]
            waiting += packages[name]["depends"]
    pure = {n: p for n, p in kept.items() if p["file_name"].endswith("-none-any.whl")}
    asked = [f"{n}=={p['version']}" for n, p in pure.items() if n != "nnlib"]
    target = ("--python-version", "3.14", "--implementation", "py", "--abi", "none")
    run(*pip, "download", "--no-deps", "--only-binary", ":all:", *target,
        "--platform", "any", "--dest", folder, *asked)  # fmt: skip
    reached = True
    for name, package in kept.items():
        file = folder / package["file_name"]
        if name not in pure:
            reached = reached and mirrored(package, file)
            if not reached:
                package["file_name"] = f"{PYODIDE_CDN_URL}/{file.name}"
        if file.exists():
            package["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    lock["packages"] = kept
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")


def mirrored(package, file):
    """Fetch a compiled wheel; return whether it came, with the sum that is locked."""
    try:
        with urllib.request.urlopen(f"{PYODIDE_CDN_URL}/{file.name}", timeout=20) as r:
            content = r.read()
    except OSError:
        return False
    if hashlib.sha256(content).hexdigest() != package["sha256"]:
        sys.exit(f"not the wheel that Pyodide's lock names: {file.name}")
    file.write_bytes(content)
    return True


def lite():
    """Build JupyterLite with the lessons and hand-outs in it."""
    folder = WORK / "lite"
    pyodide = folder / "static" / "pyodide"
    pyodide.mkdir(parents=True)
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm",
                 "python_stdlib.zip", "pyodide-lock.json"):  # fmt: skip
        shutil.copy(NODE / "node_modules" / "pyodide" / name, pyodide)
    wheels(pyodide)
    copy(PAGES, folder / "files")
    shutil.copy(ROOT / "site" / "jupyter-lite.json", folder)
    extensions = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    config = {
        "apps": ["lab"],
        "output_dir": str(SITE / "lite"),
        "ignore_sys_prefix": ["federated_extensions"],
        "federated_extensions": [
            str(extensions / "@jupyter-widgets" / "jupyterlab-manager"),
            str(extensions / "@jupyterlite" / "pyodide-kernel-extension"),
        ],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
    }
    file = folder / "jupyter_lite_config.json"
    file.write_text(json.dumps({"LiteBuildConfig": config}), "utf-8")
    run(sys.executable, "-m", "jupyterlite_core", "build", folder=folder)


if __name__ == "__main__":
    for folder in (SITE, WORK, MATHJAX):
        shutil.rmtree(folder, ignore_errors=True)
    from_npm()
    pages()
    lite()
