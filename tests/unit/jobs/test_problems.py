"""How errors become what rows tell, and which are worth another try."""

import errno

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from shared.errors import AdvisorReportsError
from shared.jobs.problems import Problem, is_retryable
from shared.jobs.report_stages import stage_of
from shared.storage.blobs import BlobMissingError, StorageUnavailableError


def test_our_errors_tell_themselves() -> None:
    class HeaderError(AdvisorReportsError):
        code = "header_wrong"

    assert Problem.of(HeaderError("It is wrong.", next_step="Mend it.")) == Problem(
        "header_wrong", "It is wrong.", "Mend it."
    )


def test_other_errors_tell_their_kind_only() -> None:
    problem = Problem.of(ValueError("postgresql://user:secret@host"))
    assert problem.code == "internal"
    assert "ValueError" in problem.text
    assert "secret" not in problem.text + problem.next_step


def test_full_disk_is_named() -> None:
    problem = Problem.of(OSError(errno.ENOSPC, "No space left on device", "/tmp/advisor-job-1/report.pdf"))
    assert problem.code == "disk_full"
    assert "TMPDIR" in problem.next_step


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (StorageUnavailableError("away"), True),
        (BlobMissingError("gone"), False),
        (OperationalError("select", {}, Exception("server closed the connection")), True),
        (IntegrityError("insert", {}, Exception("duplicate")), False),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (PermissionError(errno.EACCES, "Permission denied"), False),
        (ValueError(), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    assert is_retryable(error) is again


def test_stages_cover_the_whole_way_of_a_report() -> None:
    importing, generating = stage_of("process_csv_file"), stage_of("generate_report")
    assert importing is not None
    assert generating is not None
    assert importing.overall(-1) == importing.starts_at == 0
    assert importing.overall(100) == generating.overall(0)
    assert generating.overall(250) == generating.ends_at == 100
    assert stage_of("remove_report_files") is None
