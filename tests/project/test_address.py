"""The repository's address is found where it is known, and left out elsewhere."""

import re

import address
import pytest
import yaml
from lesson_form import ROOT
from packaging.version import Version

WEB = "https://github.com/Ada/nets"
HERE = address.Address(WEB, "main")
ELSEWHERE = address.Address("https://git.example.org/group/nets", "main")
WEBS = (WEB, f"{WEB}.git", "https://user:word@github.com/Ada/nets.git/")
SSH = ("ssh://git@github.com:22/Ada/nets.git", "git@github.com:Ada/nets.git")
FOLDERS = ("", "/srv/nets", "../nets", "file:///srv/nets.git")


def test_a_remote_becomes_a_web_address_and_a_folder_does_not():
    assert {address.web(remote) for remote in (*WEBS, *SSH)} == {WEB}
    assert {address.web(folder) for folder in FOLDERS} == {None}


def test_the_first_place_that_names_it_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(address, "ROOT", tmp_path)
    settings = tmp_path / "pyproject.toml"
    settings.write_text("[project]\n")
    assert address.find({}) is None
    address.git("init", "-b", "trunk")
    address.git("remote", "add", "origin", "git@a.org:b/remote")
    assert address.find({}) == ("https://a.org/b/remote", "trunk")
    settings.write_text('[project.urls]\nRepository = "https://a.org/b/project"\n')
    assert address.find({}).repository == "https://a.org/b/project"
    runner = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b"}
    runner["GITHUB_REF_NAME"] = "main"
    assert address.find(runner) == ("https://github.com/a/b", "main")
    chosen = runner | {"SITE_REPOSITORY": "https://a.org/b/chosen"}
    assert address.find(chosen).repository == "https://a.org/b/chosen"


def test_what_follows_from_it():
    assert HERE.site == "https://ada.github.io/nets/"
    own = HERE._replace(repository="https://github.com/Ada/ada.github.io")
    assert own.site == "https://ada.github.io/"
    assert HERE.binder("a/b.ipynb") == (
        "https://mybinder.org/v2/gh/Ada/nets/main?urlpath=lab%2Ftree%2Fa%2Fb.ipynb"
    )
    assert "/v2/git/https%3A%2F%2Fgit.example.org%2Fgroup" in ELSEWHERE.binder("b")
    assert (ELSEWHERE.colab("b"), ELSEWHERE.site) == (None, None)


@pytest.mark.parametrize("found", [HERE, ELSEWHERE])
def test_the_readme_takes_it_and_can_take_another(found):
    readme = (ROOT / "README.md").read_text("utf-8")
    text = address.in_readme(readme, found)
    assert f"git clone {found.repository} && cd nets\n" in text
    assert text.count(found.repository) == (3 if found is HERE else 1)
    assert text.count("\n") == readme.count("\n")
    assert address.in_readme(address.in_readme(readme, ELSEWHERE), found) == text


def test_binder_gets_the_newest_python_and_the_locked_minor_versions():
    root = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    binder = yaml.safe_load((ROOT / ".binder/environment.yml").read_text("utf-8"))
    python, *others = binder["dependencies"]
    bound = next(d for d in root["dependencies"] if "python>" in d).partition("<")[2]
    assert re.fullmatch(r"python=3\.\d+", python)
    assert Version(python.partition("=")[2]).minor == Version(bound).minor - 1
    assert all(line in root["dependencies"] for line in others)
