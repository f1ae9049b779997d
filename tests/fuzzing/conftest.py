import random

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Chooses the seed of drawn cases, before hypothesis reads it."""
    if config.getoption("hypothesis_seed") is None:
        of_all_workers = getattr(config, "workerinput", {}).get("seed_of_cases")
        config.option.hypothesis_seed = of_all_workers or str(
            random.randrange(10**6)
        )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Hands the seed on to a worker of xdist."""
    node.workerinput["seed_of_cases"] = node.config.option.hypothesis_seed


def pytest_report_header(config):
    return f"fuzzing: --hypothesis-seed={config.getoption('hypothesis_seed')}"
