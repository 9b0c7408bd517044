"""A model is a list of layers: what comes out of one goes into the next.

Forward runs down the list, backward runs up it.  Nothing else is needed, because each
layer knows its own gradients.
"""

from io import BytesIO

import numpy as np

from nnlib._checks import after_forward, check_kind, door
from nnlib._files import check_path, check_saved, read_arrays, written_whole
from nnlib.layers import Layer


def _leaves(layer):
    """Return the layers inside a layer, however deep; itself if it holds none."""
    if not isinstance(layer, Sequential):
        return [layer]
    return [leaf for inner in layer.layers for leaf in _leaves(inner)]


def _check_together(layers):
    """Raise ValueError unless each layer stands there once and takes what comes in."""
    width, source, seen = None, None, set()
    for position, layer in enumerate(layers):
        leaves = set(map(id, _leaves(layer)))
        if leaves & seen:
            raise ValueError(
                f"Sequential: layer {position}, {layer.name}, must not stand in the "
                "list twice: a layer remembers one batch, so make a new one"
            )
        seen |= leaves
        if width is not None and layer.n_in not in (None, width):
            raise ValueError(
                f"Sequential: layer {position}, {layer.name}, expects {layer.n_in} "
                f"columns, got {width} from {source}: both numbers must be the same"
            )
        if layer.n_out is not None:
            width, source = layer.n_out, layer.name


def _sequential_door(self, layers, *more):
    if more or not isinstance(layers, (list, tuple)):
        got = f"{1 + len(more)} arguments" if more else type(layers).__name__
        raise TypeError(
            f"Sequential expects a list of layers, got {got}: "
            "put the layers in brackets, Sequential([...])"
        )
    if not layers:
        raise ValueError(
            "Sequential expects at least one layer, got an empty list: "
            "without a layer there is nothing to train"
        )
    for position, layer in enumerate(layers):
        who = f"Sequential: layer {position}"
        hint = "derive a layer of your own from nnlib.layers.Layer"
        check_kind(layer, Layer, who, "a layer", hint)
    _check_together(layers)
    return self, list(layers)


def _save_door(self, path):
    self.check()
    path = check_path(path, f"{self.name}.save")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{self.name}.save expects a folder to write into, got {str(path)!r}, and "
            f"{path.parent} is none: is it misspelt, or to be made first?"
        )
    return self, path


def _load_door(self, path):
    who = f"{self.name}.load"
    path = check_path(path, who)
    parameters = {name: P for name, (P, _) in self.parameters().items()}
    data = path.read_bytes()
    check_saved(read_arrays(data, path, who), self.kinds(), parameters, path, who)
    return self, BytesIO(data)  # what was checked, should the file change meanwhile


class Sequential(Layer):
    """Layers one after the other, used like a single layer.

    Shapes: X (m, n) in, with n the width the first layer expects; (m, k) out, with k
    the width the last layer gives.

    Args:
        layers: list of layers; each must accept the width that the one before gives.

    Raises:
        TypeError: layers is not a list of layers.
        ValueError: the list is empty, holds a layer twice, or neighbours' widths
            differ.
    """

    @door(_sequential_door)
    def __init__(self, layers):
        self.layers = layers

    def forward(self, X):
        """Return the last layer's output for the batch X."""
        for layer in self.layers:
            X = layer.forward(X)
        return X

    @after_forward
    def backward(self, dZ):
        """Return dL/dX, given dL/d(output); every layer then holds its gradients.

        Raises:
            RuntimeError: forward has not run yet.
            TypeError: dZ does not hold real numbers.
            ValueError: dZ is not of the last output's shape, or holds NaN or inf, or is
                so huge that a gradient would.
        """
        for layer in reversed(self.layers):
            dZ = layer.backward(dZ)
        return dZ

    def check(self):
        """Raise unless parameters and widths fit, and each layer stands there once."""
        for layer in self.layers:
            layer.check()
        _check_together(self.layers)

    def parameters(self):
        """Return {"0.W": (W, dW), "0.b": (b, db), ...}, by place in the list."""
        return {
            f"{position}.{name}": pair
            for position, layer in enumerate(self.layers)
            for name, pair in layer.parameters().items()
        }

    def kinds(self):
        """Return the layers as texts, such as ["Dense(2 -> 3)", "ReLU()"]."""
        return [repr(leaf) for leaf in _leaves(self)]

    @door(_save_door)
    def save(self, path):
        """Write the parameters to a file, from which ``load`` takes them back.

        If writing fails, a file that was there before stays as it was.

        Args:
            path: name of the file, which ends in .npz.

        Raises:
            TypeError, ValueError: path does not name an .npz file, or a parameter is
                not finite.
            OSError: the file cannot be written.
        """
        numbers = {name: P for name, (P, _) in self.parameters().items()}
        with written_whole(path) as file:
            np.savez(file, layers=self.kinds(), **numbers)

    @door(_load_door)
    def load(self, path):
        """Set the parameters to those that ``save`` wrote for a model of these layers.

        Nothing in the file is run as code.  If the file does not fit, the model stays
        as it was.

        Args:
            path: name of the file, which ends in .npz.

        Raises:
            TypeError, ValueError: path does not name an .npz file; or the file is cut
                short, of another kind, or of a model with other layers.
            OSError: the file is not there, or cannot be read.
        """
        with np.load(path) as numbers:
            for name, (P, _) in self.parameters().items():
                P[...] = numbers[name]

    @property
    def n_in(self):
        """Columns that X must have; None if no layer fixes it."""
        return next(
            (layer.n_in for layer in self.layers if layer.n_in is not None), None
        )

    @property
    def n_out(self):
        """Columns of the output; None if no layer fixes it."""
        return next(
            (layer.n_out for layer in reversed(self.layers) if layer.n_out is not None),
            None,
        )

    @property
    def output_shape(self):
        """Shape of the last output; None before the first forward."""
        return self.layers[-1].output_shape

    @property
    def name(self):
        """Such as ``Sequential(2 -> 3)``."""
        return (
            "Sequential"
            if self.n_in is None
            else f"Sequential({self.n_in} -> {self.n_out})"
        )

    def _rows(self):
        """Return the table's lines as pairs (text, number); a title has none."""
        rows = [(f"{self.name}, {self.n_parameters} parameters", None)]
        for layer in self.layers:
            inner = (
                layer._rows()
                if isinstance(layer, Sequential)
                else [(repr(layer), layer.n_parameters)]
            )
            rows += [("  " + text, count) for text, count in inner]
        return rows

    def __repr__(self):
        rows = self._rows()
        width = max(len(text) for text, count in rows if count is not None)
        return "\n".join(
            text if count is None else f"{text:<{width}}  {count:>6}"
            for text, count in rows
        )
