"""`make lab` prints an address, and a browser that opens it shows lesson 01."""

import json
import re
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

PROJECT = Path(__file__).resolve().parents[2]
