"""Show how far a command is: a bar on a terminal, plain lines elsewhere, always on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import click

Advance = Callable[[float], None]
"""Takes how much of a step is done, from 0 to 1."""


class Progress(Protocol):
    """Something that shows one step after the other."""

    def step(self, words: str) -> AbstractContextManager[Advance]:
        """Show a step while the context lasts; its value takes how much is done."""
        ...


class PlainLines:
    """One line when a step begins: for logs and pipes."""

    @contextmanager
    def step(self, words: str) -> Iterator[Advance]:
        """Print the step's name."""
        click.echo(f"{words} …", err=True)
        yield lambda _: None


class Bar:
    """A bar for each step that can say how far it is, a moving one for each that cannot."""

    @contextmanager
    def step(self, words: str) -> Iterator[Advance]:
        """Show the bar until the step ends."""
        from rich.console import Console  # noqa: PLC0415  (only for a terminal)
        from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
        from rich.progress import Progress as RichProgress  # noqa: PLC0415

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<28}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
        )
        with RichProgress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(words, total=None)
            yield lambda done: bar.update(task, total=1.0, completed=done)


def progress_for(*, quiet: bool) -> Progress:
    """Return a bar on a terminal, plain lines elsewhere or where ``quiet`` is asked for."""
    return Bar() if sys.stderr.isatty() and not quiet else PlainLines()
