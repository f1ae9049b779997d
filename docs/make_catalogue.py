"""Writes the table of all members from their docstrings and signatures.

python docs/make_catalogue.py          # writes docs/catalogue.md
"""

import inspect
import json
import pathlib
import re

import keras_regan

PAGE = pathlib.Path(__file__).with_name("catalogue.md")
MEASURED = PAGE.parents[1] / "benchmarks/step_time.json"
INTRODUCTION = """\
# All members

Made by `python docs/make_catalogue.py` from the docstrings; a test fails when
it is out of date. `C` is the discriminator's logit, `D` the discriminator, `G`
the generator, `x` a real sample, `z` latents. Every penalty takes `interval=`,
and all but `Sparsity` a `LearningRateSchedule` as their factor;
`penalties.Scheduled` gives both to the regularizers. Costs are on top of the
plain step; those of metrics once an evaluation. Metrics compare features of
samples: `m` and `n` are means, `S` and `T` covariances, `k` is a kernel or a
number of neighbours.

`measured` is what a member with its defaults added to the processor time of a
step, and to its temporary memory, of small convolutional networks on 64 images
of 32 x 32 pixels ({machine}); `benchmarks/step_time.py --parts members`
measures it anew. The default loss shows +8 %, where nothing was added: so large
is the noise. A negative number can be less work as well, as of a discriminator
that sees packs. What has an `interval` is dearer with convolutions that XLA
compiles for a CPU; see `benchmarks/README.md`.
"""
# Contracts and adapters, which compute nothing of their own.
LEFT_OUT = {
    "AdjustableFactor",
    "AdversarialLoss",
    "Augmentation",
    "FeatureExtractor",
    "Penalty",
    "Reference",
    "SampleMetric",
    "PairRegularizer",
    "SampleRegularizer",
    "StepContext",
}
SECTIONS = [
    ("Generator: on samples or features", "regularizers", "samples"),
    ("Generator: on weights, gradients and features", "penalties", "generator"),
    ("Discriminator", "penalties", "discriminator"),
    ("Either network: on weights", "regularizers", "weights"),
    ("Either network", "penalties", "both"),
    ("Losses", "losses", None),
    ("Augmentation inside the step", "augmentations", None),
    ("Layers", "layers", None),
    ("Constraints", "constraints", None),
    ("Metrics", "metrics", None),
]


def kind_of(package: str, member: type) -> str | None:
    """Returns which section of its package a class belongs to."""
    if package == "regularizers":
        samples = keras_regan.regularizers.SampleRegularizer
        return "samples" if issubclass(member, samples) else "weights"
    if package == "penalties":
        networks = member.networks
        if not isinstance(networks, tuple) or len(networks) == 2:
            return "both"
        return networks[0]
    return None


def members(package: str) -> list[type]:
    """Returns the classes of a package that compute something."""
    return [
        value
        for name, value in sorted(vars(getattr(keras_regan, package)).items())
        if inspect.isclass(value) and name not in LEFT_OUT
    ]


def paragraph(member: type, title: str) -> str:
    """Returns the paragraph of a docstring that begins with a title.

    If it announces a block of code, the lines of the block.
    """
    text = inspect.getdoc(member)
    match = re.search(rf"^{title}([,:].*?)(?:\n\n|\Z)", text, re.DOTALL | re.M)
    if match is None:
        raise ValueError(f"{member.__name__} does not say its `{title}:`.")
    found = " ".join(match.group(1).split())
    block = re.match(r"```\n(.*?)```", text[match.end() :], re.DOTALL)
    if found.endswith(":") and block:
        lines = [line.split() for line in block.group(1).splitlines()]
        return "; ".join(f"`{' '.join(words)}`" for words in lines if words)
    return found.removeprefix(":").strip()


def defaults(member: type) -> str:
    """Returns the arguments with their defaults, without those of all."""
    parts = []
    for name, parameter in inspect.signature(member).parameters.items():
        if name in ("name", "interval", "kwargs", "self"):
            continue
        if parameter.default is inspect.Parameter.empty:
            parts.append(f"`{name}`")
        elif parameter.default is not None:
            parts.append(f"`{name}={parameter.default!r}`")
    return ", ".join(parts)


def measured(package: str, member: type) -> str:
    """Returns what a member was seen to cost, or nothing."""
    rows = json.loads(MEASURED.read_text())["members"]["rows"]
    row = rows.get(f"{package}.{member.__name__}")
    if row is None:
        return ""
    return f"{100 * (row['ratio'] - 1):+.0f} %, {row['more_megabytes']:+.1f} MB"


def machine() -> str:
    """Returns on what it was measured."""
    machine = json.loads(MEASURED.read_text())["members"]["machine"]
    cores = "one core" if machine["cores"] == 1 else f"{machine['cores']} cores"
    return (
        f"{cores} of a shared {machine['processor']}, JAX {machine['jax']}, "
        f"Keras {machine['keras']}"
    )


def sources(member: type) -> str:
    """Returns the links of the reference."""
    text = inspect.getdoc(member)
    if "\nReference:" not in text:
        raise ValueError(f"{member.__name__} does not say its `Reference:`.")
    reference = text[text.index("\nReference:") :]
    links = re.findall(r"\[([^\]]+)\]\(\s*(\S+?)\s*\)", reference)
    if not links:
        return "this package"
    return ", ".join(
        f"[{' '.join(name.split())}]({url})" for name, url in links
    )


def row(package: str, member: type) -> str:
    """Returns one line of a table."""
    cells = [
        f"`{package}.{member.__name__}`",
        paragraph(member, "Formula"),
        defaults(member),
        paragraph(member, "Cost"),
        measured(package, member),
        sources(member),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page() -> str:
    """Returns the whole text."""
    parts = [INTRODUCTION.replace("{machine}", machine())]
    for title, package, kind in SECTIONS:
        rows = [
            row(package, member)
            for member in members(package)
            if kind_of(package, member) == kind
        ]
        parts.append(
            f"## {title}\n\n"
            "| member | formula | defaults | cost | measured | source |\n"
            "|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    return "\n".join(parts)


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
