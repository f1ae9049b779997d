"""What a user gets who installs the wheel."""

import pathlib
import subprocess
import sys
import tomllib
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.host
def test_every_module_is_in_a_package_that_the_wheel_holds():
    """What setuptools looks for, which the thorough tests have it do."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    setuptools = settings["tool"]["setuptools"]
    assert setuptools["packages"] == {"find": {"include": ["keras_regan*"]}}
    assert setuptools["package-data"] == {"keras_regan": ["py.typed"]}
    assert (ROOT / "keras_regan/py.typed").exists()
    others = {
        path.name
        for path in (ROOT / "keras_regan").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert others == {"py.typed"}
    for pattern in settings["project"]["license-files"]:
        assert (ROOT / pattern).exists()
    modules = [*(ROOT / "keras_regan").rglob("*.py")]
    assert len(modules) > 100
    for module in modules:
        folders = module.relative_to(ROOT).parents[:-1]
        assert all((ROOT / f / "__init__.py").exists() for f in folders), module


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


@pytest.mark.thorough
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


@pytest.mark.thorough
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
