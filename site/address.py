"""Find where the repository lives; nothing in it names its own address.

`python site/address.py` writes README's clone line and the line of links below its
title from what is found, and leaves the page alone where nothing is.
"""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
LINKS = "<!-- make address writes the next line -->"


class Address(NamedTuple):
    """A repository, as https://host/owner/name, and the branch that is published."""

    repository: str
    branch: str

    @property
    def name(self):
        """Return owner/name if GitHub has the repository, else None."""
        host, _, name = self.repository.removeprefix("https://").partition("/")
        return name if host == "github.com" else None

    def file(self, path):
        """Return the page of a file, or of a folder."""
        return f"{self.repository}/blob/{self.branch}/{path}"

    def binder(self, notebook):
        """Return the address at which Binder starts and opens the notebook."""
        kind = f"gh/{self.name}" if self.name else f"git/{quote(self.repository, '')}"
        place = f"https://mybinder.org/v2/{kind}/{quote(self.branch, '')}"
        return f"{place}?urlpath={quote(f'lab/tree/{notebook}', '')}"

    def colab(self, notebook):
        """Return the address at which Colab opens the notebook; it reads GitHub's."""
        place = "https://colab.research.google.com/github"
        return self.name and f"{place}/{self.name}/blob/{self.branch}/{notebook}"

    @property
    def install(self):
        """Return the line that installs nnlib in a notebook elsewhere."""
        return f"%pip install -q git+{self.repository}"

    @property
    def site(self):
        """Return the address that GitHub Pages gives the site, else None."""
        owner, _, name = (self.name or "").partition("/")
        path = "" if name.lower() == f"{owner}.github.io".lower() else f"{name}/"
        return f"https://{owner.lower()}.github.io/{path}" if name else None


def web(remote):
    """Return https://host/owner/name for a web or ssh address of git's, else None."""
    form = (
        r"(?:https?://|ssh://)?(?:[^@/]*@)?([\w.-]+\.\w+)(?::\d+)?[:/](.+?)(\.git)?/?"
    )
    local = remote.startswith(("/", ".", "file:"))
    found = None if local else re.fullmatch(form, remote.strip())
    return found and f"https://{found[1]}/{found[2]}"


def git(*words):
    """Return what git answers, "" where it has no answer."""
    command = ["git", "-C", str(ROOT), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def find(environment=os.environ):
    """Return the Address, or None: the first of four places that names one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    github = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}"
    places = (
        environment.get("SITE_REPOSITORY", ""),
        github.format(**environment) if "GITHUB_REPOSITORY" in environment else "",
        project.get("urls", {}).get("Repository", ""),
        git("remote", "get-url", "origin"),
    )
    branch = environment.get("GITHUB_REF_NAME") or git("branch", "--show-current")
    for repository in filter(None, map(web, places)):
        return Address(repository, branch or "main")
    return None


def in_readme(text, address):
    """Return README's text with the address in its clone line and its links."""
    lesson = "notebooks/01_neuron.ipynb"
    badge = f"{address.repository}/actions/workflows/test.yml"
    links = {
        f"![test]({badge}/badge.svg)": address.name and badge,
        "Read the pages": address.site,
        "run them in the browser": address.site and f"{address.site}lite/lab/",
        "Binder": address.binder(lesson),
        "Colab": address.colab(lesson),
    }
    line = " · ".join(f"[{label}]({link})" for label, link in links.items() if link)
    folder = address.repository.rpartition("/")[2]
    clone = f"git clone {address.repository} && cd {folder}"
    text = re.sub(r"^git clone .*", clone, text, count=1, flags=re.MULTILINE)
    return re.sub(f"{LINKS}\n.*", f"{LINKS}\n{line}", text, count=1)


if __name__ == "__main__":
    if found := find():
        README.write_text(in_readme(README.read_text("utf-8"), found), "utf-8")
    print(found or "No address: set SITE_REPOSITORY=https://...")
