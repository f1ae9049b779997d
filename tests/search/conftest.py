import gc

import planted_search as planted
import pytest


@pytest.fixture
def trained(monkeypatch):
    """What was trained in this test, while nobody collects garbage."""
    # Takes longer than such a trial.
    monkeypatch.setattr(gc, "collect", lambda *arguments: 0)
    planted.PlantedGAN.trained.clear()
    return planted.PlantedGAN.trained
