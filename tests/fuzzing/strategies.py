"""What is drawn: objects, arguments and data, right and wrong ones."""

import dataclasses
import fractions
from typing import Any

import keras
import numpy as np
from constructors import constructor_arguments
from fuzzing import networks
from fuzzing.recipes import Recipe
from hypothesis import strategies as st

import keras_regan as kr

# Numbers.

factors = st.one_of(
    st.sampled_from([0, 0.0, 1, 1.0, 1e-30, 1e-8, 0.1]), st.floats(0.0, 10.0)
)
# Legal, and beyond what float32 holds once it is squared or multiplied.
large = st.sampled_from([1e4, 1e20, 1e30, 1e38, 3.4e38, 10**30])
tiny = st.sampled_from([5e-324, 1e-300, 1e-46, 1e-38, 1e-30, 1e-12])
positives = st.one_of(tiny, st.sampled_from([1e-3, 0.5, 1, 2.0, 50.0]))
below_one = st.one_of(
    st.sampled_from([0, 0.0, 0.5, 0.99, 1.0 - 2**-53]), st.floats(0.0, 0.999)
)
shares = st.one_of(st.sampled_from([0, 0.0, 1, 1.0, 0.5]), st.floats(0.0, 1.0))
intervals = st.sampled_from([1, 2, 3, 16, 2**31 - 1])
names = st.sampled_from(["a", "b", "c", "loss/of", "ü"])
wrong = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 0),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=3),
    st.binary(max_size=2),
    st.lists(st.floats(), max_size=2),
    st.sampled_from(
        [
            object(),
            dict,
            len,
            {},
            {"class_name": "Dense", "config": {"units": 1}},
            {"class_name": "Nothing", "config": {}},
            {"class_name": "ExponentialDecay", "config": {}},
            10**400,
            1e39,
            2**64,
            fractions.Fraction(1, 3),
            np.float32(0.5),
            np.float16("nan"),
            np.int8(3),
            np.bool_(True),
            np.array(0.5),
            np.zeros(2),
            np.array(["l1"]),
            "l1",
            "auto",
            (),
            (1, 2),
            set(),
            Recipe("losses.Hinge", {}),
            Recipe("penalties.R1", {}),
            Recipe("regularizers.L1", {}),
            Recipe("augmentations.Cutout", {}),
            Recipe("keras.optimizers.SGD", {}),
            Recipe("keras.losses.MeanSquaredError", {}),
        ]
    ),
)


def recipes(name, required=None, /, **optional):
    """Draws some of the arguments of a class, by its public name."""
    arguments = st.fixed_dictionaries(required or {}, optional=optional)
    return arguments.map(lambda drawn: Recipe(name, drawn))


_schedules = "keras.optimizers.schedules"
schedules = st.one_of(
    recipes(
        f"{_schedules}.PolynomialDecay",
        {
            "initial_learning_rate": factors,
            "decay_steps": st.integers(1, 5),
            "end_learning_rate": factors,
        },
    ),
    recipes(
        f"{_schedules}.ExponentialDecay",
        {
            "initial_learning_rate": factors,
            "decay_steps": st.integers(1, 5),
            "decay_rate": st.floats(0.1, 1.0),
        },
        staircase=st.booleans(),
    ),
    st.builds(
        lambda values: Recipe(
            f"{_schedules}.PiecewiseConstantDecay",
            {"boundaries": [1], "values": values},
        ),
        st.lists(st.floats(0.0, 10.0), min_size=2, max_size=2),
    ),
    recipes("penalties.AdjustableFactor", {"value": factors.filter(bool)}),
)
strengths = st.one_of(factors, factors, schedules)

# Augmentations.

vector_augmentations = recipes("augmentations.InstanceNoise", deviation=factors)
_single = st.one_of(
    recipes(
        "augmentations.ColorJitter",
        brightness=factors,
        saturation=shares,
        contrast=shares,
    ),
    recipes("augmentations.Translation", ratio=shares),
    recipes("augmentations.Cutout", ratio=shares),
    recipes("augmentations.HorizontalFlip", probability=shares),
    vector_augmentations,
)
fixed_augmentations = st.one_of(
    _single,
    recipes(
        "augmentations.DiffAugment",
        augmentations=st.lists(_single, min_size=1, max_size=2),
    ),
)
adaptive_augmentations = recipes(
    "augmentations.AdaptiveAugmentation",
    augmentations=st.lists(_single, min_size=1, max_size=2),
    target=shares,
    interval=intervals,
    adjustment_images=st.sampled_from([1, 2, 500_000, 2**31 - 1]),
    initial_probability=shares,
)
augmentations = st.one_of(fixed_augmentations, adaptive_augmentations)

# Losses.

_means = st.one_of(
    recipes("losses.Minimax", label_smoothing=below_one),
    recipes("losses.NonSaturating", label_smoothing=below_one),
    st.sampled_from(
        [
            Recipe(f"losses.{name}", {})
            for name in ("LeastSquares", "Hinge", "Wasserstein")
        ]
    ),
)
losses = st.one_of(
    st.none(),
    _means,
    st.just(Recipe("losses.Relativistic", {})),
    recipes(
        "losses.RelativisticAverage",
        form=st.sampled_from(["logistic", "least_squares", "hinge"]),
    ),
    recipes("losses.Weighted", {"loss": _means}, factor=strengths),
    recipes(
        "losses.FlippedLabels",
        {"loss": _means},
        probability=shares,
    ),
    recipes(
        "losses.TopK",
        {"loss": _means},
        fraction=st.one_of(
            st.sampled_from([1e-30, 0.5, 1, 1.0]),
            recipes(
                f"{_schedules}.PolynomialDecay",
                {
                    "initial_learning_rate": st.just(1.0),
                    "decay_steps": st.integers(1, 4),
                    "end_learning_rate": st.sampled_from([0.5, 1e-4]),
                },
            ),
        ),
    ),
)

# Regularizers. One strategy for each way of being called.

weight_regularizers = st.one_of(
    recipes("regularizers.L1", l1=factors, name=names),
    recipes("regularizers.L2", l2=factors, name=names),
    recipes("regularizers.L1L2", l1=factors, l2=factors, name=names),
    recipes("regularizers.Orthogonal", factor=factors, name=names),
    recipes("keras.regularizers.L2", l2=st.floats(0.0, 1.0)),
)


def _samples(name, /, **arguments):
    return recipes(
        f"regularizers.{name}", factor=factors, name=names, **arguments
    )


_distances = {
    "distance": st.sampled_from(["l1", "l2"]),
    "pairing": st.just("partner"),
}
_lone = st.one_of(
    _samples(
        "PairwiseDistance",
        direction=st.just("repel"),
        margin=st.one_of(st.none(), positives),
        **_distances,
    ),
    _samples(
        "PairwiseDistance",
        direction=st.sampled_from(["repel", "attract"]),
        distance=st.sampled_from(["l1", "l2"]),
        pairing=st.just("all"),
    ),
    _samples("PullingAway"),
)
_beside_latents = st.one_of(
    _samples("ModeSeeking", epsilon=positives),
    _samples(
        "DiversitySensitive",
        bound=st.one_of(st.none(), positives),
        detach_partner=st.booleans(),
    ),
    _samples("NormalizedDiversification", alpha=positives),
)
_beside_real = st.one_of(
    _samples(
        "GDPP", structure=st.sampled_from(["second_moment", "eigenvectors"])
    ),
    _samples("EnergyDistance"),
    _samples(
        "MaximumMeanDiscrepancy",
        bandwidth=st.one_of(
            positives, st.lists(positives, min_size=1, max_size=3)
        ),
    ),
    _samples(
        "MatchedPairwiseDistance",
        distance=st.sampled_from(["l1", "l2"]),
        pairing=st.sampled_from(["partner", "all"]),
    ),
)
sample_regularizers = st.one_of(_lone, _beside_latents, _beside_real)


def _penalties(name, /, **arguments):
    return recipes(
        f"penalties.{name}",
        factor=strengths,
        interval=intervals,
        name=names,
        **arguments,
    )


def _consistency(entries):
    return recipes(
        "penalties.Consistency",
        {"augmentation": entries},
        factor=strengths,
        samples=st.sampled_from(["real", "fake"]),
        interval=intervals,
        name=names,
    )


discriminator_penalties = st.one_of(
    _penalties("R1"),
    _penalties("R2"),
    _penalties(
        "WassersteinGradientPenalty", target=factors, one_sided=st.booleans()
    ),
    _penalties("ZeroCenteredInterpolation"),
    _penalties("MaxGradientPenalty"),
    _penalties("DRAGAN", scale=factors, target=factors),
    _penalties("LeCam", momentum=below_one, one_sided=st.booleans()),
    *(
        _penalties(name, deviation=st.sampled_from([1e-3, 0.1, 1, 2.0]))
        for name in ("ApproximateR1", "ApproximateR2")
    ),
    _penalties("LogitCentering"),
    _consistency(vector_augmentations),
    _penalties("LatentConsistency", deviation=positives),
)
generator_penalties = st.one_of(
    _penalties("LatentDiversity", deviation=positives),
    _penalties(
        "JacobianClamping",
        minimum=st.sampled_from([0, 0.5, 1.0]),
        maximum=st.sampled_from([1, 2.0, 50.0]),
        step_size=positives,
    ),
    _penalties("PathLength", momentum=below_one),
)
either_penalties = st.one_of(
    _penalties("ProximalL1"),
    _penalties("StartingPoint"),
    recipes(
        "penalties.Sparsity",
        share=below_one,
        steps=intervals,
        interval=intervals,
        name=names,
    ),
)
image_penalties = st.one_of(
    _consistency(fixed_augmentations), _penalties("Consistency")
)
feature_penalties = st.one_of(
    _penalties("FeatureMatching"),
    recipes(
        "penalties.OnFeatures",
        {"regularizer": sample_regularizers},
        factor=strengths,
        interval=intervals,
    ),
)
class_penalties = _penalties("AuxiliaryClassifier")


def scheduled(entries):
    """Draws entries, some of them wrapped."""
    return st.one_of(
        entries,
        entries,
        recipes(
            "penalties.Scheduled", {"regularizer": entries}, factor=strengths
        ),
        st.builds(
            lambda entry, interval: Recipe(
                "penalties.Scheduled",
                {"regularizer": _each_time(entry), "interval": interval},
            ),
            entries,
            intervals,
        ),
    )


def _each_time(recipe):
    kept = {k: v for k, v in recipe.arguments.items() if k != "interval"}
    # Their default is not 1.
    if recipe.name in ("penalties.PathLength", "penalties.Sparsity"):
        kept["interval"] = 1
    return Recipe(recipe.name, kept)


def _named(entry, index):
    """Gives an entry a name of its own, if need be by a wrapper."""
    if entry.name.startswith("keras."):
        entry = Recipe("penalties.Scheduled", {"regularizer": entry})
    return Recipe(entry.name, {**entry.arguments, "name": f"name_{index}"})


@st.composite
def right_entries(draw, role, key):
    """Draws up to four entries that suit a network of a pair.

    Args:
        role: `"generator"` or `"discriminator"`.
        key: The name of the pair.
    """
    kinds = [either_penalties]
    if not (role == "generator" and key == "without_kernels"):
        kinds.append(weight_regularizers)
    if role == "generator":
        kinds += [sample_regularizers, sample_regularizers, generator_penalties]
    else:
        penalties = discriminator_penalties
        if key == "two_heads":
            penalties = penalties.filter(lambda r: r.name != "penalties.LeCam")
        kinds += [penalties, penalties]
        if key in networks.IMAGE_PAIRS:
            kinds.append(image_penalties)
    if key in ("features", "classifier", "image_features"):
        kinds.append(_features_of(role))
    if key == "classifier":
        kinds.append(class_penalties)
    entries = draw(st.lists(scheduled(st.one_of(kinds)), max_size=4))
    return [_named(entry, index) for index, entry in enumerate(entries)]


def _features_of(role):
    if role == "generator":
        return feature_penalties
    return feature_penalties.filter(
        lambda r: r.name != "penalties.FeatureMatching"
    )


@st.composite
def enlarged(draw, entries):
    """Draws a list of entries with numbers that are legal and far too large."""

    def one(recipe):
        arguments = dict(recipe.arguments)
        for key, value in arguments.items():
            if isinstance(value, Recipe):
                arguments[key] = one(value)
            elif key in (
                "factor",
                "l1",
                "l2",
                "target",
                "scale",
                "deviation",
                "maximum",
                "step_size",
                "margin",
                "bound",
                "epsilon",
                "alpha",
                "bandwidth",
                "brightness",
            ) and draw(st.booleans()):
                arguments[key] = draw(large)
        return Recipe(recipe.name, arguments)

    return [one(entry) for entry in draw(entries)]


any_penalty = st.one_of(
    discriminator_penalties,
    generator_penalties,
    either_penalties,
    image_penalties,
    feature_penalties,
    class_penalties,
)
any_entry = st.deferred(
    lambda: scheduled(
        st.one_of(weight_regularizers, sample_regularizers, any_penalty)
    )
)


@st.composite
def spoiled(draw, entries):
    """Draws a recipe in which one argument may be anything at all."""
    recipe = draw(entries)
    if recipe.name.startswith("keras."):
        return recipe
    keys = sorted({*recipe.arguments, *_arguments_of(recipe)})
    if not keys:
        return recipe
    key = draw(st.sampled_from(keys))
    inner = recipe.arguments.get(key)
    if isinstance(inner, Recipe) and not inner.name.startswith("keras."):
        value = draw(st.one_of(wrong, spoiled(st.just(inner))))
    elif isinstance(inner, list):
        value = draw(st.one_of(wrong, st.lists(wrong, max_size=2)))
    else:
        value = draw(st.one_of(wrong, large))
    return Recipe(recipe.name, {**recipe.arguments, key: value})


def _arguments_of(recipe):
    """Returns the names that a class of ours takes."""
    if recipe.name.startswith("keras."):
        return []
    package, name = recipe.name.split(".")
    return list(constructor_arguments(getattr(getattr(kr, package), name)))


# What `compile` takes.

optimizers = st.one_of(
    st.none(),
    st.sampled_from(["adam", "SGD", "rmsprop", "adamw", "Adagrad", "lion"]),
    recipes(
        "keras.optimizers.SGD",
        {"learning_rate": st.floats(0.0, 0.01)},
        momentum=st.floats(0.0, 0.9),
        clipnorm=st.floats(0.1, 1.0),
        use_ema=st.booleans(),
    ),
    recipes(
        "keras.optimizers.Adam",
        {"learning_rate": st.floats(0.0, 0.01)},
        beta_1=st.floats(0.0, 0.9),
        weight_decay=st.floats(0.0, 0.1),
        gradient_accumulation_steps=st.integers(2, 3),
        loss_scale_factor=st.sampled_from([1.0, 8.0]),
    ),
    st.just({"class_name": "SGD", "config": {"learning_rate": 0.01}}),
    st.builds(
        lambda schedule: Recipe(
            "keras.optimizers.SGD", {"learning_rate": schedule}
        ),
        recipes(
            f"{_schedules}.PolynomialDecay",
            {
                "initial_learning_rate": st.just(0.01),
                "decay_steps": st.integers(1, 5),
            },
        ),
    ),
    st.just(
        Recipe(
            "keras.optimizers.LossScaleOptimizer",
            {"inner_optimizer": Recipe("keras.optimizers.SGD", {})},
        )
    ),
)
metrics = st.one_of(
    st.none(),
    st.just([]),
    st.just([Recipe("keras.metrics.MeanSquaredError", {})]),
)
COMPILE = {
    "generator_optimizer": optimizers,
    "discriminator_optimizer": optimizers,
    "loss": losses,
    "discriminator_steps": st.integers(1, 3),
    "generator_steps": st.integers(1, 2),
    "metrics": metrics,
}
_everything = {
    **COMPILE,
    "augmentation": st.one_of(st.none(), augmentations),
    "generator_regularizers": st.lists(any_entry, max_size=3),
    "discriminator_regularizers": st.lists(any_entry, max_size=3),
    "steps_per_execution": st.integers(1, 3),
    "run_eagerly": st.booleans(),
    "jit_compile": st.sampled_from([True, False, "auto"]),
}


@st.composite
def compile_arguments(draw):
    """Draws arguments of `compile`, of which up to two may be anything."""
    arguments = draw(st.fixed_dictionaries({}, optional=_everything))
    for key in draw(st.lists(st.sampled_from(sorted(_everything)), max_size=2)):
        lists = st.lists(st.one_of(wrong, any_entry), max_size=2)
        arguments[key] = draw(st.one_of(wrong, lists))
    return arguments


# Networks.

keys = st.sampled_from(sorted(networks.PAIRS))
momenta = st.one_of(st.none(), below_one)
seeds = st.one_of(st.none(), st.integers(0, 2**31 - 4))


@st.composite
def network_pairs(draw):
    """Draws where each of the two networks comes from, often not together."""
    generator, discriminator = (
        draw(
            st.one_of(
                st.tuples(keys, st.sampled_from([0, 1])),
                st.tuples(st.sampled_from(sorted(networks.OTHERS)), st.none()),
            )
        )
        for _ in range(2)
    )
    if draw(st.booleans()):
        discriminator = (
            (generator[0], 1) if generator[1] is not None else (draw(keys), 1)
        )
    return generator, discriminator


# Data: NumPy arrays, which are described by what they are.

DTYPES = [
    "float32",
    "float16",
    "float64",
    "uint8",
    "int64",
    "bool",
    "complex64",
    "object",
    "str",
    "datetime64[s]",
    "bfloat16",
]
right_sizes = st.sampled_from([2, 3, 4])


def samples(size, shape, dtype="float32", scale=1.0):
    """Returns an array of finite numbers around zero, or its like."""
    random = np.random.default_rng(0)
    values = scale * random.normal(size=(size, *shape))
    if dtype == "bfloat16":
        import ml_dtypes

        return values.astype(ml_dtypes.bfloat16)
    if dtype == "datetime64[s]":
        return (values * 100).astype("int64").astype(dtype)
    return values.astype(dtype)


@dataclasses.dataclass
class Array:
    """A value for an argument of data, with a name that says what it is."""

    name: str
    value: Any

    def __repr__(self):
        return self.name

    def _repr_pretty_(self, printer, cycle):
        printer.text(self.name)


@dataclasses.dataclass
class Data:
    """Samples and labels, with a text that says what they are."""

    text: str
    x: Any
    y: Any

    def __repr__(self):
        return self.text

    def _repr_pretty_(self, printer, cycle):
        printer.text(self.text)


@st.composite
def data(draw, shape, conditional):
    """Draws samples and labels for networks of a shape, right or not."""
    size = draw(st.sampled_from([0, 1, 2, 3, 4]))
    shape = tuple(n or 2 for n in shape)
    others = [(), (*shape, 1), shape[1:], (*shape[:-1], shape[-1] + 1)]
    drawn = draw(st.one_of(st.just(shape), st.sampled_from(others)))
    dtype = draw(st.one_of(st.just("float32"), st.sampled_from(DTYPES)))
    form = draw(st.sampled_from(["array", "array", *FORMS]))
    x = samples(size, drawn, dtype)
    y = draw(labels(size, conditional))
    text = f"{form} of {x.dtype} {x.shape}, labels: {y}"
    return Data(text, FORMS[form](x), y.value)


def tensor(x):
    if x.dtype.name in TENSOR_DTYPES:
        return keras.ops.convert_to_tensor(x)
    return x


TENSOR_DTYPES = ("float16", "float32", "float64", "int64", "uint8", "bool")
FORMS = {
    "array": lambda x: x,
    "tensor": tensor,
    "list": lambda x: x.tolist(),
    "tuple": lambda x: (x,),
    "dictionary": lambda x: {"x": x},
    "fortran": np.asfortranarray,
    "reversed": lambda x: x[::-1],
}


@st.composite
def labels(draw, size, conditional):
    """Draws labels for a number of samples, right or not."""
    right = np.arange(size) % networks.CLASSES
    every = {
        "none": None,
        "right": right.astype("int32"),
        "column": right.astype("int64")[:, None],
        "floats": right.astype("float32"),
        "halves": right + 0.5,
        "one_too_large": right + 1,
        "too_large": right + 10**6,
        "beyond_int32": right + 2**40,
        "negative": right - 1,
        "uint8": right.astype("uint8"),
        "bool": right.astype("bool"),
        "one_too_few": right[: max(size - 1, 0)],
        "one_too_many": np.arange(size + 1) % networks.CLASSES,
        "scalar": np.array(1),
        "number": 1,
        "one_hot": np.eye(networks.CLASSES, dtype="float32")[right],
        "strings": right.astype(str),
        "objects": right.astype(object),
        "complex": right.astype("complex64"),
        "list": right.tolist(),
        "text": "cat",
        "dictionary": {"a": right},
        "object": object(),
    }
    usual = "right" if conditional else "none"
    key = draw(st.one_of(st.just(usual), st.sampled_from(sorted(every))))
    return Array(key, every[key])
