import builtins
import os
import sys

import numpy as np
import pytest
from PIL import Image

from keras_regan.figures import learning_curves
from keras_regan.figures._curves import read_curves
from keras_regan.figures._families import families
from keras_regan.figures._panels import draw_panel

matplotlib = pytest.importorskip("matplotlib")
pytestmark = pytest.mark.host
NAN = float("nan")


@pytest.fixture
def panel():
    """Draws the first panel of some logs, and returns its axes."""
    from matplotlib.figure import Figure

    def draw(**logs):
        figure = Figure()
        axes = figure.add_subplot()
        draw_panel(axes, families(read_curves(logs))[0])
        figure.canvas.draw()
        return axes

    return draw


def lines(axes):
    return {line.get_label().strip(): line for line in axes.lines}


def pixels(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.array(image.convert("RGB")).astype(int)


# Panels


def test_a_panel_shows_the_values(panel):
    drawn = lines(panel(d_loss=[1.0, 2.0], val_d_loss=[3.0, NAN]))
    np.testing.assert_array_equal(
        drawn["d_loss"].get_xydata(), [[1, 1], [2, 2]]
    )
    np.testing.assert_array_equal(
        drawn["val_d_loss"].get_ydata(), [3.0, np.nan]
    )
    marks = drawn["NaN or infinite"]
    assert marks.get_xdata() == [2]


def test_validation_is_dashed_in_the_colour_of_training(panel):
    drawn = lines(
        panel(
            d_loss=[1, 2], g_loss=[2, 3], val_d_loss=[3, 4], val_g_loss=[4, 5]
        )
    )
    for key in ("d_loss", "g_loss"):
        assert drawn[key].get_linestyle() == "-"
        assert drawn[f"val_{key}"].get_linestyle() == "--"
        assert drawn[key].get_color() == drawn[f"val_{key}"].get_color()
    assert drawn["d_loss"].get_color() != drawn["g_loss"].get_color()
    alone = lines(panel(val_fd_a=[1, 2]))
    assert alone["val_fd_a"].get_linestyle() == "-"


def test_equal_curves_can_both_be_seen(panel):
    drawn = lines(panel(fd_a=[1.0, 2.0], fd_b=[1.0, 2.01]))
    assert drawn["fd_a"].get_linestyle() == "-"
    assert drawn["fd_b"].get_linestyle() != "-"


def test_all_styles_of_a_panel_differ(panel):
    drawn = lines(panel(**{f"fd_{i}": [1.0 + i, 2.0] for i in range(14)}))
    styles = {
        (line.get_color(), str(line._dash_pattern)) for line in drawn.values()
    }
    assert len(styles) == 14


@pytest.mark.parametrize(
    "values, scale",
    [
        ([1.0, 99.0], "linear"),
        ([1.0, 101.0], "log"),
        ([0.0, 1.0, 101.0], "log"),
        ([-1.0, 1.0, 50.0], "linear"),
        ([-1.0, 1.0, 1.0, 200.0], "symlog"),
        ([0.0, 0.0], "linear"),
        ([NAN, NAN], "linear"),
        ([1.0, NAN, float("inf")], "linear"),
    ],
)
def test_the_scale_follows_the_values(panel, values, scale):
    assert panel(d_loss=values).get_yscale() == scale


def test_a_panel_without_numbers_has_no_ticks(panel):
    assert panel(d_loss=[NAN, NAN]).get_yticks().size == 0


def test_ticks_have_no_common_factor(panel):
    axes = panel(learning_rate_a=[1e-4, 2e-4], learning_rate_b=[1e-4, 3e-4])
    axes.figure.canvas.draw()
    assert axes.yaxis.get_offset_text().get_text() == ""
    texts = [label.get_text() for label in axes.get_yticklabels()]
    assert "0.0002" in texts


def test_the_legend_shows_odd_names(panel):
    axes = panel(**{"fd_$a$": [1.0], "fd_b": [2.0]})
    texts = axes.get_legend().get_texts()
    assert [text.get_text().strip() for text in texts] == ["fd_$a$", "fd_b"]
    assert not any(text.get_parse_math() for text in texts)
    (text,) = panel(_hidden=[1.0]).get_legend().get_texts()
    assert text.get_text().strip() == "_hidden"


def test_a_standard_error_is_a_band(panel):
    axes = panel(kd_a=[1.0, 2.0], kd_standard_error_a=[0.1, 0.2])
    (band,) = axes.collections
    bounds = band.get_datalim(axes.transData)
    np.testing.assert_allclose([bounds.y0, bounds.y1], [0.9, 2.2])
    assert list(lines(axes)) == ["kd_a"]


# The picture


@pytest.mark.parametrize("middle", [2, 5])
def test_thumbnails_are_below_their_epochs(tmp_path, middle):
    colours = {1: (255, 0, 0), middle: (0, 255, 0), 9: (0, 0, 255)}
    for epoch, colour in colours.items():
        Image.new("RGB", (20, 20), colour).save(
            tmp_path / f"epoch_{epoch:04d}.png"
        )
    path = learning_curves(
        {"d_loss": [1.0] * 9}, tmp_path / "curves.png", grids=tmp_path
    )
    picture = pixels(path)
    boxes = []
    for colour in colours.values():
        rows, columns = np.nonzero((picture == colour).all(axis=-1))
        boxes.append((columns.min(), columns.max(), rows.min(), rows.max()))
        assert rows.max() - rows.min() > 150
    assert boxes[0][1] < boxes[1][0] and boxes[1][1] < boxes[2][0]
    assert len({box[2:] for box in boxes}) == 1
    widths = [box[1] - box[0] for box in boxes]
    assert max(widths) - min(widths) <= 2  # None covers another.
    first, second, third = [(box[0] + box[1]) / 2 for box in boxes]
    if middle == 5:
        assert second == pytest.approx((first + third) / 2, abs=2)


@pytest.mark.parametrize(
    "logs",
    [
        {"d_loss": [1.0], "g_loss": [2.0], "d_r1": [0.5], "fd": [3.0]},
        {"d_loss": [NAN] * 3, "d_r1": [NAN] * 3, "fd": [NAN] * 3},
        {"d_loss": [float("inf"), -float("inf")]},
        {"d_loss": [0.0, 0.0]},
        {"d_loss": [3.4e38, 1e-38, 1.0]},
        {f"key_{i}": [10.0 ** (i % 9)] * 4 for i in range(40)},
        {"d_loss": list(range(5000))},
        {"a" * 90: [1.0]},
    ],
    ids=["one", "nan", "infinite", "zero", "huge", "forty", "long", "name"],
)
def test_learning_curves_of_anything(tmp_path, logs):
    (tmp_path / "grids").mkdir()
    Image.new("L", (10, 10)).save(tmp_path / "grids" / "epoch_0000.png")
    for grids in (None, tmp_path / "grids"):
        learning_curves(logs, tmp_path / "curves.png", grids=grids)
        assert pixels(tmp_path / "curves.png").min() < 100


def test_no_text_overlaps_another(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    kept = []
    save = Figure.savefig

    def keep(self, *arguments, **options):
        kept.append(self)
        save(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    for epoch in range(30):
        Image.new("L", (10, 10)).save(tmp_path / f"epoch_{epoch:04d}.png")
    random = np.random.default_rng(0)
    logs = {
        f"{name}_{i}": list(10 ** random.uniform(-3, 3, size=24))
        for name in ("fd", "kd", "precision", "other")
        for i in range(10)
    }
    logs["d_loss"] = list(random.normal(size=24) * 1e4)
    path = tmp_path / "curves.png"
    learning_curves(logs, path, grids=tmp_path, title="A long $title$")
    (figure,) = kept
    renderer = figure.canvas.get_renderer()
    boxes = []
    for axes in figure.axes:
        texts = [axes.title, axes._left_title, *axes.texts]
        if axes.axison:
            texts += axes.get_xticklabels() + axes.get_yticklabels()
            texts += axes.get_legend().get_texts()
        boxes += [
            (text.get_text(), text.get_window_extent(renderer))
            for text in texts
            if text.get_text() and text.get_visible()
        ]
    boxes += [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.texts
    ]
    assert len(boxes) > 60
    for index, (first, box) in enumerate(boxes):
        for second, other in boxes[index + 1 :]:
            width = min(box.x1, other.x1) - max(box.x0, other.x0)
            height = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert width < 1 or height < 2, (first, second)


def test_learning_curves_leave_matplotlib_alone(tmp_path):
    before = dict(matplotlib.rcParams)
    figure = sys.modules.get("matplotlib.pyplot")
    learning_curves({"d_loss": [1.0]}, tmp_path / "curves.png")
    assert dict(matplotlib.rcParams) == before
    assert sys.modules.get("matplotlib.pyplot") is figure


# Files


def test_learning_curves_replace_only_with_whole_files(tmp_path, monkeypatch):
    path = tmp_path / "curves.png"
    learning_curves({"d_loss": [1.0]}, path)
    before = path.read_bytes()

    def fail_halfway(self, file, **options):
        file.write(b"half a picture")
        raise OSError(28, "No space left on device")

    from matplotlib.figure import Figure

    monkeypatch.setattr(Figure, "savefig", fail_halfway)
    with pytest.raises(OSError):
        learning_curves({"d_loss": [2.0]}, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["curves.png"]


def test_a_path_without_a_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert learning_curves({"d_loss": [1.0]}, "curves.png") == "curves.png"
    assert os.listdir(tmp_path) == ["curves.png"]


def test_learning_curves_say_how_to_install_matplotlib(tmp_path, monkeypatch):
    imported = builtins.__import__

    def without(name, *arguments, **options):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return imported(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r'pip install "keras_regan\[figures'):
        learning_curves({"d_loss": [1.0]}, tmp_path / "curves.png")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"history": 3}, TypeError, "history"),
        ({"history": {}}, ValueError, "history"),
        ({"path": 3}, TypeError, "path"),
        ({"path": "curves.pdf"}, ValueError, "path"),
        ({"grids": 3}, TypeError, "grids"),
        ({"grids": "nowhere"}, ValueError, "grids"),
        ({"title": 3}, TypeError, "title"),
    ],
)
def test_learning_curves_name_the_wrong_argument(
    tmp_path, arguments, error, name
):
    right = {"history": {"d_loss": [1.0]}, "path": tmp_path / "curves.png"}
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        learning_curves(**{**right, **arguments})
    assert os.listdir(tmp_path) == []
