"""What a user gets who installs a release, and what is said of it."""

import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest

import keras_regan

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


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def releases():
    """The headings of the changelog: version -> (date, its section)."""
    text = (ROOT / "CHANGELOG.md").read_text()
    heading = re.compile(r"^## \[(.+?)\](?: - (\S+))?\n", re.M)
    _, *parts = heading.split(text)
    return {
        version: (date, section)
        for version, date, section in zip(
            parts[::3], parts[1::3], parts[2::3], strict=True
        )
    }


@pytest.mark.host
def test_changelog_and_citation_tell_of_this_version():
    versions = releases()
    assert [*versions][:2] == ["Unreleased", keras_regan.__version__]
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {keras_regan.__version__}\n" in citation
    date = versions[keras_regan.__version__][0]
    assert f'\ndate-released: "{date}"\n' in citation
    (author,) = project()["authors"]
    assert f"\n  - name: {author['name']}\n" in citation
    assert f"\nlicense: {project()['license']}\n" in citation


@pytest.mark.host
def test_changelog_has_the_sections_of_keep_a_changelog():
    order = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    for version, (_, section) in releases().items():
        names = re.findall(r"^### (.+)$", section, re.M)
        assert names == [name for name in order if name in names], version
        entries = re.findall(r"^- (?:.|\n  )*", section, re.M)
        assert len({*entries}) == len(entries), version
        left = re.sub(r"^### .+$|^- (?:.|\n  )*", "", section, flags=re.M)
        if version != "0.1.0":
            assert not left.strip(), left


@pytest.mark.host
def test_page_of_versions_says_what_is_required():
    page = (ROOT / "docs/versions.md").read_text()
    lines = [*project()["dependencies"]]
    for extra in ("jax", "torch"):
        lines += project()["optional-dependencies"][extra]
    rows = dict(re.findall(r"^\| (\w+) \| (\S+) \|", page, re.M))
    for line in lines:
        name, least = line.split(">=")
        assert rows[name] == least
    assert rows["Python"] == project()["requires-python"].removeprefix(">=")
    versions = re.findall(r"Python :: (3\.\d+)", str(project()["classifiers"]))
    assert versions[0] == rows["Python"]
    assert f"Python {versions[0]} to {versions[-1]}" in page


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The files of a release: those that end in .whl and in .tar.gz."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("release")
    result = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder, ROOT],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "source": source}


@pytest.mark.thorough
def test_wheel_holds_the_package_and_nothing_else(release):
    wheel = release["wheel"]
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
def test_source_holds_what_the_wheel_is_built_from(release):
    with tarfile.open(release["source"]) as archive:
        files = [m.name.split("/", 1)[1] for m in archive if m.isfile()]
    inside = {name for name in files if name.startswith("keras_regan/")}
    assert inside == {
        str(path.relative_to(ROOT))
        for path in (ROOT / "keras_regan").rglob("*")
        if path.suffix in (".py", ".typed")
    }
    made = ("keras_regan.egg-info/", "PKG-INFO", "setup.cfg")
    others = {n for n in files if n not in inside and not n.startswith(made)}
    assert others == {
        "CHANGELOG.md",
        "CITATION.cff",
        "LICENSE",
        "MANIFEST.in",
        "README.md",
        "pyproject.toml",
    }


README = """
import importlib.metadata, re, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import keras_regan

text = importlib.metadata.metadata("keras_regan")["Description"]
code = re.search(r"```python\\n(.*?)```", text, re.S)[1]
code = re.sub(r"epochs=\\d+", "epochs=1", code)
random = np.random.default_rng(0)
images = random.uniform(-1, 1, (32, 28, 28, 1)).astype("float32")
exec(code)
print(keras_regan.__file__)
"""


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["wheel", "source"])
def test_readme_runs_from_a_release(release, kind, tmp_path):
    """Outside of the repository, with the code that came with the release."""
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
        + ["--target", site, release[kind]],
        check=True,
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    result = subprocess.run(
        [sys.executable, "-c", README, site],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1].startswith(str(site))
