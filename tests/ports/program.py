"""A public program, and what its port is compared with it by."""

import ast
import dataclasses
import inspect
import io
import tokenize
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Program:
    """A row of the page "Coming from", and a test.

    Args:
        name: What the program is known as.
        source: Where it is.
        lines_before: How many of its lines make it a GAN: the class or loop
            that trains, losses, optimizers and the call that begins it.
            Imports, networks, data, pictures, and blank lines, comments and
            docstrings do not count.
        build: The port: function without arguments that returns the compiled
            GAN and its data, an array or a tuple of samples and labels.
        differs: What the port does not do as the program does.
        also: What the port has beside `build` that is no network and no data.
        long_to_trace: Whether TensorFlow takes seconds for a graph of it.
    """

    name: str
    source: str
    lines_before: int
    build: Callable[[], tuple[Any, Any]]
    differs: str
    also: tuple[Any, ...] = ()
    long_to_trace: bool = False

    @property
    def lines_after(self) -> int:
        """How many lines of the port take their place, `fit` included."""
        fit = 1
        others = sum(len(code_lines(inspect.getsource(x))) for x in self.also)
        return gan_lines(self.build) + fit + others

    @property
    def row(self) -> str:
        """The program's line in the table of the page."""
        return (
            f"| [{self.name}]({self.source}) | {self.lines_before} "
            f"| {self.lines_after} | {self.differs} |"
        )


def gan_lines(build: Callable) -> int:
    """Counts the lines from where `gan` is made to before the `return`."""
    source = inspect.getsource(build)
    statements = ast.parse(source).body[0].body
    first = next(
        statement.lineno
        for statement in statements
        if ast.unparse(statement).startswith("gan = ")
    )
    last = statements[-1].lineno
    return sum(first <= line < last for line in code_lines(source))


def code_lines(source: str) -> set[int]:
    """Returns the numbers of lines that hold code."""
    layout = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in layout
        for line in range(token.start[0], token.end[0] + 1)
    }
    docstrings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    return lines - docstrings
