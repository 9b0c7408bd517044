"""Fixtures of the tests of the assignments."""

import importlib.util

import pytest

pytest.register_assert_rewrite("classroom", "running")

collect_ignore = ["tiny.ipynb"]  # an assignment's source, which is only graded

# Without the extra `course`, or on Windows, nothing can be graded.
if not all(map(importlib.util.find_spec, ("nbgrader", "fcntl"))):
    collect_ignore_glob = ["test_[!cn]*.py", "test_c[!a]*.py"]


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    from classroom import make_course

    return make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="session")
def with_book(tmp_path_factory):
    """A course with a gradebook, which takes nbgrader a second to make."""
    from classroom import TINY, make_course
    from grading.book import Book

    made = make_course(tmp_path_factory.mktemp("with_book"))
    Book(made, TINY).close()
    return made
