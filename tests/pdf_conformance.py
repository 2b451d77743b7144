"""Check PDF files by the rules of PDF/UA-1 (for those who listen) and PDF/A-2a (for those who keep).

PDF/UA is judged by outloud, which follows the Matterhorn Protocol; it runs as a program of its own, so that nothing of it
(nor of the AGPL library that it reads files with) gets into ours. Of PDF/A the demands are checked here that its structure
shows (ISO 19005-2): identification, output intent, fonts, and what must not be in it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pikepdf

# Three of outloud's rules guess. Typst marks the repeated header of a table that goes on as an artifact, as ISO 14289-1
# (7.1) has it for what is repeated because of paging; a line that is seen only twice is taken for prose. A line that happens
# to stand at the top of three pages is taken for a running header. Whether a text reads as language is told by its
# spaces, which Japanese does without.
_GUESSED_AS_PROSE = "TAG-002"
_GUESSED_AS_HEADER = "PAG-001"
_GUESSED_AS_NOISE = "FIG-012"
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_PDFAID = "http://www.aiim.org/pdfa/ns/id/"
_FORBIDDEN_KEYS = frozenset({"/JavaScript", "/JS", "/Launch", "/Movie", "/Sound", "/AA", "/XFA", "/OpenAction"})


def ua_findings(paths: Iterable[Path], *, table_headers: Sequence[str] = (), running: Sequence[str] = ()) -> list[str]:
    """Return what is wrong with the files by PDF/UA-1 and WCAG, one line each, warnings too.

    ``table_headers`` are the words of headers that may be repeated, ``running`` those that stand at the edge of every page.
    """
    answer = subprocess.run(
        [sys.executable, "-m", "outloud.cli", "--json", "-", "--fail-on", "never", *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(answer.stdout[answer.stdout.index("{") :])
    found = []
    for result in report["results"]:
        if result.get("error"):
            found.append(f"{result['path']}: {result['error']}")
        for finding in result["findings"]:
            evidence = str(finding.get("evidence", ""))
            if finding["severity"] == "info" or (finding["rule"] == _GUESSED_AS_PROSE and evidence in table_headers):
                continue
            if finding["rule"] == _GUESSED_AS_HEADER and not any(words in evidence for words in running):
                continue
            if finding["rule"] == _GUESSED_AS_NOISE and _JAPANESE.search(evidence):
                continue
            found.append(f"{Path(result['path']).name}: {finding['rule']} {finding['message']} ({evidence})")
    return found


def archive_findings(path: Path) -> list[str]:
    """Return what is wrong with the file by PDF/A-2a, as far as its structure shows."""
    found = []
    with pikepdf.open(path) as document:
        metadata = document.open_metadata()
        if metadata.get(f"{{{_PDFAID}}}part") != "2" or metadata.get(f"{{{_PDFAID}}}conformance") != "A":
            found.append("does not say that it is PDF/A-2a (6.6.4)")
        if document.is_encrypted:
            found.append("is encrypted (6.1.3)")
        if "/ID" not in document.trailer:
            found.append("has no file identifier (6.1.3)")
        root: Any = document.Root
        if not any(
            intent.get("/S") == "/GTS_PDFA1" and "/DestOutputProfile" in intent for intent in root.get("/OutputIntents", [])
        ):
            found.append("has no output intent with a colour profile (6.2.3)")
        if not root.get("/MarkInfo", {}).get("/Marked") or "/StructTreeRoot" not in root or "/Lang" not in root:
            found.append("is not a tagged file with a language (6.7)")
        for number, thing in enumerate(document.objects):
            found += [f"object {number}: {words}" for words in _object_findings(thing)]
    return found


def uses_object_streams(path: Path) -> bool:
    """Whether the structure of the file is compressed."""
    return b"/ObjStm" in path.read_bytes()


def _object_findings(thing: Any) -> list[str]:
    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return []
    found = [f"{key} must not be used (6.5, 6.1)" for key in _FORBIDDEN_KEYS if key in thing]
    if thing.get("/Type") == "/Font" and thing.get("/Subtype") != "/Type0":
        descriptor = thing.get("/FontDescriptor")
        if thing.get("/Subtype") != "/Type3" and (
            descriptor is None or not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys())
        ):
            found.append(f"the font {thing.get('/BaseFont')} is not embedded (6.2.11.4)")
    if thing.get("/Type") == "/Font" and thing.get("/Subtype") == "/Type0" and "/ToUnicode" not in thing:
        found.append(f"the font {thing.get('/BaseFont')} cannot be read as text (6.2.11.7)")
    if isinstance(thing, pikepdf.Stream) and "/LZWDecode" in repr(thing.get("/Filter")):
        found.append("LZW must not be used (6.1.7)")
    if thing.get("/Type") == "/EmbeddedFile":
        found.append("holds another file (6.8)")
    return found
