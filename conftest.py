"""Build Matplotlib's font cache before any notebook runs.

On a new machine Matplotlib says on stderr that it is building the cache. Said inside
a notebook, that would be an output which is not stored.
"""

import matplotlib.font_manager  # noqa: F401
