"""A callback that notices within an epoch that a training collapses."""

import warnings
from typing import Any
from typing import NamedTuple

import keras

from keras_regan import _validation
from keras_regan._checks import sources
from keras_regan._representation import as_call
from keras_regan.callbacks._chosen_samples import chosen
from keras_regan.callbacks._chosen_samples import samples_and_conditions
from keras_regan.callbacks._diagnosis import Diagnosis
from keras_regan.callbacks._examination import Examination
from keras_regan.callbacks._symptoms import looked_for
from keras_regan.callbacks._vital_signs import VitalSigns
from keras_regan.callbacks.alarm_actions import Action
from keras_regan.callbacks.alarm_actions import Alarm
from keras_regan.callbacks.alarm_actions import Warn

# The key of the state that is kept with the model.
_NOTES = "CollapseMonitor"


class Check(NamedTuple):
    """A check of a `CollapseMonitor`; epochs and batches count from 1."""

    epoch: int
    batch: int
    signs: VitalSigns


class CollapseMonitor(keras.callbacks.Callback):
    """Notices within an epoch that the training collapses, and acts on it.

    Losses do not show when a GAN fails: use this in every long training.
    After every `every` batches and at the end of each epoch it compares 32
    samples of the live generator, from the same latents each time, with 32
    real ones, and warns in plain words of:

    * `diversity`: nearly the same sample for all latents,
    * `ignored_latents`: in a conditional model, nearly the same sample of a
      condition for all latents, while those of different conditions differ,
    * `near_duplicates`: a few samples over and over,
    * `distance_to_real`: samples that ran away from the data,
    * `saturation`: a discriminator that is nearly always right, with logits
      where the sigmoid is flat, and diversity below half of what it was or
      should be,
    * `weight_growth`: weights of a network that explode,
    * `not_finite`: NaN or infinity in samples, logits, weights or logs.

    The monitor reports the last two at once, and the others when `patience`
    checks in a row have shown them, which is within an epoch if it has three
    checks or more. It reports each problem once, and again only after a check
    without it. A low diversity that still rises is normal when training begins
    and raises no alarm.

    Distances are those of pixels, so the monitor notices a collapse to few
    samples. It does not notice that a kind of image is missing: use the
    metrics of coverage for that. The vital signs go into the logs of each
    epoch as `diversity`, `conditional_diversity` (for conditional models),
    `near_duplicates`, `distance_to_real`, `d_separation`, `d_logit_size`,
    `g_weight_growth`, `d_weight_growth`, `g_update` and `d_update`, where
    `History` and all callbacks that come after this one see them;
    `help(monitor.checks[0].signs)` explains them.

    The monitor's state is saved with the model, and a training that is resumed
    at a later epoch continues with it. Callbacks that save the model have to
    come after this one in the list.

    `keras.callbacks.TerminateOnNaN` works too, but it only looks for NaN in
    the losses.

    Measured with the networks and garments of `examples/train_images.py`
    (`benchmarks/collapse_monitor.py`; TensorFlow, 210 batches an epoch): an
    alarm in the first epoch in 10 of 10 runs with learning rates of 1.0, in 10
    of 10 with 0.1 and in 10 of 10 with
    `PairwiseDistance(100.0, direction="attract")`, and none in 10 of 10 healthy
    runs of 20 epochs. With conditional perceptrons and a reconstruction term
    (`benchmarks/ignored_latents.py`; JAX, ten classes in the plane, 900 batches
    an epoch, and halves of garments, 300), it reported `ignored_latents` in the
    first epoch in 10 of 10 runs of each, and in 0 of 10 with `ModeSeeking`, 0
    of 10 with `PairwiseDistance` and, for the classes, 0 of 10 without
    reconstruction. The monitor takes 0.7 % of the processor time there. Use
    more patience for a large model that starts slowly, and a smaller `every`
    if an epoch has fewer than three times `every` batches.

    Args:
        real: Array of 8 real samples or more, such as the training data, or
            for a conditional model the tuple `(samples, conditions)`. A fixed
            choice of 32 is used, or 8 of each of 4 conditions if conditions
            repeat, as class labels do.
        every: Positive integer. Number of batches between checks; the end of
            each epoch is always checked. Defaults to `100`.
        action: An `Action`: `Warn()`, `StopTraining()`, `RollBack()` or your
            own. `None` means `Warn()`. Defaults to `None`.
        patience: Positive integer. How many checks in a row must show the
            same symptom. Defaults to `3`.
        least_diversity: Positive float or `None`. Alarm below this ratio of
            distances, generated to real. Defaults to `0.2`.
        least_conditional_diversity: Positive float or `None`. Alarm if
            samples of one condition are less far apart than this share of a
            healthy distance. Use `None` for conditions that determine the
            sample. Defaults to `0.4`.
        most_near_duplicates: Float in `[0, 1]` or `None`. Alarm above this
            share of generated samples that nearly equal another one. Defaults
            to `0.5`.
        most_distance: Positive float or `None`. Alarm if generated samples are
            farther from real ones, or from each other, than this multiple of
            the distance between real ones. Defaults to `5.0`.
        most_logit: Positive float or `None`. The mean absolute logit above
            which a discriminator counts as saturated. Defaults to `20.0`.
        most_weight_growth: Positive float or `None`. Alarm if the norm of a
            network's weights grows to more than this multiple within
            `patience` checks. Defaults to `10.0`. Here and above, `None`
            switches the alarm off.
        seed: Integer. Seed of the latents and of the choice of real samples.
            Defaults to `0`.

    Attributes:
        alarms: List of named tuples `(epoch, batch, kind, text)`, both counted
            from 1.
        checks: List of named tuples `(epoch, batch, signs)`, `signs` the
            vital signs.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If an argument is out of its range; when training begins,
            if `real` does not fit the model, or if `action` cannot work with
            it.

    Example:
    >>> samples = np.random.default_rng(0).normal(size=(640, 2))
    >>> gan = keras_regan.RegularizedGAN(*keras_regan.networks.mlp(
    ...     (2,), latent_dim=4, output_activation=None), seed=0)
    >>> gan.compile()
    >>> monitor = keras_regan.callbacks.CollapseMonitor(
    ...     samples, every=10, action=keras_regan.callbacks.RollBack())
    >>> history = gan.fit(samples, verbose=0, callbacks=[monitor])
    >>> monitor.alarms
    []
    """

    __repr__ = as_call

    def __init__(
        self,
        real: Any,
        *,
        every: int = 100,
        action: Action | None = None,
        patience: int = 3,
        least_diversity: float | None = 0.2,
        least_conditional_diversity: float | None = 0.4,
        most_near_duplicates: float | None = 0.5,
        most_distance: float | None = 5.0,
        most_logit: float | None = 20.0,
        most_weight_growth: float | None = 10.0,
        seed: int = 0,
    ):
        super().__init__()
        self.seed = _validation.random_seed(seed)
        self.every = _validation.positive_integer(every, "every")
        self.patience = _validation.positive_integer(patience, "patience")
        self.action = Warn() if action is None else action
        if not isinstance(self.action, Action):
            raise TypeError(
                _validation.message("action", "an `Action` or None", action)
            )
        self._real, self._conditions = chosen(
            *samples_and_conditions(real), self.seed
        )
        self._examination = Examination(self._real, self._conditions, self.seed)
        self._diagnosis = Diagnosis(
            looked_for(
                least_diversity,
                least_conditional_diversity,
                most_near_duplicates,
                most_distance,
                most_logit,
                most_weight_growth,
            ),
            self.patience,
        )
        self.alarms: list[Alarm] = []
        self.checks: list[Check] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Draws the latents and checks that the data fits the model."""
        model = self.model
        if self._conditions is not None and not model._uses_conditions:
            self._conditions = None
            self._examination = Examination(self._real, None, self.seed)
        self._check_real(model)
        self._examination.begin(model)
        self.alarms = []
        self.checks = []
        self._has_begun = False

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Records the start, after a backup has been restored."""
        self._epoch = epoch + 1
        self._batch = 0
        self._checked_batch = 0
        if not self._has_begun:
            self._has_begun = True
            model = self.model
            self._start_over(model)
            self.action.begin(model, self.patience)
            if epoch > 0:
                self._recall(model.callback_notes.get(_NOTES))

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Checks the model every `every` batches."""
        before, self._batch = self._batch, batch + 1
        if before // self.every < self._batch // self.every:
            self._check(logs or {})

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Checks the model and adds the vital signs to the logs."""
        if self._checked_batch < self._batch:
            self._check(logs or {})
        if logs is not None and self.checks:
            for key, value in self.checks[-1].signs.logs().items():
                logs.setdefault(key, value)

    def _check_real(self, model: keras.Model) -> None:
        try:
            sources.check_source(
                self._real,
                self._conditions,
                model.sample_shape,
                model._interface.conditions,
            )
            if self._conditions is not None:
                model._interface.conditions.check_numbering(self._conditions)
        except ValueError as error:
            raise ValueError(
                "Invalid value for argument `real` of `CollapseMonitor`. "
                f"Expected samples like those of `fit`. {error}"
            ) from None

    def _start_over(self, model: keras.Model) -> None:
        self._diagnosis.forget()
        self._examination.start_over(model)

    def _recall(self, notes: dict[str, Any] | None) -> None:
        """Restores the state of an interrupted training."""
        if notes is None or notes["patience"] != self.patience:
            return
        self._diagnosis.recall(notes["diagnosis"])
        self.action.recall(notes["action"])
        self._examination.start_from(notes["norms"])

    def _take_notes(self, model: keras.Model) -> None:
        model.callback_notes[_NOTES] = {
            "patience": self.patience,
            "diagnosis": self._diagnosis.notes(),
            "action": self.action.notes(),
            "norms": self._examination.norms,
        }

    def _check(self, logs: dict[str, Any]) -> None:
        model = self.model
        steps = self._batch - self._checked_batch
        signs = self._examination.signs(model, logs, steps)
        self._checked_batch = self._batch
        self.checks.append(Check(self._epoch, self._batch, signs))
        alarms = [
            Alarm(self._epoch, self._batch, *finding)
            for finding in self._diagnosis.check(signs)
        ]
        if alarms:
            self._raise_alarm(model, alarms)
        else:
            self.action.after_check(model, self._diagnosis.healthy)
        self._take_notes(model)

    def _raise_alarm(self, model: keras.Model, alarms: list[Alarm]) -> None:
        self.alarms.extend(alarms)
        done = self.action.act(model, alarms)
        if self.action.starts_over:
            self._start_over(model)
        told = [alarm.text for alarm in alarms]
        warnings.warn(
            f"Epoch {self._epoch}, batch {self._batch}: "
            f"{' '.join([*told, done])}",
            stacklevel=2,
        )
