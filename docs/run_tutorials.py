"""Runs the tutorials, and stores what they print and draw.

python docs/run_tutorials.py                     # all of them, at full size
python docs/run_tutorials.py first_gan           # one of them
python docs/run_tutorials.py --tiny              # a few steps; stores nothing

The site shows what is stored and trains nothing itself. A test fails when the
code of a tutorial has changed since its outputs were stored.
"""

import argparse
import contextlib
import io
import json
import os
import pathlib
import platform
import sys
import time
import traceback
from collections.abc import Iterator
from importlib.metadata import version

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from extensions import tutorials  # noqa: E402

COLOURS = 128
# What `--tiny` makes of the settings that a tutorial begins with.
TINY = {
    "EPOCHS": 1,
    "IMAGES": 64,
    "HELD_OUT": 32,
    "STEPS": 3,
    "TRIALS": 1,
    "WIDTH": 4,
}


def run(name: str, *, tiny: bool) -> dict:
    """Runs one tutorial; returns outputs of cells, and processor seconds."""
    begun = time.process_time()
    names = {"__name__": "__main__"}
    outputs = [
        {"text": printed(cell.source, name, names, tiny), "figures": figures()}
        for cell in tutorials.cells_of(name)
        if cell.is_code
    ]
    return {"outputs": outputs, "seconds": time.process_time() - begun}


def printed(source: str, name: str, names: dict, tiny: bool) -> str:
    """Runs one cell, and returns what it prints."""
    text = io.StringIO()
    code = compile(source, f"<a cell of {name}.py>", "exec")
    try:
        with contextlib.redirect_stdout(text):
            exec(code, names)
    except Exception:
        print(text.getvalue(), source, sep="\n\n", file=sys.stderr)
        raise
    if tiny:
        names.update({key: TINY[key] for key in TINY.keys() & names.keys()})
    return text.getvalue().strip("\n")


def figures() -> list[bytes]:
    """Returns the open figures as small PNG files, and closes them."""
    from matplotlib import pyplot as plt
    from PIL import Image

    files = []
    for number in plt.get_fignums():
        file = io.BytesIO()
        plt.figure(number).savefig(file, dpi=90, bbox_inches="tight")
        picture = Image.open(file).convert("RGB").quantize(COLOURS)
        file = io.BytesIO()
        picture.save(file, "png", optimize=True)
        files.append(file.getvalue())
    plt.close("all")
    return files


def store(name: str, result: dict) -> None:
    """Writes the outputs of a tutorial, and its pictures."""
    tutorials.OUTPUTS.mkdir(exist_ok=True)
    for old in tutorials.OUTPUTS.glob(f"{name}-*.png"):
        old.unlink()
    pictures = written_pictures(name, result["outputs"])
    outputs = [
        {"text": output["text"], "pictures": [next(pictures) for _ in figures]}
        for output in result["outputs"]
        for figures in [output["figures"]]
    ]
    stored = {
        "code": tutorials.fingerprint(tutorials.cells_of(name)),
        "machine": machine(),
        "processor_seconds": round(result["seconds"]),
        "outputs": outputs,
    }
    text = json.dumps(stored, indent=1, ensure_ascii=False) + "\n"
    path = tutorials.OUTPUTS / f"{name}.json"
    path.write_text(text, encoding="utf-8")


def written_pictures(name: str, outputs: list[dict]) -> Iterator[str]:
    """Writes figures one by one, and yields the names of their files."""
    files = [file for output in outputs for file in output["figures"]]
    for number, file in enumerate(files, start=1):
        picture = f"{name}-{number}.png"
        (tutorials.OUTPUTS / picture).write_bytes(file)
        yield picture


def machine() -> str:
    """Returns what the tutorials ran on, in words."""
    import keras

    backend = keras.backend.backend()
    return (
        f"{os.cpu_count()} cores of a shared {platform.machine()} processor "
        f"with Keras {version('keras')} and {backend} {version(backend)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="(all)")
    parser.add_argument("--tiny", action="store_true")
    arguments = parser.parse_args()
    failed = []
    for name in arguments.names or tutorials.NAMES:
        try:
            result = run(name, tiny=arguments.tiny)
        except Exception:
            traceback.print_exc()
            failed.append(name)
            continue
        print(f"{name}: {result['seconds']:.0f} processor seconds")
        if not arguments.tiny:
            store(name, result)
    if failed:
        raise SystemExit(f"These tutorials failed: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
