"""Whether what an order says about its report can be done: the rows that it names are there."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.database.tables import Client, Report
from shared.errors import InvalidRequestError
from shared.reports import ReportType
from shared.reports.options import ComparisonMode, ReportOptions


class ReportToCompareNotFoundError(InvalidRequestError):
    """A report is to be compared with one that the client does not have."""

    code = "report_to_compare_not_found"

    def __init__(self) -> None:
        super().__init__(
            "The client has no such report to compare with.",
            next_step="Take the id from the list of the client's reports, or leave out the comparison for the one before.",
        )


class ClientToRollUpNotFoundError(InvalidRequestError):
    """A roll-up names a client that is not there."""

    code = "client_to_roll_up_not_found"

    def __init__(self, client_id: UUID) -> None:
        super().__init__(f"There is no client {client_id} to roll up.", next_step="Take the ids from the list of clients.")


class NothingInScopeError(InvalidRequestError):
    """A report's type leaves out every category that its scope names."""

    code = "nothing_in_scope"

    def __init__(self, report_type: ReportType) -> None:
        super().__init__(
            f"A report of type {report_type} has none of the categories in its scope.",
            next_step="Order another type, such as detailed, or leave the categories out of the scope.",
        )


def check(session: Session, client_id: UUID, report_type: ReportType, options: ReportOptions) -> None:
    """Return where the options fit the client and its reports.

    Raises :class:`NothingInScopeError`, :class:`ReportToCompareNotFoundError` or :class:`ClientToRollUpNotFoundError`.
    """
    if options.scope.categories and report_type.categories.isdisjoint(options.scope.categories):
        raise NothingInScopeError(report_type)
    if options.comparison.mode is ComparisonMode.CHOSEN:
        earlier = select(Report.id).where(
            Report.id == options.comparison.report_id, Report.client_id == client_id, Report.deleted_at.is_(None)
        )
        if session.scalars(earlier).one_or_none() is None:
            raise ReportToCompareNotFoundError
    if options.roll_up:
        wanted = set(options.roll_up)
        known = session.scalars(select(Client.id).where(Client.id.in_(wanted), Client.deleted_at.is_(None)))
        if missing := wanted - set(known):
            raise ClientToRollUpNotFoundError(min(missing))
