"""A model is a list of layers: what comes out of one goes into the next.

Forward runs down the list, backward runs up it.  Nothing else is needed, because each layer knows its own
gradients.
"""

from nnlib._checks import after_forward, door
from nnlib.layers import Layer


def _sequential_door(self, layers):
    try:
        layers = list(layers)
    except TypeError:
        raise TypeError(
            f"Sequential expects a list of layers, got {layers!r}: put it in brackets, [...]"
        ) from None
    if not layers:
        raise ValueError("Sequential expects at least one layer, got an empty list")
    width, source = None, None
    for position, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            hint = (
                "call it, ReLU()"
                if isinstance(layer, type)
                else "derive it from nnlib.layers.Layer"
            )
            raise TypeError(
                f"Sequential: layer {position} is {layer!r}, not a layer: {hint}"
            )
        if any(layer is earlier for earlier in layers[:position]):
            raise ValueError(
                f"Sequential: layer {position}, {layer.name}, stands in the list twice: a layer "
                "remembers one batch, so make a new one"
            )
        if width is not None and layer.n_in not in (None, width):
            raise ValueError(
                f"Sequential: layer {position}, {layer.name}, expects {layer.n_in} columns, "
                f"but {source} gives {width}"
            )
        if layer.n_out is not None:
            width, source = layer.n_out, f"layer {position}, {layer.name},"
    return self, layers


class Sequential(Layer):
    """Layers one after the other, used like a single layer.

    Args:
        layers: list of layers; each must accept the width that the one before gives.

    Raises:
        TypeError: layers is not a list of layers.
        ValueError: the list is empty, holds a layer twice, or two neighbours' widths differ.
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
            ValueError: dZ has not the shape of the last output, or holds NaN or inf.
        """
        for layer in reversed(self.layers):
            dZ = layer.backward(dZ)
        return dZ

    def parameters(self):
        """Return {"0.W": (W, dW), "0.b": (b, db), ...}, numbered by the layer's place in the list."""
        return {
            f"{position}.{name}": pair
            for position, layer in enumerate(self.layers)
            for name, pair in layer.parameters().items()
        }

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

    def __repr__(self):
        rows = [
            (repr(layer).replace("\n", "\n  "), layer.n_parameters)
            for layer in self.layers
        ]
        width = max(len(text.splitlines()[0]) for text, _ in rows)
        lines = [
            "  " + text if "\n" in text else f"  {text:<{width}}  {count:>6}"
            for text, count in rows
        ]
        return "\n".join([f"{self.name}, {self.n_parameters} parameters", *lines])
