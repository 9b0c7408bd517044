"""An optimizer moves the parameters against their gradients.

The gradient points uphill, so a small step the other way lowers the loss.
"""

from functools import wraps

import numpy as np

from nnlib._checks import (
    all_finite,
    check_kind,
    check_parameter,
    check_positive,
    check_writeable,
    door,
    is_inside,
    parameters_kept,
)
from nnlib.layers import Layer


def _sgd_door(self, learning_rate):
    hint = "it is the length of a step downhill, such as 0.1"
    return self, check_positive(learning_rate, "SGD: learning_rate", hint)


def _step_door(self, model):
    check_kind(model, Layer, "SGD.step: model", "a layer or a Sequential")
    parameters = model.parameters()
    missing = [name for name, (_, gradient) in parameters.items() if gradient is None]
    if missing:
        raise RuntimeError(
            f"SGD.step came before backward: {', '.join(missing)} of {model.name} has "
            "no gradient yet; call model.backward(loss.backward()) first"
        )
    for name, (P, dP) in () if is_inside(model) else parameters.items():
        check_parameter(P, f"SGD.step: {name}")
        check_parameter(dP, f"SGD.step: the gradient of {name}", P.shape)
        check_writeable(P, name, "SGD.step")
    return self, model


def _put_back_if_not_finite(step):
    """Decorate step: if a parameter overflows, none is moved.

    fit looks at the parameters of its model after each epoch.
    """

    @wraps(step)
    def guarded(self, model):
        if is_inside(model):
            return step(self, model)
        with parameters_kept(model, ValueError), np.errstate(all="ignore"):
            step(self, model)
            if not all_finite(*(P for P, _ in model.parameters().values())):
                raise ValueError(
                    "SGD.step expects a step to finite parameters, got NaN or inf: "
                    f"is the learning rate, {self.learning_rate:g}, or a gradient too "
                    "large?"
                )

    return guarded


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
    @_put_back_if_not_finite
    def step(self, model):
        """Move every parameter of the model one step, in place.

        Raises:
            TypeError: model is not a layer, or a parameter or gradient set by hand is
                not an array of floats.
            ValueError: a parameter or gradient set by hand does not fit, or a parameter
                would be NaN or inf.
            RuntimeError: backward has not run yet.
        """
        for P, dP in model.parameters().values():
            P -= self.learning_rate * dP

    def __repr__(self):
        return f"SGD(learning_rate={self.learning_rate})"
