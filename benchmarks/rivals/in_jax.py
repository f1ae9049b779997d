"""Loops of one's own in JAX: over Keras networks, and without Keras.

Both run a step, or 32 in one `lax.scan`, as one compiled program that is given
the memory of its inputs.
"""

import itertools
import math

import jax
import numpy as np
from jax import numpy as jnp

import rivals
from rivals import keras_networks

_STEPS_A_CALL = 32


def _losses(real, fake):
    return jnp.mean(jax.nn.softplus(-real)) + jnp.mean(jax.nn.softplus(fake))


def _runner(step, state, samples, batch, steps_a_call):
    """Returns `run`, given `step(state, real) -> (state, losses)`."""
    batches = samples.reshape(-1, batch, *samples.shape[1:])

    def scanned(state, reals):
        return jax.lax.scan(step, state, reals)

    one = jax.jit(step, donate_argnums=0)
    many = jax.jit(scanned, donate_argnums=0)

    def run(steps):
        nonlocal state
        total = jnp.zeros(2)
        if steps_a_call == 1:
            for index in range(steps):
                state, losses = one(state, batches[index % len(batches)])
                total += losses
        else:
            for first in range(0, steps, steps_a_call):
                count = min(steps_a_call, steps - first)
                chosen = np.arange(first, first + count) % len(batches)
                state, losses = many(state, batches[chosen])
                total += losses.sum(0)
        return (total / steps).tolist()

    return run


# Over Keras networks.


def _over_keras(steps_a_call):
    def prepare(network, batch):
        generator, discriminator = keras_networks.build(network)
        g_optimizer, d_optimizer = keras_networks.adam(), keras_networks.adam()
        g_optimizer.build(generator.trainable_variables)
        d_optimizer.build(discriminator.trainable_variables)
        latents = generator.input_shape[-1]

        def step(state, real):
            g_train, g_other, g_adam, d_train, d_other, d_adam, key = state
            key, first, second = jax.random.split(key, 3)
            noise = jax.random.normal(first, (batch, latents))
            fake, g_other = generator.stateless_call(
                g_train, g_other, noise, training=True
            )

            def d_objective(weights, other):
                judged, other = discriminator.stateless_call(
                    weights, other, real, training=True
                )
                unmasked, other = discriminator.stateless_call(
                    weights, other, fake, training=True
                )
                return _losses(judged, unmasked), other

            (d_loss, d_other), gradients = jax.value_and_grad(
                d_objective, has_aux=True
            )(d_train, d_other)
            d_train, d_adam = d_optimizer.stateless_apply(
                d_adam, gradients, d_train
            )

            def g_objective(weights, g_other, d_other):
                noise = jax.random.normal(second, (batch, latents))
                fake, g_other = generator.stateless_call(
                    weights, g_other, noise, training=True
                )
                judged, d_other = discriminator.stateless_call(
                    d_train, d_other, fake, training=True
                )
                return jnp.mean(jax.nn.softplus(-judged)), (g_other, d_other)

            (g_loss, (g_other, d_other)), gradients = jax.value_and_grad(
                g_objective, has_aux=True
            )(g_train, g_other, d_other)
            g_train, g_adam = g_optimizer.stateless_apply(
                g_adam, gradients, g_train
            )
            state = g_train, g_other, g_adam, d_train, d_other, d_adam, key
            return state, jnp.stack([d_loss, g_loss])

        variables = [
            generator.trainable_variables,
            generator.non_trainable_variables,
            g_optimizer.variables,
            discriminator.trainable_variables,
            discriminator.non_trainable_variables,
            d_optimizer.variables,
        ]
        # Copies, since their memory is given away.
        state = [[jnp.array(v.value) for v in group] for group in variables]
        state = (*state, jax.random.key(0))
        samples = keras_networks.data(network, batch)
        return _runner(step, state, samples, batch, steps_a_call)

    return prepare


# Without Keras. Moving averages of batch normalization are left out, as few
# write them by hand: it is a little less work.


def _dense(parameters, x):
    return x @ parameters["w"] + parameters.get("b", 0.0)


def _convolution(parameters, x, stride=1):
    x = jax.lax.conv_general_dilated(
        x,
        parameters["w"],
        (stride, stride),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return x + parameters.get("b", 0.0)


def _transposed(parameters, x):
    x = jax.lax.conv_transpose(
        x,
        parameters["w"],
        (2, 2),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return x + parameters.get("b", 0.0)


def _normalized(parameters, x):
    axes = tuple(range(x.ndim - 1))
    mean = jnp.mean(x, axes)
    variance = jnp.mean(jnp.square(x), axes) - jnp.square(mean)
    scale = parameters["scale"] * jax.lax.rsqrt(variance + 1e-3)
    return x * scale + (parameters["offset"] - mean * scale)


def _leaky(x):
    return jnp.where(x > 0, x, 0.2 * x)


def _pooled(x):
    b, h, w, c = x.shape
    return x.reshape(b, h // 2, 2, w // 2, 2, c).mean((2, 4))


def _doubled(x):
    return jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)


class _Weights:
    """Draws the weights of layers, one after another."""

    def __init__(self):
        self._random = np.random.default_rng(0)

    def _kernel(self, *shape, bias=True):
        weights = 0.02 * self._random.standard_normal(shape)
        layer = {"w": weights.astype("float32")}
        return layer | ({"b": np.zeros(shape[-1], "float32")} if bias else {})

    def dense(self, inputs, outputs, bias=True):
        return self._kernel(inputs, outputs, bias=bias)

    def convolution(self, size, inputs, outputs, bias=True):
        return self._kernel(size, size, inputs, outputs, bias=bias)

    def normalization(self, channels):
        return {
            "scale": np.ones(channels, "float32"),
            "offset": np.zeros(channels, "float32"),
        }


def _mlp(weights):
    sizes = (rivals.MLP_LATENTS, *rivals.MLP_HIDDEN, 2)
    generator = [weights.dense(a, b) for a, b in itertools.pairwise(sizes)]
    sizes = (2, *rivals.MLP_HIDDEN, 1)
    discriminator = [weights.dense(a, b) for a, b in itertools.pairwise(sizes)]

    def perceptron(layers, x):
        for layer in layers[:-1]:
            x = _leaky(_dense(layer, x))
        return _dense(layers[-1], x)

    return generator, discriminator, perceptron, perceptron


def _dcgan(weights):
    width = rivals.DCGAN_WIDTH
    filters = [width, 2 * width, 4 * width]
    generator = {
        "base": weights.dense(
            rivals.IMAGE_LATENTS, 4 * 4 * filters[2], bias=False
        ),
        "norms": [weights.normalization(count) for count in filters[::-1]],
        "convolutions": [
            weights.convolution(4, filters[2], filters[1], bias=False),
            weights.convolution(4, filters[1], filters[0], bias=False),
            weights.convolution(4, filters[0], 3),
        ],
    }
    discriminator = {
        "convolutions": [
            weights.convolution(4, 3, filters[0]),
            weights.convolution(4, filters[0], filters[1], bias=False),
            weights.convolution(4, filters[1], filters[2], bias=False),
        ],
        "norms": [weights.normalization(count) for count in filters[1:]],
        "logits": weights.dense(4 * 4 * filters[2], 1),
    }

    def generate(parameters, x):
        x = _dense(parameters["base"], x).reshape(len(x), 4, 4, filters[2])
        for norm, convolution in zip(
            parameters["norms"], parameters["convolutions"], strict=True
        ):
            x = jax.nn.relu(_normalized(norm, x))
            x = _transposed(convolution, x)
        return jnp.tanh(x)

    def discriminate(parameters, x):
        first, *others = parameters["convolutions"]
        x = _leaky(_convolution(first, x, 2))
        for norm, convolution in zip(parameters["norms"], others, strict=True):
            x = _leaky(_normalized(norm, _convolution(convolution, x, 2)))
        return _dense(parameters["logits"], x.reshape(len(x), -1))

    return generator, discriminator, generate, discriminate


def _resnet(weights):
    width = rivals.RESNET_WIDTH
    filters = [width * 2**index for index in range(4)]

    def up(inputs, outputs):
        return {
            "shortcut": weights.convolution(1, inputs, outputs),
            "norms": [
                weights.normalization(inputs),
                weights.normalization(outputs),
            ],
            "first": weights.convolution(3, inputs, outputs),
            "second": weights.convolution(3, outputs, outputs),
        }

    def down(inputs, outputs, middle):
        return {
            "shortcut": weights.convolution(1, inputs, outputs),
            "first": weights.convolution(3, inputs, middle),
            "second": weights.convolution(3, middle, outputs),
        }

    generator = {
        "base": weights.dense(rivals.IMAGE_LATENTS, 4 * 4 * filters[3]),
        "blocks": [
            up(filters[3], filters[2]),
            up(filters[2], filters[1]),
            up(filters[1], filters[0]),
        ],
        "norm": weights.normalization(filters[0]),
        "images": weights.convolution(3, filters[0], 3),
    }
    discriminator = {
        "first": down(3, filters[0], filters[0]),
        "blocks": [
            down(filters[0], filters[1], filters[0]),
            down(filters[1], filters[2], filters[1]),
        ],
        "last": down(filters[2], filters[3], filters[2]),
        "logits": weights.dense(filters[3], 1),
    }

    def generate(parameters, x):
        x = _dense(parameters["base"], x).reshape(len(x), 4, 4, filters[3])
        for block in parameters["blocks"]:
            shortcut = _doubled(_convolution(block["shortcut"], x))
            x = _doubled(jax.nn.relu(_normalized(block["norms"][0], x)))
            x = _convolution(block["first"], x)
            x = jax.nn.relu(_normalized(block["norms"][1], x))
            x = _convolution(block["second"], x) + shortcut
        x = jax.nn.relu(_normalized(parameters["norm"], x))
        return jnp.tanh(_convolution(parameters["images"], x))

    def residual(block, x):
        x = _convolution(block["first"], jax.nn.relu(x))
        return _convolution(block["second"], jax.nn.relu(x))

    def discriminate(parameters, x):
        block = parameters["first"]
        shortcut = _convolution(block["shortcut"], _pooled(x))
        x = jax.nn.relu(_convolution(block["first"], x))
        x = _pooled(_convolution(block["second"], x)) + shortcut
        for block in parameters["blocks"]:
            shortcut = _convolution(block["shortcut"], _pooled(x))
            x = _pooled(residual(block, x)) + shortcut
        block = parameters["last"]
        x = residual(block, x) + _convolution(block["shortcut"], x)
        return _dense(parameters["logits"], jax.nn.relu(x).sum((1, 2)))

    return generator, discriminator, generate, discriminate


def _adam(weights, gradients, state):
    mean, square, count = state
    count = count + 1
    beta_1, beta_2 = rivals.BETA_1, 0.999
    rate = rivals.RATE * jnp.sqrt(1 - beta_2**count) / (1 - beta_1**count)
    mean = jax.tree.map(
        lambda m, g: beta_1 * m + (1 - beta_1) * g, mean, gradients
    )
    square = jax.tree.map(
        lambda s, g: beta_2 * s + (1 - beta_2) * g * g, square, gradients
    )
    weights = jax.tree.map(
        lambda w, m, s: w - rate * m / (jnp.sqrt(s) + 1e-7),
        weights,
        mean,
        square,
    )
    return weights, (mean, square, count)


def _plain(steps_a_call):
    def prepare(network, batch):
        make = {"mlp": _mlp, "dcgan": _dcgan, "resnet": _resnet}[network]
        g_weights, d_weights, generate, discriminate = make(_Weights())
        latents = (
            rivals.MLP_LATENTS if network == "mlp" else rivals.IMAGE_LATENTS
        )

        def step(state, real):
            g_weights, g_adam, d_weights, d_adam, key = state
            key, first, second = jax.random.split(key, 3)
            noise = jax.random.normal(first, (batch, latents))
            fake = generate(g_weights, noise)

            def d_objective(weights):
                judged = discriminate(weights, real)
                return _losses(judged, discriminate(weights, fake))

            d_loss, gradients = jax.value_and_grad(d_objective)(d_weights)
            d_weights, d_adam = _adam(d_weights, gradients, d_adam)

            def g_objective(weights):
                noise = jax.random.normal(second, (batch, latents))
                judged = discriminate(d_weights, generate(weights, noise))
                return jnp.mean(jax.nn.softplus(-judged))

            g_loss, gradients = jax.value_and_grad(g_objective)(g_weights)
            g_weights, g_adam = _adam(g_weights, gradients, g_adam)
            state = g_weights, g_adam, d_weights, d_adam, key
            return state, jnp.stack([d_loss, g_loss])

        def fresh(weights):
            zeros = [jax.tree.map(np.zeros_like, weights) for _ in range(2)]
            return (*zeros, np.float32(0))

        state = (g_weights, fresh(g_weights), d_weights, fresh(d_weights))
        # Arrays of JAX, since their memory is given away.
        state = (*jax.tree.map(jnp.array, state), jax.random.key(0))
        samples = keras_networks.data(network, batch)
        return _runner(step, state, samples, batch, steps_a_call)

    return prepare


def count_weights(network: str) -> tuple[int, int]:
    """Returns how many trainable weights the two networks have."""
    make = {"mlp": _mlp, "dcgan": _dcgan, "resnet": _resnet}[network]
    generator, discriminator, *_ = make(_Weights())
    return tuple(
        sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(weights))
        for weights in (generator, discriminator)
    )


CONTENDERS = {
    "hand-tuned loop": _over_keras(1),
    "hand-tuned loop, 32 steps a call": _over_keras(_STEPS_A_CALL),
    "without Keras": _plain(1),
    "without Keras, 32 steps a call": _plain(_STEPS_A_CALL),
}
