"""What the tests of the lessons share."""

import pytest
from lesson_form import LESSONS


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return request.param
