"""Adam whose average of squares grows longer during training."""

from typing import Any

import keras

from keras_regan._registration import register
from keras_regan._typing import Schedule
from keras_regan._typing import Tensor


@register
class ScheduledAdam(keras.optimizers.Adam):
    """Adam with a schedule for `beta_2`.

    The update is Keras's, which reads `beta_2` in every step and so gets its
    value at the optimizer's current `iterations`.

    Args:
        learning_rate: Float or schedule. As in `keras.optimizers.Adam`.
        beta_1: Float. As in `keras.optimizers.Adam`.
        beta_2: `LearningRateSchedule` of numbers in `[0, 1)`.
        **kwargs: As in `keras.optimizers.Adam`.
    """

    def __init__(
        self,
        learning_rate: float | Schedule,
        beta_1: float,
        beta_2: Schedule,
        **kwargs: Any,
    ):
        if isinstance(beta_2, dict):
            beta_2 = keras.saving.deserialize_keras_object(beta_2)
        super().__init__(learning_rate, beta_1, beta_2, **kwargs)

    @property
    def beta_2(self) -> Tensor:
        """The decay of the average of squares in the next update."""
        return self._beta_2_schedule(self.iterations)

    @beta_2.setter
    def beta_2(self, schedule: Schedule) -> None:
        self._beta_2_schedule = schedule

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        beta_2 = keras.saving.serialize_keras_object(self._beta_2_schedule)
        return {**super().get_config(), "beta_2": beta_2}
