"""The public names, and that each is described as it is called.

A change of a list below is a change of the API: it belongs in the changelog.
"""

import inspect
import re
import types

import pytest

import keras_regan

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
        "GradientNormalization",
        "MinibatchDiscrimination",
        "MinibatchStdDev",
        "Packing",
        "SampleRegularization",
        "SpectralNormalization",
    ],
    "keras_regan.losses": [
        "AdversarialLoss",
        "Hinge",
        "LeastSquares",
        "Minimax",
        "NonSaturating",
        "Relativistic",
        "TopK",
        "Wasserstein",
    ],
    "keras_regan.metrics": [
        "CollisionSupport",
        "DensityCoverage",
        "FeatureDiversity",
        "FeatureExtractor",
        "FrechetDistance",
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
        "resnet",
    ],
    "keras_regan.penalties": [
        "AcrossReplicas",
        "AdjustableFactor",
        "AuxiliaryClassifier",
        "Consistency",
        "DRAGAN",
        "FeatureMatching",
        "JacobianClamping",
        "LatentConsistency",
        "LatentDiversity",
        "LeCam",
        "MaxGradientPenalty",
        "OnFeatures",
        "PathLength",
        "Penalty",
        "ProximalL1",
        "R1",
        "R2",
        "Scheduled",
        "StepContext",
        "WassersteinGradientPenalty",
        "ZeroCenteredInterpolation",
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
        "PairwiseDistance",
        "PullingAway",
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


CALLABLES = {
    key: inspect.unwrap(value)
    for key, value in OBJECTS.items()
    if inspect.isfunction(value)
}
METHODS = {
    f"{key}.{name}": method
    for key, value in OBJECTS.items()
    if inspect.isclass(value)
    for name, method in own_methods(value)
}


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


def documented(docstring, section="Args"):
    """The names that a section of a docstring describes, in order."""
    match = re.search(
        rf"^{section}:\n((?:    .*\n|\n)*)", docstring + "\n", re.MULTILINE
    )
    return (
        re.findall(r"^    (\*{0,2}\w+):", match[1], re.MULTILINE)
        if (match)
        else []
    )


@pytest.mark.parametrize("path", list(NAMES))
def test_public_names_are_frozen(path):
    assert public_names(module_of(path)) == NAMES[path]


def test_every_package_is_frozen():
    packages = [
        f"keras_regan.{name}"
        for name in public_names(keras_regan)
        if isinstance(getattr(keras_regan, name), types.ModuleType)
    ]
    assert ["keras_regan", *packages] == list(NAMES)


def test_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+\w*", keras_regan.__version__)


def test_public_classes_know_their_public_place():
    for key, value in OBJECTS.items():
        package = key.rsplit(".", 1)[0]
        assert value.__module__.startswith(package), key
        assert value.__name__ == key.rsplit(".", 1)[1]


@pytest.mark.parametrize("key", [*NAMES, *OBJECTS])
def test_docstring(key):
    value = module_of(key) if key in NAMES else OBJECTS[key]
    assert "__doc__" in vars(value) or inspect.isfunction(value)
    first, *_ = value.__doc__.strip().split("\n")
    assert first.endswith(".")


@pytest.mark.parametrize("key", list(METHODS))
def test_docstring_of_a_method(key):
    if not key.endswith("__init__"):
        assert METHODS[key].__doc__


@pytest.mark.parametrize("key", list(OBJECTS))
def test_args_are_the_arguments(key):
    value = OBJECTS[key]
    function = value.__init__ if inspect.isclass(value) else value
    if key in NEVER_CONSTRUCTED or function is object.__init__:
        return
    assert documented(inspect.getdoc(value)) == arguments_of(function)


@pytest.mark.parametrize("key", list(METHODS))
def test_args_of_a_method_are_its_arguments(key):
    names = documented(inspect.getdoc(METHODS[key]) or "")
    if names:
        assert names == arguments_of(METHODS[key])


@pytest.mark.parametrize("key", [*CALLABLES, *METHODS])
def test_annotations(key):
    function = {**CALLABLES, **METHODS}[key]
    signature = inspect.signature(function)
    missing = [
        name
        for name, parameter in signature.parameters.items()
        if name not in ("self", "cls")
        and parameter.annotation is parameter.empty
    ]
    assert missing == []
    if not key.endswith("__init__"):
        assert signature.return_annotation is not signature.empty


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
