"""The same training in PyTorch, where it is installed: a second opinion."""

import numpy as np
import pytest
from networks import LOSSES, batch, network

from nnlib import MSE, SGD
from nnlib.layers import Dense

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("loss", LOSSES)
def test_100_steps_agree_with_pytorch(loss, rng):
    """Start from the same float64 weights and go through the same batches."""
    model = network([2, 32, 3], rng)
    X, target = batch(loss, 96, 2, 3, rng)

    modules = []
    for layer in model.layers:
        if isinstance(layer, Dense):
            linear = torch.nn.Linear(layer.n_in, layer.n_out, dtype=torch.float64)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(layer.W.T))
                linear.bias.copy_(torch.from_numpy(layer.b[0]))
            modules.append(linear)
        else:
            modules.append(torch.nn.ReLU())
    other = torch.nn.Sequential(*modules)
    descent = torch.optim.SGD(other.parameters(), lr=0.05)
    cross_entropy = torch.nn.CrossEntropyLoss()

    def other_loss(prediction, target):
        if loss is MSE:
            return ((prediction - target) ** 2).sum(dim=1).mean()
        return cross_entropy(prediction, target)

    measure, optimizer = loss(), SGD(0.05)
    for _ in range(100):
        rows = rng.choice(96, size=32, replace=False)
        value = measure(model(X[rows]), target[rows])
        model.backward(measure.backward())
        optimizer.step(model)

        descent.zero_grad()
        other_value = other_loss(
            other(torch.from_numpy(X[rows])), torch.from_numpy(target[rows])
        )
        other_value.backward()
        descent.step()
        assert value == pytest.approx(other_value.item(), abs=1e-10)

    for layer, module in zip(model.layers, other, strict=True):
        if isinstance(layer, Dense):
            W, b = (P.detach().numpy() for P in (module.weight, module.bias))
            np.testing.assert_allclose(layer.W, W.T, rtol=0, atol=1e-10)
            np.testing.assert_allclose(layer.b[0], b, rtol=0, atol=1e-10)
