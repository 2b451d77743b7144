"""What the workers leave behind, written by hand, so that reading it can be tested without them."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.database.tables import RecommendationRow, RejectedRowRecord, Report, ReportFile, Snapshot
from shared.identifiers import new_id
from shared.services import Services

SUBSCRIPTION = "11111111-1111-4111-8111-AAAAAAAAAAAA"
NOTE = {"code": "pages_missing", "message": "A page is missing."}
_TEXTS = (
    *("category_as_given", "impact_as_given", "solution", "potential_benefits", "recommendation_id", "scope", "sku"),
    *("recommendation_type_id", "subscription_id", "subscription_name", "resource_group", "resource_name", "region"),
    *("resource_type", "resource_id", "currency", "term", "retiring_feature"),
)


def recommendation(**given: Any) -> dict[str, Any]:
    """Return a recommendation's columns, empty but for what is given."""
    empty: dict[str, Any] = dict.fromkeys(_TEXTS, "")
    return {**empty, "category": "Cost", "impact": "High", "problem": "Right-size it", "extras": {}, **given}


def import_into(
    session: Session, tenant_id: UUID, report_id: UUID, rows: Sequence[dict[str, Any]], rejected: int = 0
) -> None:
    """Write a snapshot with ``rows`` and make it the report's."""
    report = session.get_one(Report, report_id)
    snapshot = Snapshot(
        id=new_id(),
        tenant_id=tenant_id,
        client_id=report.client_id,
        source="upload",
        source_format="portal_csv",
        file_name="a.csv",
        taken_at=datetime.now(UTC),
        taken_at_is_exact=False,
        accepted_count=len(rows),
        rejected_count=rejected,
        details={"notes": [NOTE]},
    )
    session.add(snapshot)
    session.flush()
    # Ids in the order of the source, as the importer gives them.
    session.add_all(
        RecommendationRow(
            id=new_id(),
            tenant_id=tenant_id,
            snapshot_id=snapshot.id,
            fingerprint=hashlib.sha256(str(place).encode()).digest()[:16],
            **row,
        )
        for place, row in enumerate(rows)
    )
    session.add_all(
        RejectedRowRecord(
            id=new_id(),
            tenant_id=tenant_id,
            snapshot_id=snapshot.id,
            file_name="a.csv",
            line=line,
            column_name="Amount",
            value="1.000",
            reason_code="amount_ambiguous" if line % 2 else "row_short",
            reason="The amount can be read in two ways.",
        )
        for line in range(2, 2 + rejected)
    )
    report.snapshot_id = snapshot.id


def finish(services: Services, tenant_id: UUID, report_id: UUID, content: bytes) -> None:
    """Put one file of the report into storage and make all its files ready."""
    path = f"{tenant_id}/reports/{report_id}/1/report.pdf"
    services.blobs.upload(path, BytesIO(content), content_type="application/pdf", size_bytes=len(content))
    with services.database.tenant(tenant_id) as session:
        session.execute(
            update(ReportFile)
            .where(ReportFile.report_id == report_id)
            .values(state="ready", blob_path=path, size_bytes=len(content), sha256=hashlib.sha256(content).digest())
        )
        session.execute(
            update(Report)
            .where(Report.id == report_id)
            .values(state="completed", progress=100, finished_at=datetime.now(UTC))
        )


def fail(services: Services, tenant_id: UUID, report_id: UUID) -> None:
    """End the report with a reason."""
    with services.database.tenant(tenant_id) as session:
        session.execute(
            update(Report)
            .where(Report.id == report_id)
            .values(
                state="failed",
                error_code="not_an_export",
                error_text="The file is an image.",
                next_step="Send a CSV.",
                finished_at=datetime.now(UTC),
            )
        )
        session.execute(
            update(ReportFile)
            .where(ReportFile.report_id == report_id)
            .values(state="failed", error_code="not_an_export", error_text="The file is an image.")
        )


def savings(amount: str | None, currency: str = "EUR", **given: Any) -> dict[str, Any]:
    """Return a recommendation that saves ``amount`` a year, or is not estimated."""
    return recommendation(annual_savings=None if amount is None else Decimal(amount), currency=currency, **given)
