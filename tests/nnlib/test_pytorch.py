"""The same training in PyTorch, where it is installed: a second opinion."""

import numpy as np
import pytest
from networks import LOSSES, batch, network

from nnlib import MSE, SGD

torch = pytest.importorskip("torch")


def linear(dense):
    """Return PyTorch's layer with the weights of a Dense."""
    layer = torch.nn.Linear(dense.n_in, dense.n_out, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(dense.W.T))
        layer.bias.copy_(torch.from_numpy(dense.b[0]))
    return layer


@pytest.mark.parametrize("loss", LOSSES)
def test_100_steps_agree_with_pytorch(loss, rng):
    """Start from the same float64 weights and go through the same batches."""
    model, (X, target) = network([2, 32, 3], rng), batch(loss, 96, 2, 3, rng)
    first, _, last = model.layers
    other = torch.nn.Sequential(linear(first), torch.nn.ReLU(), linear(last))
    descent = torch.optim.SGD(other.parameters(), lr=0.05)
    other_loss = torch.nn.CrossEntropyLoss()
    if loss is MSE:
        other_loss = lambda Y_hat, Y: ((Y_hat - Y) ** 2).sum(dim=1).mean()  # noqa: E731
    measure, optimizer = loss(), SGD(0.05)
    for _ in range(100):
        rows = rng.choice(96, size=32, replace=False)
        value = measure(model(X[rows]), target[rows])
        model.backward(measure.backward())
        optimizer.step(model)
        descent.zero_grad()
        prediction = other(torch.from_numpy(X[rows]))
        other_value = other_loss(prediction, torch.from_numpy(target[rows]))
        other_value.backward()
        descent.step()
        assert value == pytest.approx(other_value.item(), abs=1e-10)
    for layer, module in ((first, other[0]), (last, other[2])):
        W, b = (P.detach().numpy() for P in (module.weight, module.bias))
        np.testing.assert_allclose(layer.W, W.T, rtol=0, atol=1e-10)
        np.testing.assert_allclose(layer.b[0], b, rtol=0, atol=1e-10)
