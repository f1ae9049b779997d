"""Loops of one's own in PyTorch: over Keras networks, and without Keras."""

import itertools

import torch
from torch import nn
from torch.nn import functional

import rivals
from rivals import keras_networks


def _perceptron(sizes):
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


def _mlp():
    return (
        _perceptron((rivals.MLP_LATENTS, *rivals.MLP_HIDDEN, 2)),
        _perceptron((2, *rivals.MLP_HIDDEN, 1)),
    )


def _dcgan():
    width = rivals.DCGAN_WIDTH

    def up(inputs, outputs):
        return nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)

    def down(inputs, outputs):
        return nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)

    generator = nn.Sequential(
        nn.Linear(rivals.IMAGE_LATENTS, 4 * 4 * 4 * width, bias=False),
        nn.Unflatten(1, (4 * width, 4, 4)),
        nn.BatchNorm2d(4 * width),
        nn.ReLU(True),
        up(4 * width, 2 * width),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(True),
        up(2 * width, width),
        nn.BatchNorm2d(width),
        nn.ReLU(True),
        nn.ConvTranspose2d(width, 3, 4, 2, 1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(3, width, 4, 2, 1),
        nn.LeakyReLU(0.2, True),
        down(width, 2 * width),
        nn.BatchNorm2d(2 * width),
        nn.LeakyReLU(0.2, True),
        down(2 * width, 4 * width),
        nn.BatchNorm2d(4 * width),
        nn.LeakyReLU(0.2, True),
        nn.Flatten(),
        nn.Linear(4 * 4 * 4 * width, 1),
    )
    return generator, discriminator


class _Up(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.shortcut = nn.Conv2d(inputs, outputs, 1)
        self.norm_1 = nn.BatchNorm2d(inputs)
        self.convolution_1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm_2 = nn.BatchNorm2d(outputs)
        self.convolution_2 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x):
        shortcut = functional.interpolate(self.shortcut(x), scale_factor=2)
        x = functional.interpolate(
            functional.relu(self.norm_1(x)), scale_factor=2
        )
        x = functional.relu(self.norm_2(self.convolution_1(x)))
        return self.convolution_2(x) + shortcut


class _Down(nn.Module):
    def __init__(self, inputs, outputs, middle, *, first=False, pool=True):
        super().__init__()
        self.first, self.pool = first, pool
        self.shortcut = nn.Conv2d(inputs, outputs, 1)
        self.convolution_1 = nn.Conv2d(inputs, middle, 3, padding=1)
        self.convolution_2 = nn.Conv2d(middle, outputs, 3, padding=1)

    def pooled(self, x):
        return functional.avg_pool2d(x, 2) if self.pool else x

    def forward(self, x):
        shortcut = self.shortcut(self.pooled(x))
        x = x if self.first else functional.relu(x)
        x = self.convolution_2(functional.relu(self.convolution_1(x)))
        return self.pooled(x) + shortcut


class _Sum(nn.Module):
    def forward(self, x):
        return functional.relu(x).sum((2, 3))


def _resnet():
    width = rivals.RESNET_WIDTH
    filters = [width * 2**index for index in range(4)]
    generator = nn.Sequential(
        nn.Linear(rivals.IMAGE_LATENTS, 4 * 4 * filters[3]),
        nn.Unflatten(1, (filters[3], 4, 4)),
        _Up(filters[3], filters[2]),
        _Up(filters[2], filters[1]),
        _Up(filters[1], filters[0]),
        nn.BatchNorm2d(filters[0]),
        nn.ReLU(),
        nn.Conv2d(filters[0], 3, 3, padding=1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        _Down(3, filters[0], filters[0], first=True),
        _Down(filters[0], filters[1], filters[0]),
        _Down(filters[1], filters[2], filters[1]),
        _Down(filters[2], filters[3], filters[2], pool=False),
        _Sum(),
        nn.Linear(filters[3], 1),
    )
    return generator, discriminator


_NETWORKS = {"mlp": _mlp, "dcgan": _dcgan, "resnet": _resnet}


def _samples(network, batch):
    samples = torch.from_numpy(keras_networks.data(network, batch))
    if samples.ndim == 4:
        samples = samples.permute(0, 3, 1, 2).contiguous()
    return samples


def _runner(step, batches):
    def run(steps):
        total = torch.zeros(2)
        for index in range(steps):
            total += step(batches[index % len(batches)])
        return (total / steps).tolist()

    return run


def _plain(channels_last=False, compiled=False, shared=False):
    """The loop of PyTorch's tutorials.

    With `shared` the generator learns from the samples that the discriminator
    was just trained on, as most of them do: one pass less.
    """

    def prepare(network, batch):
        torch.manual_seed(0)
        generator, discriminator = _NETWORKS[network]()
        samples = _samples(network, batch)
        latents = (
            rivals.MLP_LATENTS if network == "mlp" else rivals.IMAGE_LATENTS
        )
        if channels_last and samples.ndim == 4:
            layout = {"memory_format": torch.channels_last}
            generator, discriminator = (
                generator.to(**layout),
                discriminator.to(**layout),
            )
            samples = samples.to(**layout)
        betas = (rivals.BETA_1, 0.999)
        g_optimizer = torch.optim.Adam(
            generator.parameters(), rivals.RATE, betas, fused=True
        )
        d_optimizer = torch.optim.Adam(
            discriminator.parameters(), rivals.RATE, betas, fused=True
        )
        make, judge = generator, discriminator
        if compiled:
            make, judge = torch.compile(generator), torch.compile(discriminator)

        def step(real):
            d_optimizer.zero_grad(set_to_none=True)
            if shared:
                fake = make(torch.randn(batch, latents))
            else:
                with torch.no_grad():
                    fake = make(torch.randn(batch, latents))
            d_loss = (
                functional.softplus(-judge(real)).mean()
                + functional.softplus(judge(fake.detach())).mean()
            )
            d_loss.backward()
            d_optimizer.step()
            g_optimizer.zero_grad(set_to_none=True)
            if not shared:
                fake = make(torch.randn(batch, latents))
            for weight in discriminator.parameters():
                weight.requires_grad_(False)
            g_loss = functional.softplus(-judge(fake)).mean()
            g_loss.backward()
            for weight in discriminator.parameters():
                weight.requires_grad_(True)
            g_optimizer.step()
            return torch.stack([d_loss.detach(), g_loss.detach()])

        return _runner(step, samples.split(batch))

    return prepare


def _over_keras(network, batch):
    """The same loop over Keras networks, with Keras's optimizers."""
    generator, discriminator = keras_networks.build(network)
    g_optimizer, d_optimizer = keras_networks.adam(), keras_networks.adam()
    g_weights = generator.trainable_weights
    d_weights = discriminator.trainable_weights
    g_optimizer.build(g_weights)
    d_optimizer.build(d_weights)
    latents = generator.input_shape[-1]

    def step(real):
        with torch.no_grad():
            fake = generator(torch.randn(batch, latents), training=True)
        d_loss = (
            functional.softplus(-discriminator(real, training=True)).mean()
            + functional.softplus(discriminator(fake, training=True)).mean()
        )
        gradients = torch.autograd.grad(d_loss, [v.value for v in d_weights])
        with torch.no_grad():
            d_optimizer.apply(gradients, d_weights)
        fake = generator(torch.randn(batch, latents), training=True)
        judged = discriminator(fake, training=True)
        g_loss = functional.softplus(-judged).mean()
        gradients = torch.autograd.grad(g_loss, [v.value for v in g_weights])
        with torch.no_grad():
            g_optimizer.apply(gradients, g_weights)
        return torch.stack([d_loss.detach(), g_loss.detach()])

    samples = torch.from_numpy(keras_networks.data(network, batch))
    return _runner(step, samples.split(batch))


def count_weights(network: str) -> tuple[int, int]:
    """Returns how many trainable weights the two networks have."""
    return tuple(
        sum(weight.numel() for weight in module.parameters())
        for module in _NETWORKS[network]()
    )


CONTENDERS = {
    "hand-tuned loop": _over_keras,
    "without Keras": _plain(),
    "without Keras, compiled": _plain(compiled=True),
    "without Keras, channels last": _plain(channels_last=True),
    "without Keras, channels last, compiled": _plain(
        channels_last=True, compiled=True
    ),
    "without Keras, shared samples": _plain(channels_last=True, shared=True),
}
