"""The public names, and that each is described as it is called.

A change of a list below is a change of the API: it belongs in the changelog.
"""

import ast
import inspect
import pathlib
import re
import types

import pytest
from constructors import constructor_arguments

import keras_regan

pytestmark = pytest.mark.host

NAMES = {
    "keras_regan": [
        "RegularizedGAN",
        "augmentations",
        "callbacks",
        "constraints",
        "datasets",
        "figures",
        "layers",
        "losses",
        "metrics",
        "models",
        "networks",
        "penalties",
        "recipes",
        "regularizers",
        "search",
    ],
    "keras_regan.augmentations": [
        "AdaptiveAugmentation",
        "Augmentation",
        "ColorJitter",
        "Cutout",
        "DiffAugment",
        "HorizontalFlip",
        "InstanceNoise",
        "Translation",
    ],
    "keras_regan.callbacks": [
        "Action",
        "AdaptiveFactor",
        "AverageAndLive",
        "CollapseMonitor",
        "EvaluateSamples",
        "GradientShare",
        "Histograms",
        "LatentWalk",
        "NearestReal",
        "RaiseFactor",
        "RollBack",
        "SampleGrid",
        "StopTraining",
        "Warn",
    ],
    "keras_regan.constraints": [
        "WeightClipping",
    ],
    "keras_regan.datasets": [
        "GaussianMixture",
        "gaussian_grid",
        "gaussian_ring",
        "random_mixture",
        "stacked_mnist",
        "stacked_mnist_classifier",
    ],
    "keras_regan.figures": [
        "learning_curves",
    ],
    "keras_regan.layers": [
        "ClassProjection",
        "ConditionalBatchNormalization",
        "Conv2DTranspose",
        "GradientNormalization",
        "MinibatchDiscrimination",
        "MinibatchStdDev",
        "Packing",
        "SampleRegularization",
        "SpectralNormalization",
    ],
    "keras_regan.losses": [
        "AdversarialLoss",
        "FlippedLabels",
        "Hinge",
        "LeastSquares",
        "Minimax",
        "NonSaturating",
        "Relativistic",
        "RelativisticAverage",
        "TopK",
        "Wasserstein",
        "Weighted",
    ],
    "keras_regan.metrics": [
        "BestOfMany",
        "CollisionSupport",
        "ConditionalDiversity",
        "DensityCoverage",
        "FeatureDiversity",
        "FeatureExtractor",
        "FrechetDistance",
        "FrechetJointDistance",
        "InceptionScore",
        "KernelDistance",
        "ModeCoverage",
        "NumberOfDifferentBins",
        "PrecisionRecall",
        "Reference",
        "SampleMetric",
        "collision_support",
        "density_coverage",
        "feature_diversity",
        "frechet_distance",
        "inception_score",
        "kernel_distance",
        "mode_coverage",
        "number_of_different_bins",
        "precision_recall",
        "write_reference",
    ],
    "keras_regan.models": [
        "PairedOptimizer",
        "RegularizedGAN",
    ],
    "keras_regan.networks": [
        "dcgan",
        "mlp",
        "r3gan",
        "resnet",
        "unet",
    ],
    "keras_regan.penalties": [
        "AcrossReplicas",
        "AdjustableFactor",
        "ApproximateR1",
        "ApproximateR2",
        "AuxiliaryClassifier",
        "Consistency",
        "DRAGAN",
        "ElasticWeight",
        "FeatureMatching",
        "JacobianClamping",
        "LatentConsistency",
        "LatentDiversity",
        "LatentReconstruction",
        "LeCam",
        "LogitCentering",
        "MatchingAware",
        "MaxGradientPenalty",
        "OnFeatures",
        "PathLength",
        "Penalty",
        "ProximalL1",
        "R1",
        "R2",
        "Scheduled",
        "Sparsity",
        "StartingPoint",
        "StepContext",
        "WassersteinGradientPenalty",
        "ZeroCenteredInterpolation",
    ],
    "keras_regan.recipes": [
        "dcgan",
        "lsgan",
        "photos",
        "quick",
        "r1_factor",
        "r3gan",
        "sngan",
        "stylegan2",
        "wgan_gp",
    ],
    "keras_regan.regularizers": [
        "DiversitySensitive",
        "EnergyDistance",
        "GDPP",
        "L1",
        "L1L2",
        "L2",
        "MatchedPairwiseDistance",
        "MaximumMeanDiscrepancy",
        "ModeSeeking",
        "NormalizedDiversification",
        "Orthogonal",
        "PairRegularizer",
        "PairwiseDistance",
        "PullingAway",
        "Reconstruction",
        "SampleRegularizer",
    ],
    "keras_regan.search": [
        "FactorSearch",
        "LogUniform",
        "Objective",
        "OneStandardError",
        "SearchResult",
        "TrialRecord",
    ],
}
# The model makes it; users read its attributes.
NEVER_CONSTRUCTED = {"keras_regan.penalties.StepContext"}


def module_of(path):
    module = keras_regan
    for name in path.split(".")[1:]:
        module = getattr(module, name)
    return module


def public_names(module):
    """What is public: not the modules of a package, but its packages."""
    top = module is keras_regan
    return sorted(
        name
        for name, value in vars(module).items()
        if name[0] != "_" and (top or not isinstance(value, types.ModuleType))
    )


OBJECTS = {
    f"{path}.{name}": getattr(module_of(path), name)
    for path, names in NAMES.items()
    for name in names
    if path != "keras_regan"
}


def own_methods(cls):
    """The public methods, and the special ones, that keras_regan wrote."""
    for name in dir(cls):
        value = inspect.getattr_static(cls, name)
        if isinstance(value, property):
            value = value.fget
        value = getattr(value, "__func__", value)
        if (
            isinstance(value, types.FunctionType)
            and value.__module__.startswith("keras_regan")
            and (name[0] != "_" or name in ("__init__", "__call__"))
        ):
            yield name, inspect.unwrap(value)


def methods_of_each(objects):
    """The methods of each class, but for those that an earlier one has too."""
    seen = set()
    result = {}
    for key, value in objects.items():
        result[key] = {}
        if inspect.isclass(value):
            for name, method in own_methods(value):
                if method not in seen:
                    seen.add(method)
                    result[key][name] = method
    return result


METHODS = methods_of_each(OBJECTS)


def arguments_of(function):
    """The arguments as documentation writes them, but for `self`."""
    stars = {
        inspect.Parameter.VAR_POSITIONAL: "*",
        inspect.Parameter.VAR_KEYWORD: "**",
    }
    return [
        stars.get(parameter.kind, "") + name
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in ("self", "cls")
    ]


def descriptions(docstring, section="Args"):
    """What a section of a docstring says of each name, in order."""
    match = re.search(
        rf"^{section}:\n((?:    .*\n|\n)*)", docstring + "\n", re.MULTILINE
    )
    if match is None:
        return {}
    _, *parts = re.split(r"^    (\*{0,2}\w+):", match[1], flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def documented(docstring, section="Args"):
    """The names that a section of a docstring describes, in order."""
    return list(descriptions(docstring, section))


def wrong_defaults(key, function, docstring):
    """Which defaults are others than the docstring says.

    None stands for what is found out later, of which it says what.
    """
    said = descriptions(inspect.cleandoc(docstring or ""))
    for name, parameter in inspect.signature(function).parameters.items():
        found = re.findall(r"Defaults to\s+`([^`]*)`", said.get(name, ""))
        if parameter.default is parameter.empty:
            if found:
                yield f"{key}: {name} has no default"
        elif found and parameter.default is not None:
            if ast.literal_eval(found[-1]) != parameter.default:
                yield f"{key}: the default of {name} is {parameter.default!r}"


def leaves_arguments_to_its_base(value, text):
    """Whether a class has no constructor and says whose arguments it takes."""
    return (
        inspect.isclass(value)
        and "__init__" not in vars(value)
        and re.search(r"^Args:\n    As in ", text, re.MULTILINE) is not None
    )


def wrong_references(key, kind, said, names, owners):
    """What is wrong with what a docstring says of arguments of a base.

    Args:
        said: Text like "`interval` and `name`, as in `Penalty`."
        names: Which arguments it has to name.
        owners: The classes that have these in their constructors. They
            describe them, which is looked at as for every class.
    """
    said_names, _, said_base = said.lower().rpartition("as in")
    said_names = re.findall(r"`(\w+)`", said_names)
    if sorted(said_names) != sorted(names):
        yield f"{key}: leaves {names} to a base and says {said_names}"
    # A base behind one that has another default would describe the wrong one.
    bases = [
        base.__name__
        if base.__module__.startswith("keras_regan")
        else f"keras.layers.{base.__name__}"
        for base in kind.__mro__[1:]
        if all(issubclass(base, owner) for owner in owners)
    ]
    if said_base.strip() not in [f"`{base.lower()}`." for base in bases]:
        yield f"{key}: does not say that its arguments are as in {bases}"
    hidden = owners - {*OBJECTS.values()}
    if hidden:
        yield f"{key}: nobody looks at what {hidden} describes"


def wrong_arguments_of_bases(key, kind, text):
    """What is wrong with what a class says of arguments of its bases."""
    if leaves_arguments_to_its_base(kind, text):
        (said,) = re.findall(r"^Args:\n    (As in .*)", text, re.MULTILINE)
        owners = {*constructor_arguments(kind).values()}
        yield from wrong_references(key, kind, said, [], owners)
        return
    handed_on = {
        name: owner
        for name, owner in constructor_arguments(kind).items()
        if name not in inspect.signature(kind.__init__).parameters
    }
    if handed_on:
        said = descriptions(text).get("**kwargs", "")
        owners = {*handed_on.values()}
        yield from wrong_references(key, kind, said, list(handed_on), owners)


def wrong_descriptions(key, value):
    """What is wrong with the docstring of a module, class or function."""
    text = value.__doc__ or ""
    if not text.strip().split("\n")[0].endswith("."):
        yield f"{key}: its docstring does not begin with a sentence"
    if inspect.ismodule(value) or key in NEVER_CONSTRUCTED:
        return
    function = value.__init__ if inspect.isclass(value) else value
    if function is object.__init__:
        return
    text = inspect.cleandoc(text)
    if inspect.isclass(value):
        yield from wrong_arguments_of_bases(key, value, text)
        if leaves_arguments_to_its_base(value, text):
            return
    names, arguments = documented(text), arguments_of(function)
    if names != arguments:
        yield f"{key}: describes {names} and is called with {arguments}"
    yield from wrong_defaults(key, function, text)


def wrong_methods(key, methods):
    """What is wrong with the docstrings of methods."""
    for name, method in methods.items():
        if name != "__init__" and not method.__doc__:
            yield f"{key}.{name}: no docstring"
        names = documented(inspect.getdoc(method) or "")
        arguments = arguments_of(method)
        if names and names != arguments:
            yield f"{key}.{name}: describes {names} and has {arguments}"
        yield from wrong_defaults(f"{key}.{name}", method, method.__doc__)


def wrong_annotations(key, function):
    """Which annotations are missing."""
    signature = inspect.signature(function)
    missing = [
        name
        for name, parameter in signature.parameters.items()
        if name not in ("self", "cls")
        and parameter.annotation is parameter.empty
    ]
    if missing:
        yield f"{key}: no annotation of {missing}"
    if (
        not key.endswith("__init__")
        and signature.return_annotation is signature.empty
    ):
        yield f"{key}: no annotation of what it returns"


def wrong(key, value, methods):
    """All that is wrong with how a public object is described."""
    yield from wrong_descriptions(key, value)
    yield from wrong_methods(key, methods)
    functions = {f"{key}.{name}": method for name, method in methods.items()}
    if inspect.isfunction(value):
        functions[key] = inspect.unwrap(value)
    for name, function in functions.items():
        yield from wrong_annotations(name, function)


def test_public_names_are_frozen():
    packages = [
        f"keras_regan.{name}"
        for name in public_names(keras_regan)
        if isinstance(getattr(keras_regan, name), types.ModuleType)
    ]
    assert ["keras_regan", *packages] == list(NAMES)
    assert {path: public_names(module_of(path)) for path in NAMES} == NAMES


def test_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+\w*", keras_regan.__version__)


def test_public_classes_know_their_public_place():
    for key, value in OBJECTS.items():
        package = key.rsplit(".", 1)[0]
        assert value.__module__.startswith(package), key
        assert value.__name__ == key.rsplit(".", 1)[1]


def test_modules_without_anything_public_begin_with_an_underscore():
    homes = {value.__module__ for value in OBJECTS.values()}
    modules = {
        f"{path}.{file.stem}"
        for path in NAMES
        if path != "keras_regan"
        for file in pathlib.Path(module_of(path).__file__).parent.glob(
            "[!_]*.py"
        )
    }
    assert len(modules) > 60
    assert modules - homes == set()


def test_docstrings_of_packages():
    for path in NAMES:
        assert list(wrong_descriptions(path, module_of(path))) == []


@pytest.mark.parametrize("key", list(OBJECTS))
def test_it_is_described_as_it_is_called(key):
    assert list(wrong(key, OBJECTS[key], METHODS[key])) == []


def test_every_method_belongs_to_one_class():
    everything = {
        method
        for value in OBJECTS.values()
        if inspect.isclass(value)
        for _, method in own_methods(value)
    }
    looked_at = [m for methods in METHODS.values() for m in methods.values()]
    assert len(everything) > 400
    assert len(looked_at) == len(everything) and {*looked_at} == everything


def test_all_that_is_wrong_is_seen():
    def function(first: int = 1, second=2) -> int:
        """Returns something.

        Args:
            first: An integer. Defaults to
                `3`.
        """

    class Public:
        def __init__(self, size):
            """Nothing."""

        def call(self, x: int):
            pass

        def other(self, x: int, *rest: int) -> int:
            """Does something.

            Args:
                rest: Anything.
                x: An integer.
            """

        def right(self, x: int) -> int:
            """Does something."""

    assert list(wrong("a", function, {})) == [
        "a: describes ['first'] and is called with ['first', 'second']",
        "a: the default of first is 1",
        "a: no annotation of ['second']",
    ]
    methods = {k: v for k, v in vars(Public).items() if callable(v)}
    assert list(wrong("B", Public, methods)) == [
        "B: its docstring does not begin with a sentence",
        "B: describes [] and is called with ['size']",
        "B.call: no docstring",
        "B.other: describes ['rest', 'x'] and has ['x', '*rest']",
        "B.__init__: no annotation of ['size']",
        "B.call: no annotation of what it returns",
    ]
    Public.__doc__ = "No sentence"
    first, *_ = wrong("B", Public, {})
    assert first == "B: its docstring does not begin with a sentence"


class Described(keras_regan.penalties.LeCam):
    """Stands for a member whose arguments its bases describe.

    Args:
        As in `LeCam`.
    """


class HandingOn(keras_regan.penalties.LeCam):
    """Stands for a member that hands some arguments on.

    Args:
        factor: Float. Defaults to `2.0`.
        **kwargs: `momentum`, `one_sided`, `name` and `interval`, as in
            `LeCam`.
    """

    def __init__(self, factor: float = 2.0, **kwargs: object):
        super().__init__(factor, **kwargs)


@pytest.mark.parametrize(
    "kind, change, words",
    [
        (Described, (), []),
        (Described, ("`LeCam`", "`Penalty`"), ["are as in ['LeCam']"]),
        (
            Described,
            ("As in `LeCam`.", "Some."),
            ["describes [] and is called"],
        ),
        (HandingOn, (), []),
        (HandingOn, ("`one_sided`, ", ""), ["leaves ['momentum', 'one_sided'"]),
        (HandingOn, ("`LeCam`", "`Penalty`"), ["are as in ['LeCam']"]),
        (HandingOn, ("`2.0`", "`0.3`"), ["the default of factor is 2.0"]),
        (HandingOn, ("**kwargs:", "kwargs:"), ["['factor', 'kwargs'] and is"]),
    ],
)
def test_arguments_that_bases_describe(kind, change, words, monkeypatch):
    if change:
        assert change[0] in kind.__doc__
        monkeypatch.setattr(kind, "__doc__", kind.__doc__.replace(*change))
    found = "\n".join(wrong_descriptions("A", kind))
    assert found.count("A:") >= len(words) and bool(found) is bool(words)
    assert all(word in found for word in words), found


def test_reading_of_docstrings():
    text = """Title.

    Args:
        first: Integer. It says
            more: than this.
        **rest: Anything.

    Returns:
        value: Nothing.
    """
    assert documented(inspect.cleandoc(text)) == ["first", "**rest"]
    assert documented(inspect.cleandoc(text), "Returns") == ["value"]
    assert documented("Title.") == []
