"""A class of seventy, and what each submission comes to (`make test-course`)."""

import hashlib
import socket

import psutil
import pytest
from classroom import hidden_lines, make_course, page_of, read, rows_of, run_grader
from grading import sandbox
from students import CLASS, PORT

pytestmark = pytest.mark.course


def children():
    """Return the sleeping processes that a submission started."""
    running = psutil.process_iter(["cmdline"])
    return [x for x in running if "987654" in (x.info["cmdline"] or ())]


def hashes(course):
    found = [*course.glob("source/**/*"), *course.glob("submitted/**/*")]
    found = [path for path in found if path.is_file() and not path.is_symlink()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("class"))
    for student in CLASS:
        student.make(course, student.name)
    before = hashes(course)
    assert not children()
    with socket.create_server(("127.0.0.1", PORT)):
        assert run_grader(course, "--seconds=8") == 0
    assert hashes(course) == before, "a submission, or the source, was changed"
    assert not children()
    assert list(rows_of(course)) == sorted(student.name for student in CLASS)
    return course


@pytest.mark.parametrize("student", CLASS, ids=lambda student: student.name)
def test_submission(graded, student):
    row = rows_of(graded)[student.name]
    assert {key: float(row[key]) for key in student.points} == student.points
    assert float(row["score"]) == sum(student.points.values())
    assert (row["status"], row["max_score"]) == (student.status, "19")
    assert student.says in row["notes"]
    assert student.says in page_of(graded, student.name)


def test_no_page_holds_a_line_of_a_hidden_test(graded):
    secrets = hidden_lines(read(graded, "source"))
    assert len(secrets) > 5
    for student in CLASS:
        page = page_of(graded, student.name)
        assert "### BEGIN" not in page
        for line in secrets:
            assert line not in page
            assert repr(line)[1:-1] not in page


@pytest.mark.skipif(
    not any(map(sandbox.works, ("bwrap", "unshare"))), reason="no isolation here"
)
def test_nothing_is_found_outside_and_no_place_can_be_filled(graded):
    page = page_of(graded, "reads-files")
    assert "FOUND []" in page
    assert "NO NETWORK" in page
    assert "CONNECTED\n" not in page
    assert "step 99" in page_of(graded, "live-plot")
    page = page_of(graded, "fills-shm")
    assert page.count("full /") == 3
    assert "not full /" not in page
