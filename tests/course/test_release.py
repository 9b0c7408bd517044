"""The committed hand-outs are what the sources generate, and give nothing away."""

import shutil
import symtable

import pytest
from classroom import STUB, cell_of, handed_out, lines_of, read
from execute import is_folded
from grading import release

NAMES = release.names(release.COURSE)


def files(folder):
    found = [path for path in folder.rglob("*") if path.is_file()]
    found = [path for path in found if ".ipynb_checkpoints" not in path.parts]
    return {path.relative_to(folder): path.read_bytes() for path in found}


@pytest.mark.parametrize("name", NAMES)
def test_hand_out_holds_no_line_of_solution_hidden_test_or_mark_scheme(name):
    secret, shown = lines_of(read(release.COURSE, "source", name))
    assert secret - shown
    handed = handed_out(release.COURSE, name).cells
    lines = {line.strip() for cell in handed for line in cell.source.split("\n")}
    assert not (secret - shown) & lines
    assert not any("### BEGIN" in line or "### END" in line for line in lines)
    assert not any(cell.get("outputs") for cell in handed)


def test_committed_hand_outs_are_what_the_sources_generate(tmp_path):
    shutil.copy(release.COURSE / release.SETTINGS, tmp_path)
    shutil.copytree(release.COURSE / "source", tmp_path / "source")
    release.main(["--course", str(tmp_path)])
    committed = files(release.COURSE / "release")
    assert committed == files(tmp_path / "release"), "run make assignments"
    assert {path.parts[0] for path in committed} == set(NAMES)


def test_what_stands_in_place_of_a_solution_and_what_cannot_be_made(course, tmp_path):
    notebook = handed_out(course)
    assert cell_of(notebook, "task-1").source.split("\n")[-1] == f"    {STUB}"
    assert cell_of(notebook, "written").source.endswith("in place of this line.*")
    with pytest.raises(SystemExit, match=r"no assignment 'tyni'.*there are: tiny"):
        release.main(["tyni", "--course", str(course)])
    (tmp_path / "source" / "a").mkdir(parents=True)
    (tmp_path / "source" / "a" / "a.ipynb").touch()
    with pytest.raises(SystemExit, match="is it the course folder"):
        release.main(["--course", str(tmp_path)])


def top_names(source):
    """Return the names that a cell defines for all cells after it."""
    known = symtable.symtable(source, "", "exec").get_symbols()
    return {name.get_name() for name in known if name.is_assigned()}


@pytest.mark.parametrize("name", NAMES)
def test_checks_are_folded_and_leave_no_name_that_a_forgotten_self_could_find(name):
    folded = [x for x in read(release.COURSE, "source", name).cells if is_folded(x)]
    checks = [cell for cell in folded if cell.metadata.nbgrader.grade]
    assert len(checks) >= 4
    assert all(cell.metadata.jupyter == {"source_hidden": True} for cell in folded)
    assert all(top_names(cell.source) == {"task", "checks"} for cell in checks)
