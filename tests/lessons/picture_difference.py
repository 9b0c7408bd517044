"""How far two pictures of one figure are apart.

Another drawing of the letters must pass, and one moved curve must not.  The mean over
the whole picture cannot tell them apart: letters cover more of it than a thin curve.
So both pictures are blurred by a pixel, a pixel counts by how far it lies outside the
values around its place in the other picture, and the worst part of the picture decides.
"""

import base64
import io

import numpy as np
from PIL import Image, ImageFilter

TOLERANCE = 10.0  # of 255; test_reproduction.py shows what lies on both sides
BLUR = 1  # pixels
NEIGHBOURS = 3  # pixels: a square around a pixel
TILE = 32  # pixels: the parts of a picture


def picture(text):
    """Return the picture that a notebook holds as a base64 text."""
    return Image.open(io.BytesIO(base64.b64decode(text)))


def difference(a, b):
    """Return the root mean square in the worst tile; inf if the sizes differ."""
    if a.size != b.size:
        return np.inf
    a, b = (p.convert("RGB").filter(ImageFilter.GaussianBlur(BLUR)) for p in (a, b))
    outside = np.maximum(distance(a, b), distance(b, a))  # (height, width, 3)
    square = (outside**2).mean(axis=2)
    height, width = square.shape
    square = np.pad(square, ((0, -height % TILE), (0, -width % TILE)))
    tiles = square.reshape(len(square) // TILE, TILE, -1, TILE)
    return float(np.sqrt(tiles.mean(axis=(1, 3)).max()))


def distance(a, b):
    """Return how far each value of a lies outside the values around it in b."""
    value = np.asarray(a, dtype=float)
    low = np.asarray(b.filter(ImageFilter.MinFilter(NEIGHBOURS)), dtype=float)
    high = np.asarray(b.filter(ImageFilter.MaxFilter(NEIGHBOURS)), dtype=float)
    return np.maximum(0, np.maximum(low - value, value - high))
