"""The figures of the lessons: the only part of nnlib that needs Matplotlib and IPython.

``base`` holds the style, ``show`` and what several lessons share; each other module
draws the figures of one lesson.
"""

from nnlib.plotting.base import *  # noqa: F403
