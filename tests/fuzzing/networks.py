"""Pairs of small networks, right and wrong ones, made by valid Keras calls."""

import functools

import keras
from keras import ops

import keras_regan as kr

layers = keras.layers
CLASSES = 3
LATENT_DIM = 3


def generator(sample_shape, num_classes=None):
    """A generator of vectors or of images."""
    return kr.networks.mlp(
        sample_shape,
        latent_dim=LATENT_DIM,
        hidden=(4,),
        output_activation=None,
        num_classes=num_classes,
    )[0]


def discriminator(sample_shape, first=(), last=None, activation=None):
    """A discriminator that begins with layers of its own."""
    x = inputs = keras.Input(sample_shape)
    for layer in first:
        x = layer(x)
    features = layers.Dense(4, activation="leaky_relu")(layers.Flatten()(x))
    logits = (last or layers.Dense(1, activation=activation))(features)
    return keras.Model(inputs, logits)


def with_features(sample_shape, class_logits=False):
    """A discriminator with features, of which there are two tensors."""
    inputs = keras.Input(sample_shape)
    first = layers.Dense(4, activation="leaky_relu")(layers.Flatten()(inputs))
    second = layers.Dense(3, activation="leaky_relu")(first)
    outputs = {"logits": layers.Dense(1)(second), "features": [first, second]}
    if class_logits:
        outputs["class_logits"] = layers.Dense(CLASSES)(second)
    return keras.Model(inputs, outputs)


@keras.saving.register_keras_serializable("fuzzing")
class Subclassed(keras.Model):
    """A network of one layer whose inputs nobody has told it."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, inputs):
        return self.dense(inputs)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def subclassed():
    pair = Subclassed(2), Subclassed(1)
    for network, units in zip(pair, (LATENT_DIM, 2), strict=True):
        network.build((None, units))
    return pair


def convolutional(shape):
    height, width, channels = shape
    images = keras.Sequential(
        [
            layers.Input((LATENT_DIM,)),
            layers.Dense(height * width // 2),
            layers.Reshape((height // 2, width // 2, 2)),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(
                channels, 4, 2, padding="same", activation="tanh"
            ),
        ]
    )
    judge = keras.Sequential(
        [
            layers.Input(shape),
            layers.Conv2D(2, 3, 2, padding="same"),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dropout(0.2, seed=7),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    return images, judge


def patches():
    judge = keras.Sequential(
        [
            layers.Input((4, 6, 3)),
            layers.Conv2D(2, 3, 2, padding="same", activation="leaky_relu"),
            layers.Conv2D(1, 1),
        ]
    )
    return generator((4, 6, 3)), judge


def with_layer(shape, *first):
    return generator(shape), discriminator(shape, first)


def regularized_layers():
    regularizer = keras.regularizers.L2(0.01)
    judge = discriminator(
        (2,),
        [
            layers.Dense(
                3, kernel_regularizer=regularizer, activity_regularizer="l1"
            )
        ],
    )
    return generator((2,)), judge


def normalized():
    judge = discriminator((2,))
    inputs = keras.Input((2,))
    return generator((2,)), keras.Model(
        inputs, kr.layers.GradientNormalization(judge)(inputs)
    )


def without_kernels():
    only = keras.Sequential([layers.Input((2,)), layers.BatchNormalization()])
    return only, discriminator((2,))


def projecting():
    samples = keras.Input((4, 6, 3))
    labels = keras.Input((1,), dtype="int32")
    features = layers.Dense(4)(layers.Flatten()(samples))
    logits = kr.layers.ClassProjection(CLASSES)([features, labels])
    latents = keras.Input((LATENT_DIM,))
    x = layers.Reshape((2, 3, 2))(layers.Dense(12)(latents))
    x = kr.layers.ConditionalBatchNormalization(CLASSES)([x, labels])
    images = layers.Conv2DTranspose(3, 4, 2, padding="same")(x)
    return (
        keras.Model([latents, labels], images),
        keras.Model([samples, labels], logits),
    )


VECTOR_PAIRS = {
    "plain": lambda: (generator((2,)), discriminator((2,))),
    "features": lambda: (generator((2,)), with_features((2,))),
    "conditional": lambda: kr.networks.mlp(
        (2,), latent_dim=LATENT_DIM, hidden=(4,), num_classes=CLASSES
    ),
    "classifier": lambda: (
        generator((2,), num_classes=CLASSES),
        with_features((2,), class_logits=True),
    ),
    "subclassed": subclassed,
    "flat_logits": lambda: (
        generator((2,)),
        discriminator(
            (2,),
            last=keras.Sequential([layers.Dense(1), layers.Reshape(())]),
        ),
    ),
    "two_heads": lambda: (generator((2,)), two_heads()),
    "one_number": lambda: (
        kr.networks.mlp((1,), latent_dim=1, hidden=(2,))[0],
        discriminator((1,)),
    ),
    "sequence": lambda: (generator((3, 2)), discriminator((3, 2))),
    "without_kernels": without_kernels,
    "regularized_layers": regularized_layers,
    "packs": lambda: with_layer((2,), kr.layers.Packing(2)),
    "discrimination": lambda: with_layer(
        (2,), kr.layers.MinibatchDiscrimination(2, 2)
    ),
    "spectral": lambda: with_layer(
        (2,), kr.layers.SpectralNormalization(layers.Dense(3))
    ),
    "normalized": normalized,
}
IMAGE_PAIRS = {
    "convolutional": lambda: convolutional((4, 4, 1)),
    "wide": lambda: convolutional((4, 6, 3)),
    "patches": patches,
    "deviation": lambda: with_layer((4, 4, 1), kr.layers.MinibatchStdDev(2)),
    "projecting": projecting,
    "image_features": lambda: (generator((4, 4, 1)), with_features((4, 4, 1))),
}
PAIRS = {**VECTOR_PAIRS, **IMAGE_PAIRS}
CONDITIONAL = {"conditional", "classifier", "projecting"}
POLICIES = ["float32", "mixed_float16", "mixed_bfloat16"]


def latents_of(*shape, units=2):
    inputs = keras.Input(shape)
    return keras.Model(inputs, layers.Dense(units)(layers.Flatten()(inputs)))


def of_inputs(count, units):
    inputs = [keras.Input((2,)) for _ in range(count)]
    return keras.Model(
        inputs, layers.Dense(units)(layers.Concatenate()(inputs))
    )


def two_outputs():
    inputs = keras.Input((LATENT_DIM,))
    return keras.Model(inputs, [layers.Dense(2)(inputs)] * 2)


def two_heads():
    inputs = keras.Input((2,))
    parts = layers.Reshape((3, 1))(layers.Dense(3)(inputs))
    return keras.Model(inputs, [layers.Dense(1)(inputs), parts])


def outputs_of(make):
    inputs = keras.Input((2,))
    return keras.Model(inputs, make(layers.Dense(1)(inputs)))


def frozen():
    network = discriminator((2,))
    network.trainable = False
    return network


# One network each, for either of the two arguments: none is right for both.
OTHERS = {
    "none": lambda: None,
    "text": lambda: "mlp",
    "class": lambda: keras.Model,
    "layer": lambda: layers.Dense(1),
    "function": lambda: lambda x: x,
    "unbuilt": lambda: keras.Sequential([layers.Dense(2)]),
    "unbuilt_subclass": lambda: Subclassed(2),
    "built_on_nothing": lambda: keras.Sequential(
        [layers.Input((2,)), layers.Dropout(0.5)]
    ),
    "image_latents": lambda: latents_of(2, 2, 1),
    "three_inputs": lambda: of_inputs(3, 2),
    "two_inputs": lambda: of_inputs(2, 2),
    "two_inputs_one_unit": lambda: of_inputs(2, 1),
    "two_outputs": two_outputs,
    "dictionary": lambda: outputs_of(lambda x: {"samples": x}),
    "only_features": lambda: outputs_of(lambda x: {"features": x}),
    "list_of_logits": lambda: outputs_of(lambda x: [x, x]),
    "many_logits": lambda: discriminator((2,), last=layers.Dense(5)),
    "wide_map": lambda: discriminator(
        (2,),
        last=keras.Sequential([layers.Dense(8), layers.Reshape((2, 2, 2))]),
    ),
    "sigmoid": lambda: discriminator((2,), activation="sigmoid"),
    "frozen": frozen,
    "any_length": lambda: keras.Sequential(
        [layers.Input((None, 2)), layers.Dense(2)]
    ),
}


@functools.cache
def network(key):
    """Returns one of `OTHERS`, made once."""
    return OTHERS[key]()


@functools.cache
def _kept(key, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        pair = PAIRS[key]()
    finally:
        keras.config.set_dtype_policy(before)
    variables = [v for network in pair for v in network.variables]
    return pair, [(v, ops.convert_to_numpy(v.value)) for v in variables]


def pair(key, policy="float32"):
    """Returns a pair of networks as it was when first made.

    Making layers takes longer than a step, so that they are kept and get
    their first weights again.
    """
    networks, values = _kept(key, policy)
    for variable, value in values:
        variable.assign(value)
    return networks
