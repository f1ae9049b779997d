import numpy as np
import pytest

from keras_regan.callbacks._nearest import nearest


def brute_force(queries, references, count):
    differences = queries[:, None].astype("float64") - references[None]
    distances = np.square(differences).sum(axis=-1)
    return np.argsort(distances, axis=1, kind="stable")[:, :count]


def data(queries=7, references=100, size=5, seed=0):
    random = np.random.default_rng(seed)
    return (
        random.normal(size=(queries, size)).astype("float32"),
        random.normal(size=(references, size)).astype("float32"),
    )


@pytest.mark.parametrize("rows_at_once", [1, 7, 100, 1000])
@pytest.mark.parametrize("count", [1, 3, 100])
def test_nearest_is_what_brute_force_finds(rows_at_once, count):
    queries, references = data()
    found = nearest(
        queries, references.__getitem__, 100, count, rows_at_once=rows_at_once
    )
    np.testing.assert_array_equal(
        found, brute_force(queries, references, count)
    )


def test_nearest_finds_itself_first_and_ties_in_their_order():
    _, references = data()
    references[[20, 40, 60]] = references[3]
    found = nearest(references[[3, 9]], references.__getitem__, 100, 4)
    np.testing.assert_array_equal(found[0], [3, 20, 40, 60])
    assert found[1, 0] == 9


def test_nearest_tells_near_copies_apart_far_from_the_origin():
    # The product of matrices alone gets their order wrong here.
    random = np.random.default_rng(1)
    base = random.normal(size=(1, 50))
    steps = np.linspace(0.01, 0.02, 12)[:, None]
    copies = 200.0 + base + steps * random.normal(size=(1, 50))
    others = 200.0 + 5.0 * random.normal(size=(30, 50))
    references = np.concatenate([others, copies[::-1]]).astype("float32")
    queries = (200.0 + base).astype("float32")
    found = nearest(queries, references.__getitem__, 42, 5, rows_at_once=9)
    np.testing.assert_array_equal(found[0], [41, 40, 39, 38, 37])


def test_nearest_reads_all_rows_once_and_few_at_a_time():
    queries, references = data()
    chunks, others = [], []

    def read(rows):
        (chunks if isinstance(rows, slice) else others).append(rows)
        return references[rows]

    nearest(queries, read, 100, 2, rows_at_once=30)
    assert chunks == [slice(a, min(a + 30, 100)) for a in (0, 30, 60, 90)]
    assert [len(rows) for rows in others] == [8] * 7
