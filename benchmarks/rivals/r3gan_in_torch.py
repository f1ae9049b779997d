"""R3GAN's step in PyTorch: written plainly, and that of the authors' code.

The plain networks compute the same as `keras_regan.networks.r3gan`. The
authors' are taken from a checkout of https://github.com/brownvc/R3GAN.
"""

import math
import sys
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from rivals import r3gan_task

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Block(nn.Module):
    """A residual block without normalization."""

    def __init__(self, filters: int, group_size: int):
        super().__init__()
        twice = 2 * filters
        self.widened = nn.Conv2d(filters, twice, 1)
        self.grouped = nn.Conv2d(
            twice, twice, 3, padding=1, groups=twice // group_size
        )
        self.narrowed = nn.Conv2d(twice, filters, 1, bias=False)

    def forward(self, x):
        """Returns maps of the same shape."""
        y = functional.leaky_relu(self.widened(x), 0.2)
        y = functional.leaky_relu(self.grouped(y), 0.2)
        return x + self.narrowed(y)


class Resampling(nn.Module):
    """Doubles or halves maps by a filter of [1, 3, 3, 1] along both axes."""

    def __init__(self, filters: int, gain: float, resample: Callable):
        super().__init__()
        line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8.0
        kernel = (gain * torch.outer(line, line)).repeat(filters, 1, 1, 1)
        self.register_buffer("kernel", kernel)
        self.resample = resample

    def forward(self, x):
        """Returns maps of twice or half the size."""
        return self.resample(
            x, self.kernel, stride=2, padding=1, groups=x.shape[1]
        )


def doubling(filters: int) -> nn.Module:
    """Returns a layer that interpolates maps to twice their size."""
    return Resampling(filters, 4.0, functional.conv_transpose2d)


def halving(filters: int) -> nn.Module:
    """Returns a layer that halves the size of maps."""
    return Resampling(filters, 1.0, functional.conv2d)


class LearnedMaps(nn.Module):
    """A learned map of 4 x 4 pixels per filter, times a number of latents."""

    def __init__(self, latent_dim: int, filters: int):
        super().__init__()
        self.numbers = nn.Linear(latent_dim, filters, bias=False)
        self.maps = nn.Parameter(torch.randn(filters, 4, 4))

    def forward(self, latents):
        """Returns maps, shape `(batch, filters, 4, 4)`."""
        return self.numbers(latents)[:, :, None, None] * self.maps


def generator(task: r3gan_task.Task) -> nn.Module:
    """Builds the generator, with maps of one width at all sizes."""
    layers = [LearnedMaps(task.latent_dim, task.width), *_blocks(task)]
    for _ in range(task.doublings):
        layers += [doubling(task.width), *_blocks(task)]
    return nn.Sequential(*layers, nn.Conv2d(task.width, 3, 1, bias=False))


def discriminator(task: r3gan_task.Task) -> nn.Module:
    """Builds the discriminator, whose logits have shape `(batch, 1)`."""
    width = task.width
    layers = [nn.Conv2d(3, width, 1, bias=False)]
    for _ in range(task.doublings):
        layers += [*_blocks(task), halving(width)]
    return nn.Sequential(
        *layers,
        *_blocks(task),
        nn.Conv2d(width, width, 4, groups=width, bias=False),
        nn.Flatten(),
        nn.Linear(width, 1, bias=False),
    )


def _blocks(task):
    return [Block(task.width, task.group_size) for _ in range(task.blocks)]


def gradient_penalty(samples, logits):
    """Returns the squared norm of the gradient at each sample."""
    (gradient,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
    return gradient.square().sum((1, 2, 3))


def discriminator_loss(generator, discriminator, latents, real, factor):
    """Returns the relativistic loss with R1 and R2."""
    real = real.detach().requires_grad_(True)
    fake = generator(latents).detach().requires_grad_(True)
    real_logits, fake_logits = discriminator(real), discriminator(fake)
    penalty = gradient_penalty(real, real_logits)
    penalty = penalty + gradient_penalty(fake, fake_logits)
    loss = functional.softplus(fake_logits - real_logits).flatten()
    return (loss + factor / 2 * penalty).mean()


def generator_loss(generator, discriminator, latents, real):
    """Returns the relativistic loss."""
    fake_logits = discriminator(generator(latents))
    return functional.softplus(discriminator(real) - fake_logits).mean()


def _plain(*arguments):
    task = r3gan_task.Task(*arguments)
    return _runner(
        task, generator(task), discriminator(task), _plain_losses(task)
    )


def _plain_losses(task):
    def of_discriminator(*networks_and_batch):
        loss = discriminator_loss(*networks_and_batch, task.factor)
        loss.backward()
        return loss

    def of_generator(*networks_and_batch):
        loss = generator_loss(*networks_and_batch)
        loss.backward()
        return loss

    return of_discriminator, of_generator


def _authors(*arguments):
    task = r3gan_task.Task(*arguments)
    return _authors_runner(task, narrow_stages=())


def _authors_in_bfloat16(*arguments):
    task = r3gan_task.Task(*arguments)
    # All but the smallest maps, as the authors train CIFAR-10.
    return _authors_runner(task, narrow_stages=(-1, -2, -3))


def _authors_runner(task, narrow_stages):
    sys.path.insert(0, task.authors)
    from R3GAN import Networks
    from R3GAN import Trainer

    stages = task.doublings + 1
    shape = {
        "WidthPerStage": [task.width] * stages,
        "CardinalityPerStage": [2 * task.width // task.group_size] * stages,
        "BlocksPerStage": [task.blocks] * stages,
        "ExpansionFactor": 2,
    }
    networks = (
        Networks.Generator(NoiseDimension=task.latent_dim, **shape),
        Networks.Discriminator(**shape),
    )
    for index in narrow_stages:
        # The generator's largest maps come last, the discriminator's first.
        networks[0].MainLayers[index].DataType = torch.bfloat16
        networks[1].MainLayers[-1 - index].DataType = torch.bfloat16
    training = Trainer.AdversarialTraining(*networks)

    def of_discriminator(generator, discriminator, latents, real):
        return training.AccumulateDiscriminatorGradients(
            latents, real, None, task.factor
        )[0].mean()

    def of_generator(generator, discriminator, latents, real):
        return training.AccumulateGeneratorGradients(latents, real, None)[
            0
        ].mean()

    return _runner(task, *networks, (of_discriminator, of_generator))


def _runner(task, generator, discriminator, losses):
    torch.backends.cudnn.benchmark = True
    generator, discriminator = generator.to(DEVICE), discriminator.to(DEVICE)
    real = torch.rand(task.batch, 3, task.size, task.size, device=DEVICE)
    real = 2.0 * real - 1.0
    # In the order of the losses: the discriminator moves first.
    moving = discriminator, generator
    optimizers = [
        torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.0, 0.9))
        for network in moving
    ]

    def run(steps):
        for _ in range(steps):
            for network, optimizer, backward in zip(
                moving, optimizers, losses, strict=True
            ):
                for other in moving:
                    other.requires_grad_(other is network)
                latents = torch.randn(
                    task.batch, task.latent_dim, device=DEVICE
                )
                loss = backward(generator, discriminator, latents, real)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
        # This waits for the device.
        if not math.isfinite(loss.item()):
            raise FloatingPointError("The loss is not finite.")

    run.device_bytes = _peak_of_device
    return run


def _peak_of_device():
    return torch.cuda.max_memory_allocated() if DEVICE == "cuda" else None


CONTENDERS = {
    "plain PyTorch": _plain,
    "authors' code": _authors,
    "authors' code, bfloat16": _authors_in_bfloat16,
}
