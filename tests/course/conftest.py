"""Fixtures of the tests of the assignments."""

import importlib.util

import pytest

pytest.register_assert_rewrite("classroom", "running")

# Without the extra `course`, or on Windows, nothing can be graded.
if not all(map(importlib.util.find_spec, ("nbgrader", "fcntl"))):
    collect_ignore_glob = ["test_[!cn]*.py", "test_c[!a]*.py"]


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    from classroom import make_course

    return make_course(tmp_path_factory.mktemp("course"))
