"""An optimizer moves the parameters against their gradients.

The gradient points uphill, so a small step the other way lowers the loss.
"""

from nnlib._checks import check_kind, check_positive, door
from nnlib.layers import Layer


def _sgd_door(self, learning_rate):
    hint = "it is the length of a step downhill, such as 0.1"
    return self, check_positive(learning_rate, "SGD: learning_rate", hint)


def _step_door(self, model):
    check_kind(model, Layer, "SGD.step: model", "a layer or a Sequential")
    missing = [
        name for name, (_, gradient) in model.parameters().items() if gradient is None
    ]
    if missing:
        raise RuntimeError(
            f"SGD.step came before backward: {', '.join(missing)} of {model.name} has "
            "no gradient yet; call model.backward(loss.backward()) first"
        )
    return self, model


class SGD:
    """Stochastic gradient descent: P <- P - eta dL/dP for every parameter P.

    Args:
        learning_rate: eta, above 0.

    Raises:
        TypeError: learning_rate is not a number.
        ValueError: learning_rate is not above 0, or not finite.

    Source: H. Robbins and S. Monro, A stochastic approximation method, Annals of
    Mathematical Statistics 22 (1951), 400-407.
    """

    @door(_sgd_door)
    def __init__(self, learning_rate):
        self.learning_rate = learning_rate

    @door(_step_door)
    def step(self, model):
        """Move every parameter of the model one step, in place.

        Raises:
            TypeError: model is not a layer.
            RuntimeError: backward has not run yet.
        """
        for P, dP in model.parameters().values():
            P -= self.learning_rate * dP

    def __repr__(self):
        return f"SGD(learning_rate={self.learning_rate})"
