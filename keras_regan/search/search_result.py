"""The result of a search."""

import csv
import functools
import io
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from keras_regan._files import path_string
from keras_regan._files import write_whole
from keras_regan._representation import as_call
from keras_regan._typing import PathLike
from keras_regan._validation import random_seed
from keras_regan.callbacks._beside_rows import checked_truth
from keras_regan.callbacks._condition_rows import at_least_one_each
from keras_regan.callbacks._condition_rows import checked_conditions
from keras_regan.callbacks._condition_rows import condition_count
from keras_regan.callbacks._condition_rows import rows_of
from keras_regan.figures._canvas import png_path
from keras_regan.models import RegularizedGAN
from keras_regan.search._pictures import draw_answers
from keras_regan.search._pictures import draw_by_factor
from keras_regan.search._pictures import draw_by_objectives
from keras_regan.search._pictures import draw_samples
from keras_regan.search._recommendation import recommendation
from keras_regan.search.objective import Objective
from keras_regan.search.selection import Rule
from keras_regan.search.trial_record import TrialRecord

if TYPE_CHECKING:
    import pandas


class SearchResult:
    """The trials of a search, the best of them, tables and figures.

    `FactorSearch.fit` returns it.

    Args:
        objectives: The objectives of the search.
        trials: All trials, in order; the baseline has the number 0.
        train: Function that takes factors and a seed, or `None` for the first
            seed, and returns a GAN trained with them on all training data.

    Example:
    >>> search = keras_regan.search
    >>> trials = [
    ...     search.TrialRecord(n, {"soft": soft}, "complete", values, None, 1.0)
    ...     for n, soft, values in [
    ...         (0, 0.0, [(0.5,), (0.7,)]), (1, 0.1, [(0.2,), (0.3,)])]]
    >>> result = search.SearchResult(
    ...     (search.Objective("val_kd", "min"),), trials, train=None)
    >>> result.best_factors
    {'soft': 0.1}
    >>> print(result.summary())
    Use soft = 0.1: val_kd 0.25 +- 0.05 (2 trainings, 2 of 2 trials complete),
    against 0.6 +- 0.1 without regularization: better by 0.35 +- 0.05, which
    chance alone may give.
    """

    __repr__ = as_call

    def __init__(
        self,
        objectives: tuple[Objective, ...],
        trials: list[TrialRecord],
        train: Callable[[dict[str, float], int | None], RegularizedGAN],
    ):
        self.objectives = objectives
        self.trials = trials
        self._train = train

    @property
    def baseline(self) -> TrialRecord | None:
        """The trial in which all factors are zero, if it is complete."""
        for trial in self.trials:
            if trial.number == 0 and trial.state == "complete":
                return trial
        return None

    @property
    def front(self) -> list[TrialRecord]:
        """The Pareto front: complete trials that no other trial beats.

        With a single objective these are its best trials. The baseline is
        among them if it is as good.
        """
        complete = self._complete()
        costs = np.array([self._costs(trial) for trial in complete])
        return [
            trial
            for trial, cost in zip(complete, costs, strict=True)
            if not np.any(
                np.all(costs <= cost, axis=1) & np.any(costs < cost, axis=1)
            )
        ]

    def best(self, rule: Rule | None = None) -> TrialRecord:
        """Returns the winning trial, which may be the baseline.

        Args:
            rule: `None` for the best mean, or
                `keras_regan.search.OneStandardError()`, or a function like it.

        Raises:
            RuntimeError: If no trial is complete.
            ValueError: If there are several objectives: choose from `front`.
        """
        if len(self.objectives) > 1:
            raise ValueError(
                "With several objectives there is no single best trial. "
                "Choose one of `front`."
            )
        complete, sign = self._complete(), self.objectives[0].sign
        if rule is not None:
            return rule(complete, sign)
        return min(complete, key=lambda trial: sign * trial.mean())

    @property
    def best_factors(self) -> dict[str, float]:
        """The factors with the best mean."""
        return dict(self.best().factors)

    @functools.cached_property
    def best_model(self) -> RegularizedGAN:
        """A GAN with the best factors, trained on first access."""
        return self.refit()

    def refit(
        self, trial: TrialRecord | None = None, seed: int | None = None
    ) -> RegularizedGAN:
        """Trains a GAN with the factors of a trial.

        With validation data and a seed of the search, this repeats a training
        of the trial. With folds, it trains on all samples.

        Args:
            trial: One of the trials. `None` means the best one.
            seed: Integer or `None`. A new seed gives a fair estimate of the
                factors, which were chosen with the seeds of the search.
                `None` means the first seed of the search.
        """
        trial = self.best() if trial is None else trial
        if seed is not None:
            seed = random_seed(seed)
        return self._train(dict(trial.factors), seed)

    def table(self) -> list[dict[str, Any]]:
        """Returns a row for each trial: factors, means, errors, reasons."""
        return [self._row(trial) for trial in self.trials]

    def to_csv(self, path: PathLike) -> None:
        """Writes the table.

        Args:
            path: String or path. The file to write.

        Raises:
            OSError: If the file cannot be written.
        """
        text = io.StringIO()
        rows = self.table()
        writer = csv.DictWriter(text, list(rows[0]) if rows else ["trial"])
        writer.writeheader()
        writer.writerows(rows)
        content = text.getvalue().encode()
        write_whole(path_string(path, "path"), lambda file: file.write(content))

    def to_pandas(self) -> "pandas.DataFrame":
        """Returns the table as a `pandas.DataFrame`.

        Raises:
            ImportError: If pandas is not installed.
        """
        import pandas

        return pandas.DataFrame(self.table())

    def summary(self, rule: Rule | None = None) -> str:
        """Returns the best factors, their score and their gain in words.

        The gain is the mean difference to the baseline over the same seeds
        and folds, with its standard error. Chance is ruled out if zero lies
        outside the 95 % interval of Student's t, which is wide for few
        trainings. The best of many trials is partly lucky: trained again with
        other seeds, it gains less on average.

        Args:
            rule: As in `best`.
        """
        return recommendation(
            self.trials, self.best(rule), self.baseline, self.objectives[0]
        )

    def draw_factors(self, path: PathLike, rule: Rule | None = None) -> None:
        """Draws the objective against each factor, with error bars.

        Needs matplotlib: `pip install "keras_regan[figures]"`.

        Args:
            path: Path of the picture; ends in `.png`.
            rule: As in `best`.

        Raises:
            ImportError: If matplotlib is not installed.
        """
        path, best = png_path(path), self.best(rule)
        trials = [t for t in self._complete() if t.number or t is best]
        draw_by_factor(path, trials, best, self.baseline, self.objectives[0])

    def draw_front(self, path: PathLike) -> None:
        """Draws the second objective against the first.

        Needs matplotlib: `pip install "keras_regan[figures]"`.

        Args:
            path: Path of the picture; ends in `.png`.

        Raises:
            ImportError: If matplotlib is not installed.
            ValueError: If there is only one objective.
        """
        path = png_path(path)
        if len(self.objectives) < 2:
            raise ValueError(
                "`draw_front` needs a search with two objectives or more."
            )
        draw_by_objectives(
            path, self._complete(), self.front, self.baseline, self.objectives
        )

    def draw_grids(
        self,
        path: PathLike,
        rule: Rule | None = None,
        count: int = 64,
        seed: int = 0,
        *,
        conditions: Any = None,
        real: Any = None,
    ) -> None:
        """Draws images without regularization beside the best ones.

        Both come from the same latents, and from GANs that this method trains
        with the first seed. For conditional GANs each condition gets a row,
        which begins with the condition, if it is an image, and the real sample.

        Args:
            path: Path of the picture; ends in `.png`.
            rule: As in `best`.
            count: Positive integer. Images of each GAN. With `conditions`,
                each row gets `count // rows`. Defaults to `64`.
            seed: Integer. The seed of the latents. Defaults to `0`.
            conditions: The condition of each row, or `None`, as in
                `keras_regan.callbacks.SampleGrid`. Use held-out conditions to
                see how good a GAN is. Required for conditional GANs, and only
                for them. Defaults to `None`.
            real: Array of the real samples of `conditions`, or `None`.
                Defaults to `None`.

        Raises:
            TypeError: If conditions or real samples are not numbers.
            ValueError: If the samples are not images, or if `conditions` do
                not fit the GANs or differ in number from `real`.
        """
        path = png_path(path)
        if conditions is not None:
            conditions = checked_conditions(conditions)
            at_least_one_each(count, "count", condition_count(conditions))
        if real is not None:
            real = checked_truth(real, rows_of("real", real, conditions))
        factors = dict(self.best(rule).factors)
        best = self.best_model if rule is None else self._train(factors, None)
        nothing = dict.fromkeys(factors, 0.0)
        plain = best if factors == nothing else self._train(nothing, None)
        if conditions is None:
            draw_samples(path, plain, best, count, seed)
        else:
            draw_answers(path, plain, best, count, seed, conditions, real)

    def _complete(self) -> list[TrialRecord]:
        complete = [t for t in self.trials if t.state == "complete"]
        if not complete:
            reasons = [
                f"trial {t.number}: {t.failure}"
                for t in self.trials
                if t.failure is not None
            ]
            raise RuntimeError(
                "No trial is complete. " + ("; ".join(reasons[:5]) or "")
            )
        return complete

    def _costs(self, trial: TrialRecord) -> list[float]:
        return [
            objective.sign * trial.mean(index)
            for index, objective in enumerate(self.objectives)
        ]

    def _row(self, trial: TrialRecord) -> dict[str, Any]:
        row = {"trial": trial.number, "state": trial.state, **trial.factors}
        for index, objective in enumerate(self.objectives):
            row[objective.name] = trial.mean(index)
            row[f"{objective.name}_error"] = trial.standard_error(index)
        row["trainings"] = len(trial.values)
        row["seconds"] = trial.seconds
        row["failure"] = trial.failure or ""
        return row
