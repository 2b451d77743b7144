"""Importing the whole front, as its first request does, against importing the packages of others that it uses."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Contender, Finding, Options, interleave, ratio, ratio_spread

_ROOT = Path(__file__).resolve().parents[2]
# What the host imports to index the functions, then, as the first request does, everything else, then what a tick needs.
_FRONT = ("function_app", "function_app.loading:load", "shared.ticks.tick")
_OWN = {"function_app", "shared"}
# Processor time: what else the machine does must not count.
_CHILD = """
import importlib, json, sys, time
names = json.load(sys.stdin)
began = time.process_time()
for name in names:
    module, _, call = name.partition(":")
    found = importlib.import_module(module)
    if call:
        getattr(found, call)()
took = time.process_time() - began
print(json.dumps({"seconds": took, "modules": list(sys.modules)}))
"""


def measure(options: Options) -> Iterator[Finding]:
    """Yield the seconds of each and their ratio."""
    modules = _import(_FRONT)["modules"]
    assert isinstance(modules, list)
    # In the order in which the front came by them, so that each finds what it needs; a top level brings its parts along only
    # where the front used them.
    frameworks = [name for name in modules if _is_of_others(str(name))]
    front = Contender("front", lambda: _seconds(_FRONT))
    alone = Contender("its frameworks alone", lambda: _seconds(frameworks))
    interleave([front, alone], options.rounds_or(7))
    yield Finding("the whole front", front.median, "s", note=front.spread)
    yield Finding("its frameworks alone", alone.median, "s", note=alone.spread)
    yield Finding("front / frameworks", ratio(front, alone), "", 1.5, at_most=True, note=ratio_spread(front, alone))


def _is_of_others(name: str) -> bool:
    top = name.partition(".")[0]
    return top not in _OWN and top not in sys.stdlib_module_names and not name.startswith(("_", "azure._"))


def _seconds(names: tuple[str, ...] | list[str]) -> float:
    seconds = _import(names)["seconds"]
    assert isinstance(seconds, float)
    return seconds


def _import(names: tuple[str, ...] | list[str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        cwd=_ROOT,
        input=json.dumps(list(names)),
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))
