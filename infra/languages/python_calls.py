"""Find messages in Python code by its syntax tree.

Babel's own way reads tokens: it passes over calls within f-strings and within the arguments of other such calls.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

Found = tuple[int, str, tuple[str | None, ...] | str, list[str]]


def extract(
    file: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield the line, the function, the texts it is called with, and the comments for translators above the call."""
    del options  # there are none
    source = file.read().decode("utf-8")
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        texts = tuple(_text_of(argument) for argument in node.args)
        if name in keywords and texts and texts[0] is not None:
            yield node.lineno, name, texts if len(texts) > 1 else str(texts[0]), _comments(lines, node.lineno, comment_tags)


def _text_of(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _comments(lines: list[str], line: int, tags: Collection[str]) -> list[str]:
    above = lines[line - 2].strip() if line > 1 else ""
    return [above.removeprefix("#").strip()] if any(above.startswith(f"# {tag}") for tag in tags) else []
