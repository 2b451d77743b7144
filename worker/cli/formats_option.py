"""Let ``--format`` take one or several values: ``--format pdf html``, ``--format pdf,html`` or the option repeated."""

from collections.abc import Sequence

import click

from shared.reports import ReportFormat

OPTION = "--format"
_NAMES = frozenset(item.value for item in ReportFormat)


class CommandWithFormats(click.Command):
    """A command whose ``--format`` option goes on for as long as format names follow; click itself knows no such option.

    The parameter ``formats`` becomes a tuple of :class:`ReportFormat`, each once, in the order given.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite the arguments to the form that click knows, then check the formats."""
        rest = super().parse_args(ctx, spread(args))
        if "formats" in ctx.params:
            ctx.params["formats"] = tuple(dict.fromkeys(_formats(ctx, ctx.params["formats"])))
        return rest


def spread(args: Sequence[str]) -> list[str]:
    """Repeat ``--format`` before each value that follows it: ``--format pdf html`` is ``--format pdf --format html``.

    A file that is called like a format needs a folder before its name there, as in ``./pdf``.
    """
    result: list[str] = []
    in_formats = False
    for position, argument in enumerate(args):
        if argument == "--":
            return result + list(args[position:])
        if in_formats and result[-1] != OPTION and _is_formats(argument):
            result.append(OPTION)
        elif result[-1:] != [OPTION]:
            in_formats = argument == OPTION or argument.startswith(f"{OPTION}=")
        result.append(argument)
    return result


def _is_formats(argument: str) -> bool:
    return all(name.strip().lower() in _NAMES for name in argument.split(","))


def _formats(ctx: click.Context, values: Sequence[str]) -> list[ReportFormat]:
    names = [name.strip().lower() for value in values for name in value.split(",") if name.strip()]
    for name in names:
        if name not in _NAMES:
            raise click.BadParameter(f"{name!r} is none of {', '.join(ReportFormat)}.", ctx, param_hint=OPTION)
    return [ReportFormat(name) for name in names]
