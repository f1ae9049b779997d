"""Docstrings in Keras's style as Markdown.

The text of our docstrings is Markdown already. What has to change are the
sections with a title of their own, such as `Args:`, and examples for Python's
prompt.
"""

import re
import textwrap

TITLES = (
    "Args",
    "Attributes",
    "Call arguments",
    "Example",
    "Raises",
    "Reference",
    "Returns",
)
_LISTS = ("Args", "Attributes", "Call arguments", "Raises")
_SHOWN = {"Args": "Arguments"}
_TITLE = re.compile(rf"^({'|'.join(TITLES)}):[ ]*", re.MULTILINE)
_ITEM = re.compile(r"^((?:\*\*|\*)?[\w.]+): ?", re.MULTILINE)
_REMARK = re.compile(r"^((?:Formula|Cost|Reads|Log)\b[^:\n`]*:)", re.MULTILINE)
_CODE = re.compile(r"(?<!`)`[^`]+`(?!`)")
_PROMPT = re.compile(r"^>>> .*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


def markdown(text: str) -> str:
    """Returns a docstring, whose indentation is gone, as Markdown."""
    parts = _TITLE.split(_with_code_on_one_line(text))
    sections = zip(parts[1::2], parts[2::2], strict=True)
    shown = [_with_fences(_REMARK.sub(r"**\1**", parts[0])).strip()]
    shown += [_section(title, body) for title, body in sections]
    return "\n\n".join(shown)


def _with_code_on_one_line(text: str) -> str:
    """Joins code between backticks, whose second line may begin with a sign."""
    blocks = re.split(r"(^```.*?^```|\n\n)", text, flags=re.DOTALL | re.M)
    return "".join(
        block
        if block.startswith("```")
        else _CODE.sub(lambda code: " ".join(code[0].split()), block)
        for block in blocks
    )


def _section(title: str, body: str) -> str:
    heading = f":::{{rubric}} {_SHOWN.get(title, title)}\n:::"
    first, _, rest = body.partition("\n")
    body = f"{first}\n{textwrap.dedent(rest)}".strip()
    items = _items(body) if title in _LISTS else None
    return f"{heading}\n\n{items or _with_fences(body)}"


def _items(body: str) -> str | None:
    """Returns names and their descriptions as a list of definitions."""
    parts = _ITEM.split(body)
    if parts[0].strip():
        return None
    entries = zip(parts[1::2], parts[2::2], strict=True)
    return "\n\n".join(
        f"`{name}`\n: {textwrap.indent(_dedented(text), '  ').lstrip()}"
        for name, text in entries
    )


def _dedented(text: str) -> str:
    first, _, rest = text.strip().partition("\n")
    return f"{first}\n{textwrap.dedent(rest)}".strip()


def _with_fences(text: str) -> str:
    """Puts examples for Python's prompt into blocks of code."""
    return _PROMPT.sub(lambda found: f"```pycon\n{found[0]}\n```", text)
