"""A report's comparison as it is kept: the sums as one value, the single changes as rows."""

from uuid import UUID

import msgspec
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.comparison.result import Comparison
from shared.database.tables import ReportChange, ReportComparison


def keep(session: Session, tenant_id: UUID, report_id: UUID, comparison: Comparison | None, reason: str = "") -> None:
    """Keep the comparison of a report without its single changes, or why there is none and that nothing changed."""
    kept = None if comparison is None else msgspec.to_builtins(msgspec.structs.replace(comparison, changes={}))
    statement = insert(ReportComparison).values(tenant_id=tenant_id, report_id=report_id, comparison=kept, reason=reason)
    changed = {"comparison": statement.excluded.comparison, "reason": statement.excluded.reason}
    session.execute(statement.on_conflict_do_update(index_elements=["report_id"], set_=changed))
    if comparison is None:
        session.query(ReportChange).where(ReportChange.report_id == report_id).delete(synchronize_session=False)


def kept_comparison(session: Session, report_id: UUID) -> tuple[Comparison | None, str]:
    """Return the comparison of a report without its single changes, and why there is none."""
    row = session.get(ReportComparison, report_id)
    if row is None:
        return None, ""
    return None if row.comparison is None else msgspec.convert(row.comparison, Comparison), row.reason
