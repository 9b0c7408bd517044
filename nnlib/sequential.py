"""A model is a list of layers: what comes out of one goes into the next.

Forward runs down the list, backward runs up it.  Nothing else is needed, because each
layer knows its own gradients.
"""

import numpy as np

from nnlib._checks import check_kind
from nnlib._files import check_load, check_save, written_whole
from nnlib.layers import Layer, ReLU, check_gradient


class Sequential(Layer):
    """Layers one after the other, used like a single layer.

    Shapes: X (m, n) in, with n the width the first layer expects; (m, k) out, with k
    the width the last layer gives.

    Args:
        layers: list of layers, none there twice; each fits the width before it.
    """

    def __new__(cls, layers=None, *more, **named):
        """Say what is wrong about ``Sequential(a, b)``, whose layers lack brackets."""
        if more and cls.__init__ is Sequential.__init__:
            check_layers(layers, *more)
        return super().__new__(cls)

    def __init__(self, layers):
        layers = check_layers(layers)
        self.layers = layers

    def forward(self, X):
        """Return the last layer's output for the batch X."""
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, dZ):
        """Return dL/dX, given dL/d(output); every layer then holds its gradients."""
        dZ = check_gradient(dZ, self)
        for layer in reversed(self.layers):
            dZ = layer.backward(dZ)
        return dZ

    def check(self):
        """Raise unless parameters and widths fit, and each layer stands there once."""
        for layer in self.layers:
            layer.check()
        check_layers(self.layers)

    def parameters(self):
        """Return {"0.W": (W, dW), "0.b": (b, db), ...}, by place in the list."""
        return {
            f"{position}.{name}": pair
            for position, layer in enumerate(self.layers)
            for name, pair in layer.parameters().items()
        }

    def kinds(self):
        """Return the layers as texts, such as ["Dense(2 -> 3)", "ReLU()"]."""
        return [repr(leaf) for leaf in leaves(self)]

    def save(self, path):
        """Write the parameters to an .npz file, from which ``load`` takes them back.

        If writing fails, a file that was there before stays as it was.

        Raises:
            OSError: the file cannot be written.
        """
        path = check_save(path, self)
        numbers = {name: P for name, (P, _) in self.parameters().items()}
        with written_whole(path) as file:
            np.savez(file, layers=self.kinds(), **numbers)

    def load(self, path):
        """Set the parameters to those that ``save`` wrote for a model of these layers.

        Nothing in the .npz file is run as code.  If the file does not fit, the model
        stays as it was.

        Raises:
            ValueError: the file is damaged, or not of a model with these layers.
            OSError: the file is not there, or cannot be read.
        """
        path = check_load(path, self)
        with np.load(path) as numbers:
            for name, (P, _) in self.parameters().items():
                P[...] = numbers[name]

    @property
    def n_in(self):
        """Columns that X must have; None if no layer fixes it."""
        return known_width([(L, L.n_in) for L in leaves(self)])

    @property
    def n_out(self):
        """Columns of the output; None if no layer fixes it."""
        return known_width([(L, L.n_out) for L in leaves(self)[::-1]])

    @property
    def output_shape(self):
        """Shape of the last output; None before the first forward."""
        return self.layers[-1].output_shape

    def __repr__(self):
        rows = [(f"  {leaf!r}", leaf.n_parameters) for leaf in leaves(self)]
        width = max(len(text) for text, _ in rows)
        lines = [f"{text:<{width}}  {count:>6}" for text, count in rows]
        return "\n".join([f"{self.name}, {self.n_parameters} parameters", *lines])


def leaves(layer):
    """Return the layers inside a layer, however deep; itself if it holds none."""
    if not isinstance(layer, Sequential):
        return [layer]
    return [leaf for inner in layer.layers for leaf in leaves(inner)]


def known_width(pairs):
    """Return the first width that only ReLUs precede: other layers may change it."""
    for layer, width in pairs:
        if width is not None or not isinstance(layer, ReLU):
            return width
    return None


def check_layers(layers, *more):
    """Return a list of layers, each standing there once and fit to follow the last."""
    if more or not isinstance(layers, (list, tuple)):
        got = f"{len(more) + 1} arguments" if more else type(layers).__name__
        raise TypeError(
            f"Sequential expects a list of layers, got {got}: "
            "put the layers in brackets, Sequential([...])"
        )
    if not layers:
        raise ValueError(
            "Sequential expects at least one layer, got an empty list: "
            "without a layer there is nothing to train"
        )
    width, source, seen = None, None, set()
    for position, layer in enumerate(layers):
        who = f"Sequential: layer {position}"
        hint = "derive a layer of your own from nnlib.layers.Layer"
        check_kind(layer, Layer, who, "a layer", hint)
        ids = set(map(id, leaves(layer)))
        if ids & seen:
            raise ValueError(
                f"{who}, {layer.name}, must not stand in the list twice: "
                "a layer remembers one batch, so make a new one"
            )
        seen |= ids
        if width is not None and layer.n_in not in (None, width):
            raise ValueError(
                f"{who}, {layer.name}, expects {layer.n_in} columns, got {width} from "
                f"{source}: both numbers must be the same"
            )
        if not all(isinstance(leaf, ReLU) for leaf in leaves(layer)):
            width, source = layer.n_out, layer.name
    return list(layers)
