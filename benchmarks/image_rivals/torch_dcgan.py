"""The DCGAN of PyTorch's examples, in plain PyTorch.

https://github.com/pytorch/examples/tree/main/dcgan. It is for 64 pixels;
smaller images have fewer halvings, down to 4 x 4, or 7 x 7 for 28 pixels.
"""

import numpy as np
import torch
from judged_slices import Task
from judged_slices import Watch
from torch import nn

LATENTS = 100
GENERATOR_WIDTH = DISCRIMINATOR_WIDTH = 64
RATE, BETA_1, BATCH = 2e-4, 0.5, 64


def train(task: Task, watch: Watch) -> None:
    """Trains until time is over."""
    torch.manual_seed(task.seed)
    generator, discriminator = networks(task.images.shape[1:])
    generator.apply(_begin)
    discriminator.apply(_begin)
    entropy = nn.BCELoss()
    of_generator, of_discriminator = (
        torch.optim.Adam(network.parameters(), lr=RATE, betas=(BETA_1, 0.999))
        for network in (generator, discriminator)
    )
    true, false = torch.ones(BATCH), torch.zeros(BATCH)

    def generate(count):
        seeded = torch.Generator().manual_seed(task.seed)
        latents = torch.randn(count, LATENTS, 1, 1, generator=seeded)
        generator.eval()
        with torch.no_grad():
            parts = [generator(part) for part in latents.split(100)]
        generator.train()
        return np.moveaxis(torch.cat(parts).numpy(), 1, -1)

    watch.begin(BATCH)
    for (images,) in task.batches(BATCH):
        real = torch.from_numpy(np.moveaxis(images, -1, 1)).contiguous()
        of_discriminator.zero_grad()
        entropy(discriminator(real).flatten(), true).backward()
        fake = generator(torch.randn(BATCH, LATENTS, 1, 1))
        judged = discriminator(fake.detach()).flatten()
        entropy(judged, false).backward()
        of_discriminator.step()
        of_generator.zero_grad()
        entropy(discriminator(fake).flatten(), true).backward()
        of_generator.step()
        if watch.step_done(generate):
            return


def networks(shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    """Returns a generator and a discriminator, channels first."""
    size, _, channels = shape
    halvings = 0
    while size % 2 == 0 and size >= 8:
        size //= 2
        halvings += 1
    up = [GENERATOR_WIDTH * 2**i for i in reversed(range(halvings))]
    down = [DISCRIMINATOR_WIDTH * 2**i for i in range(halvings)]
    layers = [nn.ConvTranspose2d(LATENTS, up[0], size, 1, 0, bias=False)]
    for before, after in zip(up, [*up[1:], channels], strict=True):
        layers += [
            nn.BatchNorm2d(before),
            nn.ReLU(True),
            nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
        ]
    generator = nn.Sequential(*layers, nn.Tanh())
    layers = []
    for before, after in zip([channels, *down[:-1]], down, strict=True):
        normalization = [nn.BatchNorm2d(after)] if layers else []
        layers += [
            nn.Conv2d(before, after, 4, 2, 1, bias=False),
            *normalization,
            nn.LeakyReLU(0.2, True),
        ]
    layers.append(nn.Conv2d(down[-1], 1, size, 1, 0, bias=False))
    return generator, nn.Sequential(*layers, nn.Sigmoid())


def _begin(layer):
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)
