import os

import numpy as np
import pytest

from keras_regan._backend.tensorboard import EventWriter


@pytest.fixture
def written(tmp_path):
    """Calls a function with a writer, and reads what it wrote."""
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )

    def write(call):
        writer = EventWriter(str(tmp_path / "logs"))
        call(writer)
        events = accumulator.EventAccumulator(str(tmp_path / "logs"))
        events.Reload()  # The writer flushes, so an open file can be read.
        writer.close()
        return events

    return write


def buckets(histogram):
    """Returns `(left, right, count)` of each bucket as TensorBoard shows it."""
    return list(
        zip(
            [histogram.min, *histogram.bucket_limit[:-1]],
            histogram.bucket_limit,
            histogram.bucket,
            strict=True,
        )
    )


def test_image(written):
    events = written(
        lambda writer: writer.image(
            "samples", np.zeros((4, 5, 3), np.uint8), step=7
        )
    )
    assert events.Tags()["images"] == ["samples"]
    (image,) = events.Images("samples")
    assert (image.step, image.height, image.width) == (7, 4, 5)


def test_scalars(written):
    def write(writer):
        writer.scalar("diversity", np.float32(0.25), step=1)
        writer.scalar("diversity", float("nan"), step=2)
        writer.scalar("pressure", -3, step=2)

    events = written(write)
    assert events.Tags()["scalars"] == ["diversity", "pressure"]
    first, second = events.Scalars("diversity")
    assert (first.step, first.value) == (1, 0.25)
    assert second.step == 2 and np.isnan(second.value)
    (pressure,) = events.Scalars("pressure")
    assert (pressure.step, pressure.value) == (2, -3.0)


def test_histogram(written):
    values = np.repeat(np.arange(31.0), 2).reshape(2, 31)
    events = written(lambda writer: writer.histogram("values", values, step=4))
    assert events.Tags()["histograms"] == ["values"]
    (event,) = events.Histograms("values")
    histogram = event.histogram_value
    assert event.step == 4
    assert (histogram.min, histogram.max, histogram.num) == (0.0, 30.0, 62)
    assert histogram.sum == values.sum()
    assert histogram.sum_squares == np.square(values).sum()
    # A bucket begins with its left edge; the last one ends with its right.
    expected = [(left, left + 1.0, 2.0) for left in range(29)]
    assert buckets(histogram) == [*expected, (29.0, 30.0, 4.0)]


def test_histogram_leaves_out_what_is_not_finite(written):
    values = [np.nan, 1.0, np.inf, 2.0, -np.inf]
    events = written(lambda writer: writer.histogram("values", values, step=0))
    (event,) = events.Histograms("values")
    histogram = event.histogram_value
    assert (histogram.min, histogram.max, histogram.num) == (1.0, 2.0, 2)
    assert sum(histogram.bucket) == 2


@pytest.mark.parametrize(
    "values, total",
    [
        ([np.nan], 0),
        ([], 0),
        ([3.0, 3.0], 2),
        ([1.0, 1.0 + 2**-52], 2),
        ([-3e38, 3e38], 2),
    ],
    ids=["nan", "empty", "equal", "nearly equal", "huge"],
)
def test_histogram_of_what_has_no_width(written, values, total):
    compatible = pytest.importorskip("tensorboard.data_compat")
    convert = pytest.importorskip("tensorboard.util.tensor_util")
    summary = pytest.importorskip("tensorboard.compat.proto.summary_pb2")
    events = written(lambda writer: writer.histogram("values", values, step=0))
    (event,) = events.Histograms("values")
    value = summary.Summary.Value(
        tag="values",
        histo=summary.HistogramProto(**vars(event.histogram_value)),
    )
    # What TensorBoard makes of it: left edges, right edges, counts.
    shown = convert.make_ndarray(compatible.migrate_value(value).tensor)
    assert shown[:, 2].sum() == total
    assert np.isfinite(shown).all()


def test_a_directory_that_cannot_be_made_is_an_os_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        EventWriter(os.path.join(tmp_path, "file", "logs"))


def test_two_writers_share_a_directory(tmp_path):
    for _ in range(2):
        EventWriter(str(tmp_path)).close()
    assert len(os.listdir(tmp_path)) == 2
