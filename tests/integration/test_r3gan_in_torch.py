"""What our step is timed against computes the same as ours."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("compares with PyTorch", allow_module_level=True)

import torch
from rivals import r3gan_in_torch
from rivals import r3gan_with_keras_regan
from rivals.r3gan_task import Task

TASK = Task(width=16, batch=3, size=16, blocks=2)


def copy(network, parameters):
    """Gives both networks the same random weights."""
    random = np.random.default_rng(0)
    weights = [0.3 * random.normal(size=w.shape) for w in network.get_weights()]
    network.set_weights(weights)
    for weight, parameter in zip(weights, parameters, strict=True):
        # Keras has the axes of an image first, PyTorch last.
        if weight.ndim == 3:
            weight = weight.transpose(2, 0, 1)
        elif weight.ndim == 4:
            depthwise = weight.shape[-1] == 1
            weight = (
                weight.transpose(2, 3, 0, 1)
                if depthwise
                else (weight.transpose(3, 2, 0, 1))
            )
        else:
            weight = weight.T
        with torch.no_grad():
            parameter.copy_(torch.as_tensor(weight))


def test_losses_are_those_of_the_library():
    networks = r3gan_with_keras_regan.build(TASK)
    generator = r3gan_in_torch.generator(TASK)
    discriminator = r3gan_in_torch.discriminator(TASK)
    maps, numbers, *others = generator.parameters()
    copy(networks[0], [numbers, maps, *others])
    copy(networks[1], discriminator.parameters())
    random = np.random.default_rng(1)
    latents = random.normal(size=(3, TASK.latent_dim)).astype("float32")
    fake = networks[0](latents)
    plain = generator(torch.as_tensor(latents))
    np.testing.assert_allclose(
        plain.permute(0, 2, 3, 1).detach().numpy(),
        fake.detach().numpy(),
        rtol=1e-3,
        atol=1e-3,
    )
    np.testing.assert_allclose(
        discriminator(plain).detach().numpy(),
        networks[1](fake).detach().numpy(),
        rtol=1e-3,
        atol=1e-3,
    )


def test_a_step_without_this_library():
    run = r3gan_in_torch.CONTENDERS["plain PyTorch"](*TASK)
    run(2)
    assert run.device_bytes() is None or run.device_bytes() > 0


def test_loss_with_penalties():
    weights = torch.tensor([3.0, 4.0])

    def judge(samples):
        return (samples.flatten(1) @ weights)[:, None]

    def make(latents):
        return latents[:, None, None, :]

    latents = torch.tensor([[0.1, 0.2]])
    real = torch.tensor([[[[0.3, 0.1]]]])
    loss = r3gan_in_torch.discriminator_loss(make, judge, latents, real, 0.5)
    difference = (0.3 + 0.8) - (0.9 + 0.4)
    expected = np.log1p(np.exp(difference)) + 0.25 * (25 + 25)
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-5)
    loss = r3gan_in_torch.generator_loss(make, judge, latents, real)
    np.testing.assert_allclose(
        loss.item(), np.log1p(np.exp(-difference)), rtol=1e-5
    )
