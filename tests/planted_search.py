"""Searches whose best factors are known, in milliseconds a trial.

    python planted_search.py STORAGE [SECONDS_OF_AN_EPOCH [SAMPLER]]

works on such a search as one process of several, and prints the table.
"""

import gc
import json
import math
import sys
import time

import keras
import numpy as np

import keras_regan as kr

GRID = {"hard": [0.0, 1e-3, 1e-2], "soft": [0.01, 0.1, 1.0, 10.0]}
RANGE = {"soft": kr.search.LogUniform(1e-4, 100.0)}
COST = kr.search.Objective("val_cost", "min")
DATA = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
BEST = 0.1


def cost(factors, seed=0):
    """Lowest at `BEST`; every seed has its own level."""
    decades = math.log10(max(factors["soft"], 1e-5) / BEST)
    return decades**2 + factors.get("hard", 0.0) + seed


class PlantedGAN(kr.RegularizedGAN):
    """Trains nothing and logs the cost of its factors."""

    trained = []  # What each training had: factors, arguments, weights.

    def evaluate(self, x=None, y=None, **kwargs):
        return {name.removeprefix("val_"): 0.0 for name in self.logs(0)}

    def logs(self, epoch):
        value = self.cost(epoch)
        return {"d_loss": 1.0, "g_loss": 1.0, "val_cost": value}

    def cost(self, epoch):
        return cost(self.factors) + 0.1 * (self.epochs - 1 - epoch)

    epochs = 1

    def fit(self, x, y=None, *, epochs, callbacks, **kwargs):
        self.epochs = epochs
        weights = np.concatenate([w.ravel() for w in self.get_weights()])
        self.trained.append((dict(self.factors), x, kwargs, weights))
        history = keras.callbacks.History()
        callbacks = keras.callbacks.CallbackList(
            [history, *callbacks], model=self
        )
        callbacks.on_train_begin()
        self.stop_training = False
        for epoch in range(epochs):
            time.sleep(SECONDS)
            callbacks.on_epoch_end(epoch, self.logs(epoch))
            if self.stop_training:
                break
        callbacks.on_train_end()
        return history


SECONDS = 0.0


def builder(kind=PlantedGAN, fresh=False):
    """Returns a function that builds a GAN of this kind.

    Unless it is to be a fresh one, it is always the same, for speed.
    """

    def new():
        gan = kind(*kr.networks.mlp((2,), latent_dim=2, hidden=(2,)))
        gan.compile()
        return gan

    same = None if fresh else new()

    def build(factors):
        gan = new() if fresh else same
        gan.factors = {name: factors[name] for name in factors}
        return gan

    return build


def search(
    space=None, objective=COST, kind=PlantedGAN, fresh=False, **arguments
):
    """Returns a search over a space; with one seed unless told otherwise."""
    arguments = {"seeds": [0], "storage": None, **arguments}
    space = RANGE if space is None else space
    return kr.search.FactorSearch(
        builder(kind, fresh), space, objective, **arguments
    )


def fit(search, **arguments):
    """Runs a search on a little data."""
    arguments = {"validation_data": DATA[:4], "verbose": 0, **arguments}
    return search.fit(DATA, **arguments)


def main():
    global SECONDS
    storage, *rest = sys.argv[1:]
    # To collect after each trial takes longer than such a trial.
    gc.freeze()
    SECONDS = float(rest[0]) if rest else 0.0
    sampler = rest[1] if len(rest) > 1 else "grid"
    made = search(
        GRID if sampler == "grid" else RANGE, storage=storage, sampler=sampler
    )
    result = fit(made, trials=12, epochs=2)
    print(json.dumps([row for row in result.table()]))


if __name__ == "__main__":
    main()
