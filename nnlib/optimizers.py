"""An optimizer moves the parameters against their gradients.

The gradient points uphill, so a small step the other way lowers the loss.
"""

from nnlib._checks import check_kind, check_positive
from nnlib.layers import Layer, check_parameter

HINT = "it is the length of a step downhill, such as 0.1"


class SGD:
    """Stochastic gradient descent: P <- P - eta dL/dP for every parameter P.

    Args:
        learning_rate: eta, above 0.

    Source: H. Robbins and S. Monro, A stochastic approximation method, Annals of
    Mathematical Statistics 22 (1951), 400-407.
    """

    def __init__(self, learning_rate):
        learning_rate = check_positive(learning_rate, "SGD: learning_rate", HINT)
        self.learning_rate = learning_rate

    def step(self, model):
        """Move every parameter of the model one step, in place.

        Raises:
            RuntimeError: backward has not run yet.
        """
        check_gradients_set(model)
        for P, dP in model.parameters().values():
            P -= self.learning_rate * dP

    def __repr__(self):
        return f"SGD(learning_rate={self.learning_rate})"


def check_gradients_set(model):
    """Raise unless each parameter of the model has a gradient of its shape."""
    check_kind(model, Layer, "SGD.step: model", "a layer or a Sequential")
    parameters = model.parameters()
    missing = [name for name, (_, dP) in parameters.items() if dP is None]
    if missing:
        raise RuntimeError(
            f"SGD.step came before backward: {', '.join(missing)} of {model.name} has "
            "no gradient yet; call model.backward(loss.backward()) first"
        )
    for name, (P, dP) in parameters.items():
        if getattr(P, "shape", None) != getattr(dP, "shape", ()) or P.dtype.kind != "f":
            check_parameter(P, f"SGD.step: {name}")
            check_parameter(dP, f"SGD.step: the gradient of {name}", P.shape)
