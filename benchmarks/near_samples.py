"""How exact are distances of near samples where products are rounded?

The distances of all pairs come from a product of matrices. On accelerators,
frameworks round the factors of products by default: JAX and TensorFlow to the
11 binary digits of TF32 on NVIDIA's, where float32 has 24. Products are large
where distances are small, and their difference keeps few digits. Distances of
partners are differences of samples, and need no product.

A batch consists of twins. The second of each is as far from the first as a
share of its norm says. Everything is compared with float64 in NumPy: the
distance of the twins, and the gradient of `PairwiseDistance`.
"""

import itertools
from typing import Any

import jax
import keras
import numpy as np

import keras_regan as kr
from keras_regan.regularizers import _distances

NEARNESS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
# Of a batch of colour images of 32 pixels, and of points in the plane.
SHAPES = ((32, 3072), (32, 2))
PRECISIONS = {"default": None, "highest": "highest"}
PAIRINGS = ("partner", "all")
# Digits of a float32 that its conversion to TF32 drops.
_DROPPED = 13


def measure() -> dict[str, Any]:
    """Returns relative errors by shape, pairing, precision and nearness."""
    results = {}
    for shape in SHAPES:
        rows = {}
        for nearness in NEARNESS:
            samples = twins(shape, nearness)
            for pairing, precision in itertools.product(PAIRINGS, PRECISIONS):
                row = rows.setdefault(f"{pairing}, {precision}", {})
                row[f"{nearness:g}"] = errors(
                    found(samples, pairing, PRECISIONS[precision]),
                    exact(samples, pairing),
                )
            row = rows.setdefault("all, factors rounded to TF32 in NumPy", {})
            row[f"{nearness:g}"] = errors(
                rounded_to_tf32(samples), exact(samples, "all")
            )
        results["{} samples of {} elements".format(*shape)] = rows
    return results


def twins(shape: tuple[int, int], nearness: float) -> np.ndarray:
    """Returns samples of which each second one is near the one before."""
    random = np.random.default_rng(0)
    firsts, moves = random.normal(size=(2, shape[0] // 2, shape[1]))
    norms = [np.linalg.norm(x, axis=1, keepdims=True) for x in (firsts, moves)]
    moves *= nearness * norms[0] / norms[1]
    samples = np.stack([firsts, firsts + moves], axis=1)
    return samples.reshape(shape).astype("float32")


def found(
    samples: np.ndarray, pairing: str, precision: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the twins' distances and the gradient, from the library."""
    regularizer = kr.regularizers.PairwiseDistance(
        1.0, direction="attract", pairing=pairing
    )

    def distances(rows):
        if pairing == "partner":
            return _distances.root_mean_square(rows[::2], rows[1::2])
        matrix = _distances.all_root_mean_squares(rows, rows)
        return matrix.diagonal(1)[::2]

    with jax.default_matmul_precision(precision):
        values = jax.jit(distances)(samples)
        gradient = jax.jit(jax.grad(regularizer))(samples)
    return np.asarray(values), np.asarray(gradient)


def exact(samples: np.ndarray, pairing: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns the twins' distances and the gradient, in float64."""
    samples = samples.astype("float64")
    batch, elements = samples.shape
    pairs = {
        "partner": [(i, (i + 1) % batch) for i in range(batch)],
        "all": list(itertools.combinations(range(batch), 2)),
    }[pairing]
    one, other = np.transpose(pairs)
    differences = samples[one] - samples[other]
    distances = np.sqrt(np.mean(differences**2, axis=1))
    pulls = differences / (elements * distances[:, None] * len(pairs))
    gradient = np.zeros_like(samples)
    np.add.at(gradient, one, pulls)
    np.add.at(gradient, other, -pulls)
    differences = samples[::2] - samples[1::2]
    return np.sqrt(np.mean(differences**2, axis=1)), gradient


def rounded_to_tf32(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns what products with rounded factors make of all pairs.

    The formula is that of the library, and its gradient by hand. All but the
    factors of products is in float64.
    """
    rows = samples - samples.mean(axis=0, keepdims=True)
    batch, elements = rows.shape
    squares = np.sum(rows.astype("float64") ** 2, axis=1)
    sums = squares[:, None] + squares
    squared = sums - 2 * tf32(rows) @ tf32(rows).T
    # Nearer ones are not told apart.
    squared = np.where(squared > 2.0**-22 * sums, squared, 0)
    distances = np.sqrt(squared / elements + 1e-12)
    slopes = (squared > 0) / (2 * elements * distances)
    np.fill_diagonal(slopes, 0)
    slopes = 2 * slopes / (batch * (batch - 1))
    gradient = 2 * slopes.sum(axis=1, keepdims=True) * rows
    gradient -= 2 * tf32(slopes) @ tf32(rows)
    return distances.diagonal(1)[::2], gradient


def tf32(values: np.ndarray) -> np.ndarray:
    """Returns numbers with the 11 binary digits of TF32, as float64."""
    bits = values.astype("float32").view("uint32")
    half = np.uint32(1 << (_DROPPED - 1))
    kept = (bits + half) >> _DROPPED << _DROPPED
    return kept.view("float32").astype("float64")


def errors(
    found: tuple[np.ndarray, np.ndarray], exact: tuple[np.ndarray, np.ndarray]
) -> dict[str, float]:
    """Returns relative errors of distances, on average, and of a gradient."""
    distances, gradient = exact
    return {
        "distance": float(np.mean(np.abs(found[0] - distances) / distances)),
        "gradient": float(
            np.linalg.norm(found[1] - gradient) / np.linalg.norm(gradient)
        ),
    }


def table(results: dict[str, Any]) -> str:
    """Returns a table of each shape: errors of distance and gradient."""
    head = "| " + " | ".join(["twins apart by", *map("{:g}".format, NEARNESS)])
    lines = []
    for title, rows in results.items():
        lines += [f"\n{title}\n", f"{head} |", "|---" * 6 + "|"]
        for name, row in rows.items():
            cells = [
                f"{cell['distance']:.0e}, {cell['gradient']:.0e}"
                for cell in row.values()
            ]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    if jax.default_backend() == "cpu":
        lines.append(
            "\nOn a CPU both precisions are float32, and their rows agree."
        )
    return "\n".join(lines)


if __name__ == "__main__":
    if keras.backend.backend() != "jax":
        raise SystemExit("Expected KERAS_BACKEND=jax.")
    print(table(measure()))
