"""Objects are printed as the call that makes them."""

import re

import keras
import numpy as np
import pytest
from contracts import tables

import keras_regan as kr

pytestmark = pytest.mark.host


def known_names():
    names = dict(vars(tables))
    for module in (
        keras.optimizers.schedules,
        kr.augmentations,
        kr.constraints,
        kr.datasets,
        kr.losses,
        kr.metrics,
        kr.penalties,
        kr.regularizers,
    ):
        names |= vars(module)
    return names


def printed_by_keras(instance):
    return isinstance(instance, keras.Layer | keras.metrics.Metric)


def test_what_is_printed_makes_the_same_object():
    names = known_names()
    made_again = 0
    for key, make in {**tables.serialized(), **tables.CONFIGURED}.items():
        instance = make()
        if printed_by_keras(instance):
            continue
        text = repr(instance)
        assert text.startswith(f"{type(instance).__name__}("), key
        assert " at 0x" not in text, text
        assert len(text) < 400, text
        if not re.search(r"<|\.\.\.", text):
            copy = eval(text, names)
            assert copy.get_config() == instance.get_config(), text
            made_again += 1
    assert made_again > 50


class Own(kr.penalties.Penalty):
    """Its constructor forgets that of the base class."""

    def __init__(self, weight, function):
        self.weight = weight


def double(factor):
    return 2 * factor


@pytest.mark.parametrize(
    "make, text",
    [
        (kr.penalties.R1, "R1(factor=10.0, interval=1)"),
        (
            lambda: kr.penalties.R1(1.0, name="first"),
            "R1(factor=1.0, interval=1, name='first')",
        ),
        (kr.regularizers.L1L2, "L1L2(l1=0.0, l2=0.0)"),
        (
            lambda: kr.penalties.Scheduled(tables.Size(0.5), name="a"),
            "Scheduled(regularizer=Size(factor=0.5), factor=1.0, name='a', "
            "interval=1)",
        ),
        (lambda: kr.losses.TopK(kr.losses.Hinge()), "TopK(loss=Hinge(), "),
        (lambda: Own(2.0, double), "Own(weight=2.0, ...)"),
        (
            lambda: kr.callbacks.CollapseMonitor(np.eye(8)),
            "CollapseMonitor(every=100, action=Warn(), patience=3, seed=0, ...",
        ),
        (
            lambda: kr.callbacks.NearestReal(np.eye(8)),
            "NearestReal(real=<array of shape (8, 8)>, count=8, ",
        ),
        (
            lambda: kr.callbacks.AdaptiveFactor("soft", 0.1, double),
            "AdaptiveFactor(name='soft', target=0.1, measure=double, ",
        ),
        (
            lambda: kr.search.FactorSearch(
                double,
                {"soft": kr.search.LogUniform(0.1, 1.0)},
                kr.search.Objective("val_kd", "min"),
                seeds=range(9),
            ),
            "FactorSearch(build=double, space={'soft': LogUniform(0.1, 1.0)}, ",
        ),
    ],
)
def test_text(make, text):
    assert repr(make()).startswith(text)
