"""Pictures of the trials of a search and of the GANs that they trained."""

import math
from typing import Any

import numpy as np

from keras_regan.callbacks._beside_rows import condition_columns
from keras_regan.callbacks._beside_rows import truth_column
from keras_regan.callbacks._condition_rows import condition_count
from keras_regan.callbacks._condition_rows import conditions_of_model
from keras_regan.callbacks._generated_images import channels_last
from keras_regan.callbacks._generated_images import usual_range
from keras_regan.callbacks._image_grid import image_grid
from keras_regan.callbacks._image_grid import in_a_row
from keras_regan.callbacks._image_grid import side_by_side
from keras_regan.callbacks._image_grid import to_uint8
from keras_regan.callbacks._picture_files import write_picture
from keras_regan.figures._search_panels import Points
from keras_regan.figures._search_panels import draw_factors
from keras_regan.figures._search_panels import draw_front
from keras_regan.models import RegularizedGAN
from keras_regan.search.objective import Objective
from keras_regan.search.trial_record import TrialRecord


def draw_by_factor(
    path: str,
    trials: list[TrialRecord],
    best: TrialRecord,
    baseline: TrialRecord | None,
    objective: Objective,
) -> None:
    """Draws the first objective against each factor, with error bars."""
    means, errors = _means_and_errors(trials, 0)
    exact = [math.nan] * len(trials)
    draw_factors(
        path,
        {
            name: Points(
                [trial.factors[name] for trial in trials], means, exact, errors
            )
            for name in best.factors
        },
        trials.index(best),
        baseline and (baseline.mean(), baseline.standard_error()),
        objective.name,
    )


def draw_by_objectives(
    path: str,
    trials: list[TrialRecord],
    front: list[TrialRecord],
    baseline: TrialRecord | None,
    objectives: tuple[Objective, ...],
) -> None:
    """Draws the second objective against the first, with error bars."""
    first, first_errors = _means_and_errors(trials, 0)
    second, second_errors = _means_and_errors(trials, 1)
    draw_front(
        path,
        Points(first, second, first_errors, second_errors),
        [trials.index(trial) for trial in front],
        None if baseline is None else trials.index(baseline),
        (objectives[0].name, objectives[1].name),
    )


def draw_samples(
    path: str,
    left: RegularizedGAN,
    right: RegularizedGAN,
    count: int,
    seed: int,
) -> None:
    """Draws images of two GANs side by side, from the same latents."""
    images = [
        channels_last(np.asarray(gan.generate(count, seed=seed)))
        for gan in (left, right)
    ]
    shown = _values_of(images)
    grids = [image_grid(to_uint8(part, shown)) for part in images]
    write_picture(path, side_by_side(*grids))


def draw_answers(
    path: str,
    left: RegularizedGAN,
    right: RegularizedGAN,
    count: int,
    seed: int,
    conditions: Any,
    real: Any,
) -> None:
    """Draws a row for each condition: condition, real and generated images.

    Args:
        path: The path of the picture.
        left: Conditional GAN.
        right: Conditional GAN, drawn to the right of the other.
        count: Images of each, at least as many as there are conditions.
        seed: The seed of the latents, the same for both.
        conditions: The conditions of the rows.
        real: The real samples of the conditions, or `None`.
    """
    told = conditions_of_model(conditions, left)
    each = count // condition_count(conditions)
    images = [
        channels_last(
            np.concatenate(
                gan.generate(
                    conditions=conditions,
                    samples_per_condition=each,
                    seed=seed,
                )
            )
        )
        for gan in (left, right)
    ]
    shown = _values_of(images if real is None else [*images, real])
    columns = []
    wanted = left._interface.conditions
    if wanted is not None and told is not None:
        columns = condition_columns(wanted.each, told, images[0].shape[1])
    if real is not None:
        columns.append(truth_column(real, images[0].shape[1:], shown))
    pictures = [
        *(image_grid(column, columns=1) for column in columns),
        *(image_grid(to_uint8(part, shown), columns=each) for part in images),
    ]
    write_picture(path, in_a_row(pictures))


def _values_of(images: list[np.ndarray]) -> tuple[float, float]:
    """Returns the values of black and white."""
    return usual_range(
        min(float(part.min()) for part in images),
        max(float(part.max()) for part in images),
    )


def _means_and_errors(
    trials: list[TrialRecord], objective: int
) -> tuple[list[float], list[float]]:
    return (
        [trial.mean(objective) for trial in trials],
        [trial.standard_error(objective) for trial in trials],
    )
