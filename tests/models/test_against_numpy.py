"""Twenty steps of a GAN against one written out in NumPy.

The reference holds the derivatives by hand and is the same for the three
backends, so that each of them agrees with it, and so with the others.
"""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

STEPS, BATCH, LATENT, HIDDEN = 20, 16, 3, 6
RATE, BETA1, BETA2, EPSILON = 2e-3, 0.5, 0.999, 1e-7
L1, L2, PAIRWISE, MARGIN, GAMMA = 1e-3, 1e-2, 0.3, 0.9, 0.5
SLOPE = 0.2

rng = np.random.default_rng(0)
DATA = rng.normal(size=(STEPS, BATCH, 2)).astype("float32")
# One row of latents for each update, the discriminator's and the generator's,
# which has up to two in a step.
LATENTS = rng.normal(size=(3 * STEPS, BATCH, LATENT)).astype("float32")
GENERATOR = [
    rng.normal(scale=0.5, size=shape)
    for shape in ((LATENT, HIDDEN), (HIDDEN,), (HIDDEN, 2), (2,))
]
DISCRIMINATOR = [
    rng.normal(scale=0.5, size=shape)
    for shape in ((2, HIDDEN), (HIDDEN,), (HIDDEN, 1), (1,))
]


class TableOfLatents(kr.RegularizedGAN):
    """Takes latents from the table, so that no backend draws any."""

    def sample_latents(self, batch_size, seed):
        if not hasattr(self, "_game"):
            return super().sample_latents(batch_size, seed)
        count = sum(
            ops.cast(optimizer.iterations, "int32")
            for optimizer in self.optimizer.optimizers
        )
        return ops.take(ops.convert_to_tensor(LATENTS), count, axis=0)


def leaky(x):
    return np.where(x > 0, x, SLOPE * x)


def leaky_slope(x):
    return np.where(x > 0, 1.0, SLOPE)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(weights, x):
    first, bias, last, last_bias = weights
    before = x @ first + bias
    return before, leaky(before) @ last + last_bias


def backward(weights, x, before, output_gradient):
    """Returns the gradients of the weights and of the input."""
    first, _, last, _ = weights
    hidden = output_gradient @ last.T * leaky_slope(before)
    gradients = [
        x.T @ hidden,
        hidden.sum(axis=0),
        leaky(before).T @ output_gradient,
        output_gradient.sum(axis=0),
    ]
    return gradients, hidden @ first.T


class Adam:
    def __init__(self, weights):
        self.mean = [np.zeros_like(w) for w in weights]
        self.square = [np.zeros_like(w) for w in weights]
        self.count = 0

    def apply(self, weights, gradients):
        self.count += 1
        rate = RATE * np.sqrt(1 - BETA2**self.count) / (1 - BETA1**self.count)
        for w, g, m, v in zip(
            weights, gradients, self.mean, self.square, strict=True
        ):
            m += (1 - BETA1) * (g - m)
            v += (1 - BETA2) * (g**2 - v)
            w -= rate * m / (np.sqrt(v) + EPSILON)


def discriminator_update(fake, discriminator, optimizer, real):
    loss = 0.0
    gradients = [np.zeros_like(w) for w in discriminator]
    for samples, sign in ((real, -1), (fake, 1)):
        before, logits = forward(discriminator, samples)
        loss += np.mean(np.log1p(np.exp(sign * logits)))
        slope = sign * sigmoid(sign * logits) / BATCH
        for total, part in zip(
            gradients,
            backward(discriminator, samples, before, slope)[0],
            strict=True,
        ):
            total += part
    # R1: the input gradient is A (s * b), A and b the two kernels and s the
    # slopes of the hidden units, which do not change with the weights.
    first, _, last, _ = discriminator
    slopes = leaky_slope(forward(discriminator, real)[0])
    inner = slopes * last[:, 0]
    input_gradient = inner @ first.T
    penalty = GAMMA / 2 * np.mean((input_gradient**2).sum(axis=1))
    scaled = GAMMA * input_gradient / BATCH
    gradients[0] += scaled.T @ inner
    gradients[2] += ((scaled @ first) * slopes).sum(axis=0)[:, None]
    optimizer.apply(discriminator, gradients)
    return loss + penalty, penalty


def generator_update(generator, discriminator, optimizer, latents):
    before, fake = forward(generator, latents)
    judged, logits = forward(discriminator, fake)
    loss = np.mean(np.log1p(np.exp(-logits)))
    slope = -sigmoid(-logits) / BATCH
    _, fake_gradient = backward(discriminator, fake, judged, slope)
    difference = fake - np.roll(fake, 1, axis=0)
    distance = np.sqrt((difference**2).mean(axis=1))
    pairwise = -PAIRWISE * np.minimum(distance, MARGIN).mean()
    near = (distance < MARGIN)[:, None]
    one_side = -PAIRWISE / BATCH * near * difference / (2 * distance[:, None])
    fake_gradient = fake_gradient + one_side - np.roll(one_side, -1, axis=0)
    gradients, _ = backward(generator, latents, before, fake_gradient)
    norms = 0.0
    for index in (0, 2):
        kernel = generator[index]
        norms += L1 * np.abs(kernel).sum() + L2 * (kernel**2).sum()
        gradients[index] += L1 * np.sign(kernel) + 2 * L2 * kernel
    optimizer.apply(generator, gradients)
    return loss + pairwise + norms, pairwise, norms


def reference(shared_samples, generator_steps):
    generator = [w.astype("float64") for w in GENERATOR]
    discriminator = [w.astype("float64") for w in DISCRIMINATOR]
    optimizers = Adam(generator), Adam(discriminator)
    logs = []
    for step in range(STEPS):
        real = DATA[step].astype("float64")
        updates = 1 + generator_steps
        rows = LATENTS[updates * step : updates * (step + 1)].astype("float64")
        if not shared_samples:
            _, fake = forward(generator, rows[0])
            of_discriminator = discriminator_update(
                fake, discriminator, optimizers[1], real
            )
        of_generator = []
        for latents in rows[:-1] if shared_samples else rows[1:]:
            _, fake = forward(generator, latents)
            of_generator.append(
                generator_update(
                    generator, discriminator, optimizers[0], latents
                )
            )
        if shared_samples:
            of_discriminator = discriminator_update(
                fake, discriminator, optimizers[1], real
            )
        logs.append((*of_discriminator, *np.mean(of_generator, axis=0)))
    return np.array(logs), generator, discriminator


@pytest.mark.parametrize("generator_steps", [1, 2])
@pytest.mark.parametrize("shared_samples", [False, True])
def test_losses_and_weights_of_twenty_steps(shared_samples, generator_steps):
    layers = keras.layers
    generator = keras.Sequential(
        [
            layers.Input((LATENT,)),
            layers.Dense(HIDDEN),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Dense(2),
        ]
    )
    discriminator = keras.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(HIDDEN),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Dense(1),
        ]
    )
    generator.set_weights(GENERATOR)
    discriminator.set_weights(DISCRIMINATOR)
    gan = TableOfLatents(generator, discriminator, seed=0)

    def adam():
        return keras.optimizers.Adam(
            RATE, beta_1=BETA1, beta_2=BETA2, epsilon=EPSILON
        )

    gan.compile(
        adam(),
        adam(),
        generator_regularizers=[
            kr.regularizers.L1L2(L1, L2),
            kr.regularizers.PairwiseDistance(PAIRWISE, margin=MARGIN),
        ],
        discriminator_regularizers=[kr.penalties.R1(GAMMA)],
        shared_samples=shared_samples,
        generator_steps=generator_steps,
    )
    logs = []
    for batch in DATA:
        gan.reset_metrics()
        values = gan.train_on_batch(batch, return_dict=True)
        keys = ("d_loss", "d_r1", "g_loss", "g_pairwise_distance", "g_l1l2")
        logs.append([float(values[key]) for key in keys])
    expected, generator_weights, discriminator_weights = reference(
        shared_samples, generator_steps
    )
    np.testing.assert_allclose(logs, expected, atol=1e-4)
    for network, weights in (
        (generator, generator_weights),
        (discriminator, discriminator_weights),
    ):
        for got, wanted in zip(network.get_weights(), weights, strict=True):
            np.testing.assert_allclose(got, wanted, atol=2e-4)
