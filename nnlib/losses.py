"""A loss turns predictions and targets into one number: how wrong the model is.

Its ``backward`` returns the gradient with respect to the prediction, and starts the
backward pass.  The mean over the m samples is taken here, so the factor 1/m is here
too, and nowhere else.
"""

import numpy as np

from nnlib._checks import (
    MOST_CLASSES,
    after_forward,
    as_prediction,
    check_batch,
    check_count,
    check_labels,
    check_numbers,
    door,
    finite_or_put_back,
)


class Loss:
    """What all losses share: the door.

    A loss of your own derives from this class and defines ``forward``, ``backward``
    and, if its targets are not of the prediction's shape, ``check_target``.
    """

    output_shape = None  # () once forward has run

    def __call__(self, prediction, target):
        """Check both arguments and return ``forward(prediction, target)``, a float.

        Raises:
            TypeError: prediction or target does not hold numbers, or labels are not
                integers.
            ValueError: a shape is wrong, a label is out of range, or there is NaN or
                inf; or the loss would be, because a number is huge.
        """
        prediction = check_batch(prediction, None, self.name, "prediction")
        target = self.check_target(target, prediction.shape)
        target = as_prediction(target, prediction.dtype, self.name)
        return finite_or_put_back(self.name, self, self.forward, prediction, target)

    def check_target(self, target, shape):
        """Return the target as forward expects it; ``shape`` is the prediction's."""
        target = check_numbers(target, f"{self.name}: target")
        if target.shape != shape:
            hint = (
                "m targets of one number are a column, y[:, None]"
                if target.shape == shape[:1]
                else "is it of another batch, or has the model too many outputs?"
            )
            raise ValueError(
                f"{self.name} expects a target of shape {shape}, like the prediction, "
                f"got {target.shape}: {hint}"
            )
        return target

    def forward(self, prediction, target):
        """Return the loss as a float, and remember what ``backward`` needs."""
        raise NotImplementedError(
            f"{self.name} has no forward: define forward(self, prediction, target)"
        )

    def backward(self):
        """Return dL/d(prediction)."""
        raise NotImplementedError(f"{self.name} has no backward: define backward(self)")

    @property
    def name(self):
        """The loss's name, for messages."""
        return type(self).__name__

    def __repr__(self):
        return f"{self.name}()"


class MSE(Loss):
    """Mean squared error: L = (1/m) sum_i sum_j (y_hat_ij - y_ij)^2.

    It sums over the k outputs and averages over the m samples; for one output that is
    the usual mean.
    Shapes: prediction Y_hat (m, k), target Y (m, k).

    Source: C. M. Bishop, Pattern Recognition and Machine Learning, 2006, section 1.2.5,
    for the squared error as the negative log likelihood under Gaussian noise.
    """

    error = None

    def forward(self, Y_hat, Y):
        """Return L as a float."""
        self.error = Y_hat - Y
        return float((self.error**2).sum() / len(Y))

    @after_forward
    def backward(self):
        """Return dL/dY_hat = (2/m) (Y_hat - Y), shape (m, k).

        Raises:
            RuntimeError: forward has not run yet.
        """
        return 2 * self.error / len(self.error)

    @property
    def output_shape(self):
        """() once forward has run; None before."""
        return None if self.error is None else ()


def _one_hot_door(y, n_classes, dtype=np.float64):
    n_classes = check_count(n_classes, "one_hot: n_classes", most=MOST_CLASSES)
    try:
        known = np.dtype(dtype).kind in "fiubc"
    except TypeError:
        known = False
    if not known:
        raise TypeError(
            f"one_hot expects a dtype of numbers, got {dtype!r}: "
            "such as np.float32, are two arguments swapped?"
        )
    return check_labels(y, n_classes, "one_hot: y"), n_classes, dtype


@door(_one_hot_door)
def one_hot(y, n_classes, dtype=np.float64):
    """Return labels as rows of zeros with a single 1, in the label's column.

    Args:
        y: integer labels 0..K-1, shape (m,).
        n_classes: K, at most 30,000.
        dtype: of the result, a type of numbers.

    Returns:
        Y of shape (m, K).

    Raises:
        TypeError: the labels are not integers, or dtype is not one of numbers.
        ValueError: a label or K is out of range, or y has not shape (m,).
    """
    return np.eye(n_classes, dtype=dtype)[y]


def log_softmax(Z):
    """Return ln softmax(Z), row by row, without overflow and without ln 0.

    ln softmax(z)_j = s_j - ln sum_l e^(s_l) with s = z - max(z): no exponent is above
    0, and the sum is at least 1.

    Args:
        Z: logits of shape (m, K).

    Returns:
        Array of shape (m, K), all entries <= 0.
    """
    shifted = Z - Z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _softmax_door(Z):
    return (check_batch(Z, None, "softmax", "Z"),)


@door(_softmax_door)
@np.errstate(over="ignore")  # a difference beyond the range is -inf, and e^-inf is 0
def softmax(Z):
    """Return e^z_j / sum_l e^z_l, row by row: positive numbers that add up to 1.

    The row's maximum is subtracted first, which changes nothing but keeps e^z from
    overflowing.

    Args:
        Z: logits of shape (m, K), one sample a row.

    Returns:
        Y_hat of shape (m, K).

    Raises:
        TypeError: Z does not hold real numbers.
        ValueError: Z has not shape (m, K), or holds NaN or inf.

    Source: J. S. Bridle, Probabilistic interpretation of feedforward classification
    network outputs, in Neurocomputing, Springer, 1990, 227-236.
    """
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


class SoftmaxCrossEntropy(Loss):
    """Softmax and cross-entropy in one: L = -(1/m) sum_i sum_j y_ij ln y_hat_ij.

    Here y_hat = softmax(z) and y is the one-hot row of the label.  Softmax and
    logarithm are taken together, which keeps the loss finite however far apart the
    logits are.  ``Y_hat`` holds the probabilities of the last batch.
    Shapes: logits Z (m, K), labels y (m,).

    Source: C. M. Bishop, Pattern Recognition and Machine Learning, 2006, sections 4.3.4
    and 5.2.
    """

    Y_hat = None

    def forward(self, Z, y):
        """Return L as a float."""
        log_Y_hat = log_softmax(Z)
        self.Y_hat = np.exp(log_Y_hat)
        self.Y = one_hot(y, Z.shape[1], Z.dtype)
        return float(-(self.Y * log_Y_hat).sum() / len(y))

    @after_forward
    def backward(self):
        """Return dL/dZ = (1/m) (Y_hat - Y), shape (m, K).

        Raises:
            RuntimeError: forward has not run yet.
        """
        return (self.Y_hat - self.Y) / len(self.Y)

    def check_target(self, y, shape):
        """Return y as integer labels of shape (m,), each in 0..K-1."""
        check_count(shape[1], f"{self.name}: the number of classes", most=MOST_CLASSES)
        y = check_labels(y, shape[1], f"{self.name}: y")
        if len(y) != shape[0]:
            raise ValueError(
                f"{self.name} expects one label a row of the prediction, got {len(y)} "
                f"labels for {shape[0]} rows: are they of the same batch?"
            )
        return y

    @property
    def output_shape(self):
        """() once forward has run; None before."""
        return None if self.Y_hat is None else ()
