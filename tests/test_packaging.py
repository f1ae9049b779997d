"""What a user gets who installs the wheel."""

import pathlib
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("wheel")
    result = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (file,) = folder.glob("*.whl")
    return file


def test_wheel_holds_the_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"keras_regan", wheel.name.split("-py3")[0] + ".dist-info"}
    assert "keras_regan/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    modules = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "keras_regan").rglob("*.py")
    }
    assert {n for n in names if n.endswith(".py")} == modules
    assert not [n for n in names if n.endswith((".npz", ".png", ".keras"))]


def test_wheel_imports_without_the_repository(wheel, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
        + ["--target", str(tmp_path / "site"), str(wheel)],
        check=True,
    )
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "import keras_regan as kr; print(kr.__file__, kr.__version__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "site")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(tmp_path / "site"))
