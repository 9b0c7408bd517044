"""A loss turns predictions and targets into one number: how wrong the model is.

Its ``backward`` returns the gradient with respect to the prediction, and starts the
backward pass.  The mean over the m samples is taken here, so the factor 1/m is here
too, and nowhere else.  ``backward`` before ``forward`` raises RuntimeError.
"""

import numpy as np

from nnlib._checks import check_batch, check_count, check_kind, check_labels, check_like


class Loss:
    """What all losses share: the checks.

    A loss of your own derives from this class and defines ``forward(prediction,
    target)``, which returns a float and remembers what ``backward`` needs;
    ``backward()``, which returns dL/d(prediction); and ``check_target`` if its targets
    are not of the prediction's shape.
    """

    @np.errstate(under="ignore")  # e^-1000 is 0, whatever np.seterr says
    def __call__(self, prediction, target):
        """Check both arguments and return ``forward(prediction, target)``, a float."""
        prediction = check_batch(prediction, None, self.name, "prediction")
        target = check_target(target, prediction.shape, prediction.dtype, self)
        value = self.forward(prediction, target)
        what, hint = f"{self.name}.forward's value", "is its return missing, or a mean?"
        check_kind(value, (int, float, np.number), what, "a number", hint)
        return value

    def check_target(self, target, shape):
        """Return the target as forward expects it; ``shape`` is the prediction's."""
        return check_like(target, shape, self.name)

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

    def backward(self):
        """Return dL/dY_hat = (2/m) (Y_hat - Y), shape (m, k)."""
        check_remembered(self.error, self)
        return 2 * self.error / len(self.error)


def one_hot(y, n_classes, dtype=np.float64):
    """Return labels as rows of zeros with a single 1, in the label's column: (m, K).

    Args:
        y: integer labels 0..K-1, shape (m,).
        n_classes: K, at least 1.
        dtype: of the result.
    """
    n_classes = check_count(n_classes, "one_hot: n_classes")
    y = check_labels(y, n_classes, "one_hot: y")
    return np.eye(n_classes, dtype=dtype)[y]


def log_softmax(Z):
    """Return ln softmax(Z), row by row, without overflow and without ln 0.

    ln softmax(z)_j = s_j - ln sum_l e^(s_l) with s = z - max(z): no exponent is above
    0, and the sum is at least 1.  Z and the result have the shape (m, K).
    """
    shifted = Z - Z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@np.errstate(under="ignore")  # e^-1000 is 0, whatever np.seterr says
def softmax(Z):
    """Return e^z_j / sum_l e^z_l, row by row: positive numbers that add up to 1.

    The row's maximum is subtracted first, which changes nothing but keeps e^z from
    overflowing.  The logits Z and the result have the shape (m, K), one sample per row.

    Source: J. S. Bridle, Probabilistic interpretation of feedforward classification
    network outputs, in Neurocomputing, Springer, 1990, 227-236.
    """
    Z = check_batch(Z, None, "softmax", "Z")
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
        self.Y = np.eye(Z.shape[1], dtype=Z.dtype).take(y, axis=0)
        return float(-(self.Y * log_Y_hat).sum() / len(y))

    def backward(self):
        """Return dL/dZ = (1/m) (Y_hat - Y), shape (m, K)."""
        check_remembered(self.Y_hat, self)
        return (self.Y_hat - self.Y) / len(self.Y)

    def check_target(self, y, shape):
        """Return y as integer labels of shape (m,), each in 0..K-1."""
        y = check_labels(y, shape[1], f"{self.name}: y")
        if len(y) != shape[0]:
            raise ValueError(
                f"{self.name} expects one label per row of the prediction, got "
                f"{len(y)} labels for {shape[0]} rows: are they of the same batch?"
            )
        return y


def check_target(target, shape, dtype, loss):
    """Return the target as the loss expects it for a prediction of this form."""
    target = loss.check_target(target, shape)
    if target.dtype.kind == "f":
        target = target.astype(dtype, copy=False)  # so that float32 stays float32
    return target


def check_remembered(value, loss):
    """Raise RuntimeError if forward has not left a value for backward."""
    if value is None:
        raise RuntimeError(
            f"{loss.name}.backward() came before forward: call {loss.name} on a batch "
            "first, because backward uses what forward remembers"
        )
