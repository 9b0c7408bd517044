"""The code that the series Neural Network from Scratch develops, lesson by lesson.

Modules in the order of the lessons: neuron, layers, sequential, gradient_check, losses,
optimizers, training, metrics, calibration, datasets.  ``nnlib.plotting`` draws the
lessons' figures, ``nnlib.exercises`` checks a learner's work; both are imported on
their own.

A public function begins with its checks: an argument of a wrong kind raises TypeError,
a wrong shape or value ValueError, and both say what was expected, what came, and the
likely cause.  A docstring names what else is raised.
"""

from nnlib import calibration, datasets, metrics
from nnlib.gradient_check import check_gradients
from nnlib.layers import Dense, ReLU
from nnlib.losses import MSE, SoftmaxCrossEntropy, one_hot, softmax
from nnlib.neuron import Neuron
from nnlib.optimizers import SGD
from nnlib.sequential import Sequential
from nnlib.training import fit, minibatches

__version__ = "1.0.0"

__all__ = ["MSE", "SGD", "Dense", "Neuron", "ReLU", "Sequential", "SoftmaxCrossEntropy",
           "calibration", "check_gradients", "datasets", "fit", "metrics",
           "minibatches", "one_hot", "softmax"]  # fmt: skip
