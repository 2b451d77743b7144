"""``python -m infra.languages``: take new messages into every catalogue, drop those that are gone, say what is missing.

Translate what it names in ``shared/language/locale/*.po`` by any editor for such files. It ends with status 1 as long as
something is missing, or, with ``--check``, where a catalogue is not up to date.
"""

import argparse
import sys

from infra.languages.extraction import messages
from infra.languages.findings import findings
from infra.languages.writing import TRANSLATED, bytes_of, path_of, read


def main() -> int:
    """Update the catalogues and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.languages", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a catalogue is not up to date")
    check = parser.parse_args().check
    template = messages()
    faults = []
    for language in TRANSLATED:
        catalogue = read(language)
        # A guess at a translation would only have to be found and mended: new messages begin empty.
        catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
        new = bytes_of(catalogue)
        path = path_of(language)
        if not path.is_file() or path.read_bytes() != new:
            if check:
                faults.append(f"{path.name}: not up to date; run `make languages`")
            else:
                path.write_bytes(new)
                print(f"{path.name}: brought up to date")
        faults += [f"{path.name}: {finding}" for finding in findings(catalogue)]
    print("\n".join(faults) or f"{len(template)} messages, complete in {', '.join(TRANSLATED)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
