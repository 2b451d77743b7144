"""The passwords of the local servers, kept between starts where only their owner can read them."""

import dataclasses
import json
import os
from pathlib import Path

from infra.local.postgres import Passwords


def passwords_in(path: Path) -> Passwords:
    """Return the passwords kept in ``path``; make them on the first call."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    passwords = Passwords(**kept)
    # Also where an earlier release kept fewer of them.
    if (all_of_them := dataclasses.asdict(passwords)) != kept:
        write_private(path, json.dumps(all_of_them))
    return passwords


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` so that at no moment anybody else can read it, and either whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)
