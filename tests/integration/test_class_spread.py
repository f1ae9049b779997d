"""Pairs of one condition keep the spread within classes, as is claimed."""

import class_spread
import pytest


@pytest.mark.thorough
@pytest.mark.parametrize("each", [1, 2])
@pytest.mark.parametrize("setting", class_spread.SETTINGS)
def test_spread_within_a_class(setting, each):
    found = class_spread.train(setting, each, seed=0, steps=600)
    if setting in ("none", "ModeSeeking, other classes"):
        assert found["spread"] < 0.12
    else:
        assert found["spread"] > 0.22
