"""What does a step cost, beside what a user could write, and each regularizer?

    python benchmarks/step_time.py

Four parts, each a table (`--parts`), in processor time of interleaved rounds:

* `rivals`: a step of `fit` beside loops of one's own, on three backends.
* `regularizers`: what the soft regularizer and R1 add to a DCGAN's step.
* `batches`: the pairwise distance by itself, for batches up to 8192.
* `members`: what every member of the catalogue adds, in time and memory.

About an hour on two cores. `--steps 1 --rounds 1` shows that it runs.

    python benchmarks/step_time.py --brief

prints one table in three minutes: a DCGAN's step on your backend and machine,
in `fit` with each kind of regularizer, beside a loop of one's own.
"""

import argparse
import pathlib
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras
import result_files
import rivals
import rounds
from rounds import Program

# A perceptron's step takes about a millisecond, so more of them are taken.
STEPS_AT_ONCE = {"mlp": 64, "dcgan": 1, "resnet": 1}
BATCH = {"mlp": 256, "dcgan": 64, "resnet": 64}
LARGE_BATCHES = [64, 256, 1024, 4096, 8192]
# All pairs by broadcasting need 3 GB of memory for 512 images.
LARGEST_BROADCAST = 256


# Rivals.

_OURS = "rivals.with_keras_regan"
_AT_ONCE = ", 32 steps a call"
_FITS = {
    "tensorflow": [
        "fit",
        "fit, 32 steps a call",
        "fit, compiled by XLA",
        "fit, compiled by XLA, 32 steps a call",
        "fit, shared samples",
    ],
    "jax": [
        "fit, compiled by XLA",
        "fit, compiled by XLA, 32 steps a call",
        "fit, compiled by XLA, shared samples",
    ],
    "torch": ["fit", "fit, shared samples"],
}
_LOOPS = {
    "tensorflow": [
        "tutorial's train_step",
        "hand-tuned loop",
        "hand-tuned loop, 32 steps a call",
        "hand-tuned loop, compiled by XLA",
        "hand-tuned loop, compiled by XLA, 32 steps a call",
    ],
    "jax": [
        "hand-tuned loop",
        "hand-tuned loop, 32 steps a call",
        "without Keras",
        "without Keras, 32 steps a call",
    ],
    "torch": [
        "hand-tuned loop",
        "without Keras",
        "without Keras, channels last",
        "without Keras, compiled",
        "without Keras, channels last, compiled",
        "without Keras, shared samples",
    ],
}


def rival_programs(network: str) -> dict[str, Program]:
    """Returns all that can train a network, by backend and name.

    Many steps a call are for perceptrons: a step of convolutions takes so long
    that calls do not count, and on a CPU XLA's are many times slower in a loop.
    The order of axes is for convolutions, and compiling for the better one.
    """

    def belongs(name):
        if network == "mlp":
            return "channels last" not in name
        return _AT_ONCE not in name and name != "without Keras, compiled"

    return {
        f"{backend}: {'keras_regan, ' * (module == _OURS)}{name}": Program(
            module, name, backend, (network, BATCH[network])
        )
        for programs, module_of in (
            (_FITS, lambda backend: _OURS),
            (_LOOPS, lambda backend: f"rivals.in_{backend}"),
        )
        for backend, names in programs.items()
        for name in names
        if belongs(name)
        for module in [module_of(backend)]
    }


def measure_rivals(arguments: argparse.Namespace) -> dict[str, Any]:
    """Times all rivals on each network."""
    results = {}
    for network in arguments.networks:
        programs = {
            name: program
            for name, program in rival_programs(network).items()
            if program.backend in arguments.backends
        }
        steps = arguments.steps * STEPS_AT_ONCE[network]
        times = rounds.in_turn(programs, steps, arguments.rounds, 2 * steps)
        table = _table(times)
        print(f"\n{network}, batch {BATCH[network]}\n")
        _print(table)
        results[f"rivals, {network}"] = {
            **table,
            "best": _compare_best(times),
        }
    return results


def _compare_best(times: Mapping[str, Sequence[rounds.Slice]]) -> dict:
    """Returns ours against a loop's, each in its best setting, by backend."""

    def best(chosen: Callable[[str], bool]) -> str | None:
        medians = {
            name: rounds.quartiles(t.processor for t in slices)[1]
            for name, slices in times.items()
            if chosen(name)
        }
        return min(medians, key=medians.get) if medians else None

    compared = {}
    for backend in ("tensorflow", "jax", "torch"):
        ours = best(
            lambda n, b=backend: (
                n.startswith(f"{b}: keras_regan") and "shared" not in n
            )
        )
        others = {
            "hand-tuned loop": best(
                lambda n, b=backend: n.startswith(f"{b}: hand-tuned")
            ),
            "tutorial": best(lambda n: "tutorial" in n),
            "PyTorch without Keras": best(
                lambda n: (
                    n.startswith("torch: without Keras") and "shared" not in n
                )
            ),
        }
        for kind, other in others.items():
            if ours and other:
                lower, median, upper = rounds.quartiles(
                    rounds.ratios(times[ours], times[other])
                )
                compared[f"{ours} / {other}"] = [lower, median, upper]
                print(f"{ours} / {kind} ({other}): {median:.3f}")
    return compared


# Regularizers.

_HEADLINES = [
    "none",
    "none once more",
    "L1",
    "PairwiseDistance",
    'PairwiseDistance(pairing="all")',
    "pairs from a second pass",
    "PairwiseDistance(0.0)",
    "R1(0.0)",
    "R1 that is not due",
    "R1(interval=16)",
    "R1",
]


def measure_regularizers(arguments: argparse.Namespace) -> dict[str, Any]:
    """Times a DCGAN's step with one regularizer each."""
    results = {}
    for backend in arguments.backends:
        for batch in arguments.batches:
            programs = {
                name: Program(
                    "rivals.regularized",
                    name.removesuffix(" once more"),
                    backend,
                    ("dcgan", batch),
                )
                for name in arguments.regularizers
            }
            steps = max(1, arguments.steps * 64 // batch)
            if "R1(interval=16)" in programs:
                # A whole number of intervals.
                steps = 16 * max(1, round(steps / 16))
            times = rounds.in_turn(programs, steps, arguments.rounds, 2)
            key = f"regularizers, {backend}, batch {batch}"
            results[key] = _table(times, reference="none")
            print(f"\n{key}\n")
            _print(results[key])
    return results


# Batches.


def measure_batches(arguments: argparse.Namespace) -> dict[str, Any]:
    """Times the pairwise distance of images by itself, on JAX."""
    results = {}
    for batch in LARGE_BATCHES:
        programs = {
            name: Program("rivals.pairs", name, "jax", (batch,))
            for name in ("partner", "all pairs", "all pairs, by broadcasting")
            if "broadcasting" not in name or batch <= LARGEST_BROADCAST
        }
        times = rounds.in_turn(programs, arguments.steps, arguments.rounds, 1)
        key = f"pairs, batch {batch}"
        results[key] = _table(times, reference="partner")
        results[key]["megabytes_of_the_batch"] = batch * 32 * 32 * 3 * 4 / 1e6
        print(f"\n{key}\n")
        _print(results[key])
    return results


# Members.


def measure_members(arguments: argparse.Namespace) -> dict[str, Any]:
    """Times the step with every member, on JAX, a few of them at a time."""
    names = rounds.names_in("rivals.regularized", "jax")
    members = [n for n in names if n.startswith("member ")]
    if arguments.members:
        members = [f"member {name}" for name in arguments.members]
    results = {}
    for first in range(0, len(members), _AT_A_TIME):
        group = ["member none", *members[first : first + _AT_A_TIME]]
        programs = {
            name.removeprefix("member "): Program(
                "rivals.regularized", name, "jax", ("images", 64)
            )
            for name in group
        }
        times = rounds.in_turn(programs, arguments.steps, arguments.rounds, 2)
        table = _table(times, reference="none")
        rows = table["rows"]
        least = rows.pop("none")
        for row in rows.values():
            row["more_megabytes"] = (
                row["temporary_megabytes"] - least["temporary_megabytes"]
            )
        results |= rows
        _print(table)
    return {"members": {"rows": results}}


_AT_A_TIME = 8


# Brief.

_BRIEF_SECONDS = 150
# A whole number of R1's intervals.
BRIEF_STEPS = 16
_BRIEF = (
    "fit",
    "fit, L1",
    "fit, PairwiseDistance",
    "fit, R1(interval=16)",
    "fit, R1",
)


def measure_brief(backend: str, batch: int) -> dict[str, Any]:
    """Times a DCGAN's step on one backend, as `compile` sets it by default."""
    loop = "hand-tuned loop"
    arguments = ("dcgan for R1", batch)
    programs = {loop: Program(f"rivals.in_{backend}", loop, backend, arguments)}
    for name in _BRIEF:
        programs[name] = Program(_OURS, f"default {name}", backend, arguments)
    times = rounds.in_turn(programs, BRIEF_STEPS, 9, 2, _BRIEF_SECONDS)
    table = _table(times)
    print(
        f"\nDCGAN of 32 x 32 pixels, batch {batch}, {backend}, "
        f"{len(times[loop])} round(s) of {BRIEF_STEPS} steps\n"
    )
    _print(table)
    return table


# Tables.


def _table(
    times: Mapping[str, Sequence[rounds.Slice]], reference: str | None = None
) -> dict[str, Any]:
    """Returns medians, and ratios to a reference with their quartiles."""
    if reference is None:
        reference = next(iter(times))
    rows = {}
    for name, slices in times.items():
        lower, median, upper = rounds.quartiles(
            rounds.ratios(slices, times[reference])
        )
        rows[name] = {
            "processor_ms": 1e3
            * rounds.quartiles(t.processor for t in slices)[1],
            "wall_ms": 1e3 * rounds.quartiles(t.wall for t in slices)[1],
            "ratio": median,
            "ratio_quartiles": [lower, upper],
            "peak_megabytes": slices[-1].peak_megabytes,
        }
        if slices[-1].temporary_megabytes is not None:
            rows[name]["temporary_megabytes"] = slices[-1].temporary_megabytes
    return {"reference": reference, "rows": rows}


def _print(table: dict[str, Any]) -> None:
    print(f"| | processor ms | wall ms | ratio to {table['reference']} | MB |")
    print("|---|---|---|---|---|")
    for name, row in table["rows"].items():
        lower, upper = row["ratio_quartiles"]
        memory = row.get("temporary_megabytes", row["peak_megabytes"])
        print(
            f"| {name} | {row['processor_ms']:.2f} | {row['wall_ms']:.2f} "
            f"| {row['ratio']:.3f} ({lower:.3f} to {upper:.3f}) "
            f"| {memory:.1f} |",
            flush=True,
        )


PARTS = {
    "rivals": measure_rivals,
    "regularizers": measure_regularizers,
    "batches": measure_batches,
    "members": measure_members,
}


def main() -> None:
    """Runs the parts that were asked for, and saves them as they end."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    backends = ["tensorflow", "jax", "torch"]
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    add("--networks", nargs="+", default=rivals.NETWORKS)
    add("--backends", nargs="+", choices=backends, default=backends)
    add("--batches", nargs="+", type=int, default=[64, 512])
    add("--regularizers", nargs="+", choices=_HEADLINES, default=_HEADLINES)
    add("--members", nargs="+", help="(all)")
    add("--steps", type=int, default=16, help="a round (%(default)s)")
    add("--rounds", type=int, default=9, help="(%(default)s)")
    add("--output", help="a JSON file, to which the parts are added")
    add(
        "--brief",
        action="store_true",
        help="one table in three minutes, on Keras's backend",
    )
    arguments = parser.parse_args()
    if arguments.brief:
        measure_brief(keras.backend.backend(), BATCH["dcgan"])
        return
    for part in arguments.parts:
        result = PARTS[part](arguments)
        if arguments.output:
            _save(pathlib.Path(arguments.output), part, result, arguments)


def _save(path, part, result, arguments):
    results = result_files.read(path)
    conditions = {
        "machine": result_files.machine(),
        "steps": arguments.steps,
        "rounds": arguments.rounds,
    }
    for key, table in result.items():
        before = results.get(key, {})
        if part == "members" and all(
            before.get(k) == value for k, value in conditions.items()
        ):
            # Some members may be measured anew.
            table = {"rows": before["rows"] | table["rows"]}
        results[key] = {**conditions, **table}
    result_files.write(path, result_files.rounded(results))


if __name__ == "__main__":
    main()
