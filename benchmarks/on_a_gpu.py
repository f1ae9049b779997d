r"""What there is to see on a GPU, in twelve minutes.

    KERAS_BACKEND=jax python benchmarks/on_a_gpu.py --data cifar10.npz \
        --features efficientnet_lite0.keras --authors R3GAN --output runs/gpu

The parts, in this order (`--parts`):

* `tests`: all tests of the gradient penalties, in full precision. If one
  fails, the program ends.
* `distances`: what products that are rounded to TF32 do to the distances of
  near samples, see `near_samples.py`.
* `steps`: a step of R3GAN for 32 pixels: with this library on JAX, in plain
  PyTorch, and by the authors' own code. Seconds, images a second, memory. Each
  has a process of its own, with its framework's default precision.
* `training`: the Frechet distance after minutes of CIFAR-10, and a grid.

What a part finds is saved as it ends, in `found.json`, so that a run that is
cut off keeps it, and a second run with other parts adds to it. `--tiny` shows
on a CPU that everything runs, with random images.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import keras
import minutes_of_r3gan
import near_samples
import numpy as np
import result_files
import rounds
from photos import chosen_features
from photos import load
from rivals import r3gan_task

ROOT = pathlib.Path(__file__).resolve().parents[1]
_OURS = "rivals.r3gan_with_keras_regan"
_IN_TORCH = "rivals.r3gan_in_torch"
CONTENDERS = {
    "keras_regan": (_OURS, "jax"),
    "keras_regan, bfloat16": (_OURS, "jax"),
    "plain PyTorch": (_IN_TORCH, "torch"),
    "authors' code": (_IN_TORCH, "torch"),
    "authors' code, bfloat16": (_IN_TORCH, "torch"),
}
# What judging takes at the end, of the minutes for everything.
MINUTES_TO_JUDGE = 1.0


def run_tests(arguments: argparse.Namespace, found: dict) -> dict[str, Any]:
    """Runs a file of tests in a process of its own.

    Raises:
        SystemExit: If a test fails.
    """
    begin = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", arguments.tests]
    exact = {
        "KERAS_BACKEND": "jax",
        "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    }
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | exact,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last = result.stdout.strip().splitlines()[-1]
    print(last, flush=True)
    if result.returncode:
        raise SystemExit(f"{result.stdout}\n{arguments.tests} failed.")
    return {
        "file": arguments.tests,
        "result": last,
        "seconds": time.monotonic() - begin,
    }


def measure_distances(
    arguments: argparse.Namespace, found: dict
) -> dict[str, Any]:
    """Compares precisions, and prints the tables."""
    results = near_samples.measure()
    print(near_samples.table(results), flush=True)
    return results


def measure_steps(arguments: argparse.Namespace, found: dict) -> dict[str, Any]:
    """Times all contenders, one after the other."""
    results = {"task": described(task_of(arguments))}
    for name, (module, backend) in CONTENDERS.items():
        if name.startswith("authors") and arguments.authors is None:
            results[name] = "left out: no --authors"
        else:
            program = rounds.Program(
                module, name, backend, tuple(task_of(arguments))
            )
            try:
                results[name] = timed(program, arguments.seconds)
            except RuntimeError as error:
                # One that lacks memory or its framework stops no other.
                results[name] = f"failed: {error}"
        print(f"{name}: {results[name]}", flush=True)
    return results


def timed(program: rounds.Program, seconds: float) -> dict[str, float]:
    """Returns times and memory of a program that runs alone.

    Args:
        program: The program.
        seconds: How long its warm steps are timed, about.
    """
    begin = time.monotonic()
    worker = rounds.Worker(program)
    try:
        prepared = time.monotonic() - begin
        first = worker.run(1)
        second = worker.run(2)
        steps = max(2, min(1000, round(seconds / second.wall)))
        warm = worker.run(steps)
    finally:
        worker.stop()
    batch = r3gan_task.Task(*program.arguments).batch
    return {
        "seconds_to_prepare": prepared,
        "seconds_of_the_first_step": first.wall,
        "steps": steps,
        "seconds_a_step": warm.wall,
        "images_a_second": batch / warm.wall,
        "megabytes_of_the_device": warm.device_megabytes,
        "megabytes_that_the_compiler_plans": warm.temporary_megabytes,
        "megabytes_of_the_host": warm.peak_megabytes,
    }


def measure_training(
    arguments: argparse.Namespace, found: dict
) -> dict[str, Any]:
    """Trains, judges samples and draws a grid."""
    task = task_of(arguments)
    images, real = data_of(arguments, task)
    features = chosen_features(arguments.features, images.shape[1:])
    left = arguments.all_minutes - minutes_since(arguments.begin)
    minutes = min(arguments.minutes, left - MINUTES_TO_JUDGE)
    gan, results = minutes_of_r3gan.train(
        task, images, minutes, planned_steps(found, minutes, task)
    )
    results |= minutes_of_r3gan.judge(
        gan, real, features, pathlib.Path(arguments.output)
    )
    results |= {
        "task": described(task),
        "judged": len(real),
        "features": "random" if arguments.features is None else "given",
    }
    print(results, flush=True)
    return results


def planned_steps(found: dict, minutes: float, task: r3gan_task.Task) -> int:
    """Returns how many steps fit, by what was measured of this task."""
    steps = found.get("steps", {})
    ours = steps.get("keras_regan")
    if steps.get("task") != described(task) or not isinstance(ours, dict):
        # As many as the authors take.
        return 20_000_000 // task.batch
    return round(60.0 * minutes / ours["seconds_a_step"])


def data_of(
    arguments: argparse.Namespace, task: r3gan_task.Task
) -> tuple[np.ndarray, np.ndarray]:
    """Returns images of the training, and those that judge its samples."""
    if arguments.tiny:
        random = np.random.default_rng(0)
        shape = (64, task.size, task.size, 3)
        images = random.uniform(-1.0, 1.0, shape).astype("float32")
        return images, images
    images, _ = load(arguments.data, "train")
    return images, images[: arguments.samples]


def task_of(arguments: argparse.Namespace) -> r3gan_task.Task:
    """Returns the networks and the batch."""
    if arguments.tiny:
        return r3gan_task.Task(8, 4, 16, 1, arguments.authors)
    return r3gan_task.Task(
        arguments.width, arguments.batch, authors=arguments.authors
    )


def described(task: r3gan_task.Task) -> dict[str, int]:
    """Returns what results depend on."""
    return {
        name: value
        for name, value in task._asdict().items()
        if name != "authors"
    }


def minutes_since(begin: float) -> float:
    """Returns how many minutes ago that was."""
    return (time.monotonic() - begin) / 60.0


PARTS: dict[str, Callable[[argparse.Namespace, dict], dict[str, Any]]] = {
    "tests": run_tests,
    "distances": measure_distances,
    "steps": measure_steps,
    "training": measure_training,
}


def main() -> None:
    """Runs the parts that were asked for, and saves each as it ends."""
    arguments = parse_arguments()
    if keras.backend.backend() != "jax":
        raise SystemExit("Expected KERAS_BACKEND=jax.")
    folder = pathlib.Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "found.json"
    found = result_files.read(file)
    found["machine"] = {
        **result_files.machine(),
        "device": jax.devices()[0].device_kind,
    }
    # In their own order, whatever that of the command line.
    for name, measure in PARTS.items():
        if name in arguments.parts:
            found[name] = measure(arguments, found)
            result_files.write(file, result_files.rounded(found))
    print(f"{minutes_since(arguments.begin):.1f} minutes", flush=True)


def parse_arguments() -> argparse.Namespace:
    """Returns the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    add("--tiny", action="store_true", help="tiny networks, random images")
    add("--data", help="CIFAR-10 in Keras's layout, .npz")
    add("--features", help="EfficientNet-Lite0 as a .keras file")
    add("--authors", help="a checkout of github.com/brownvc/R3GAN")
    add("--width", type=int, default=192, help="the authors': 768 (192)")
    add("--batch", type=int, default=512, help="(%(default)s)")
    add("--seconds", type=float, default=5.0, help="of steps (%(default)s)")
    add("--minutes", type=float, default=10.0, help="of training (10)")
    add("--all-minutes", type=float, default=12.0, help="of all parts (12)")
    add("--samples", type=int, default=10_000, help="judged (%(default)s)")
    add("--tests", default="tests/penalties/test_gradient_penalties.py")
    add("--output", default="runs/on_a_gpu", help="(%(default)s)")
    parser.set_defaults(begin=time.monotonic())
    arguments = parser.parse_args()
    if "training" in arguments.parts and not (arguments.tiny or arguments.data):
        parser.error("the training needs --data, or --tiny")
    if arguments.authors is not None:
        arguments.authors = os.path.abspath(arguments.authors)
        if not os.path.exists(f"{arguments.authors}/R3GAN/Networks.py"):
            parser.error(f"{arguments.authors} has no R3GAN/Networks.py")
    return arguments


if __name__ == "__main__":
    # PyTorch needs memory beside JAX, which would take most of it at once.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    main()
