"""The functions of `mirrored` for one replica, which sees the whole batch."""

import contextlib


def on_several_replicas():
    """Returns whether the current step has other replicas."""
    return False


def own_rows(draw, size):
    """Returns `draw(size)`: all rows belong to the one replica."""
    return draw(size)


def own_seed(seed):
    """Returns the seed: there is no other replica."""
    return seed


def global_size(size):
    """Returns the size of the global batch."""
    return size


def global_mean(values):
    """Returns the values: they are means over the global batch."""
    return values


def after(predicate):
    """Does nothing: no other replica can have raised."""
    return contextlib.nullcontext()


def counted_once(event):
    """Returns the event: no other replica counts it."""
    return event


def global_rows(rows):
    """Returns the rows: there are no others."""
    return rows


def synchronized(variables):
    """Does nothing: there are no copies of variables."""
    return contextlib.nullcontext()


def replica_count(model):
    """Returns 1: the step runs once."""
    return 1


def in_scope(method):
    """Returns the method: variables need no scope."""
    return method


def outside_scope(model, variables):
    """Returns no variable: there is no scope."""
    return []


def check_strategy():
    """Does nothing: there is no unsupported strategy."""


def batch_divisor():
    """Returns 1: a batch may have any number of rows."""
    return 1


def in_this_process():
    """Does nothing: there is one process, and a batch is not divided."""
    return contextlib.nullcontext()
