"""GANs that are compiled once, and are as new for each test.

What takes time in a test of `fit` is to trace and compile its step.
"""

from keras import ops
from seeded import start_draws_anew


class Rewound:
    """Keeps GANs by their key, and takes them back to their beginning.

    What is no variable is only taken back where it is named here: a test of
    what a file holds also needs a GAN that is really new.
    """

    def __init__(self):
        self._rewinders = {}

    def __call__(self, make, key=None):
        """Returns the GAN of this key, as it was when it was made."""
        if key not in self._rewinders:
            self._rewinders[key] = rewinder(make())
        return self._rewinders[key]()


def rewinder(gan):
    """Returns a function that takes a GAN back to what it is now."""
    variables = {
        id(v): v
        for v in (
            *gan.trained_variables,
            *gan.metrics_variables,
            *gan._position.variables,
        )
    }.values()
    values = [ops.convert_to_numpy(v.value).copy() for v in variables]

    def rewind():
        start_draws_anew()
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        gan.callback_notes.clear()
        gan.stop_training = False
        gan._position.loaded = False
        gan._position.random_states = []
        return gan

    return rewind
