"""From an order to a snapshot: what is kept of a live fetch, and how it ends where Azure does not play along."""

from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Category
from shared.azure import calls, metadata
from shared.azure.filters import FetchFilter
from shared.connections import connections
from shared.database.tables import AdvisorMetadataLanguage, AdvisorScore, Report, Snapshot
from shared.database.tables.azure_connection import ConnectionStatus
from shared.identifiers import new_id
from shared.jobs.run import JobRun
from shared.reporting import reports, shared_fetches, sourced_reports
from shared.reports import ReportFormat, ReportType
from shared.snapshots.reader import SnapshotRecommendations
from tests.children import children
from tests.integration.azure.conftest import Tenancy
from tests.simulators.azure_management import AzureManagement
from tests.simulators.faults import Fault
from worker.jobs.fetch_azure_recommendations import fetch_azure_recommendations
from worker.jobs.generate_report import generate_report
from worker.jobs.live_facts import coverage_of, scores_of


def rows_of(tenancy: Tenancy, report_id: UUID) -> SnapshotRecommendations:
    """Return the recommendations of a report's snapshot."""
    snapshot = tenancy.snapshot(report_id)
    return SnapshotRecommendations(tenancy.services.database, tenancy.tenant_id, snapshot.id, on_rows=lambda: None)


def test_order_becomes_a_snapshot_and_report_files(tenancy: Tenancy, azure: AzureManagement) -> None:
    report_id = tenancy.order()
    assert tenancy.run(report_id) == "succeeded"
    rows = list(rows_of(tenancy, report_id))
    fetch = tenancy.report(report_id).details["fetch"]
    aside = sum(fetch["left_out"].values())
    assert len(rows) == fetch["recommendations_count"] == 300 - aside
    assert fetch["left_out"]["dismissed"] == fetch["left_out"]["postponed"] == 5
    assert (fetch["subscriptions_read"], fetch["subscriptions_refused"], fetch["missing"]) == (5, [], 0)
    assert fetch["azure_api_calls"] > 0
    assert fetch["azure_pages"] == 1
    assert fetch["fetched_at"] > fetch["requested_at"]
    # Microsoft's own text about the type, and the resource's own tags.
    resource = next(row for row in rows if row.resource_group)
    assert resource.extras["learnMoreLink"].startswith("https://learn.microsoft.com/")
    assert "costCenter" in resource.extras["tags"]
    snapshot = tenancy.snapshot(report_id)
    assert (snapshot.source, snapshot.source_format, snapshot.taken_at_is_exact) == ("live", "azure_live", True)
    assert "5 of 5 subscriptions were read from Azure." in [note["message"] for note in snapshot.details["notes"]]
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        scores = session.scalars(select(AdvisorScore).where(AdvisorScore.snapshot_id == snapshot.id)).all()
        known, scored_on = scores_of(session, snapshot.id)
        read = session.scalars(select(Snapshot.subscriptions).where(Snapshot.id == snapshot.id)).one()
    assert read == sorted(azure.estate.subscriptions)
    assert len(scores) == 5 * 6
    assert all({former["level"] for former in score.history} == {"day", "month"} for score in scores)
    assert [score.category for score in known] == [None, *(category for category in Category if category != Category.OTHER)]
    assert all(0 < score.score <= 100 for score in known)
    assert scored_on is not None
    coverage = coverage_of(snapshot)
    assert coverage is not None
    assert (coverage.subscriptions_read, coverage.dismissed, coverage.postponed) == (5, 5, 5)
    assert tenancy.run(report_id, generate_report) == "succeeded"
    assert tenancy.jobs(report_id) == [
        ("fetch_azure_recommendations", "succeeded"),
        ("generate_azure_report", "succeeded"),
    ]
    assert tenancy.report(report_id).state == "completed"


def test_fetch_of_many_subscriptions_keeps_what_a_small_one_keeps(
    tenancy: Tenancy, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = tenancy.order(), tenancy.order()
    assert tenancy.run(few) == "succeeded"
    monkeypatch.setattr("shared.azure.beside.MANY_SUBSCRIPTIONS", 1)
    assert tenancy.run(many) == "succeeded"
    assert list(rows_of(tenancy, many)) == list(rows_of(tenancy, few))
    told = [tenancy.report(report_id).details["fetch"] for report_id in (few, many)]
    same = ("recommendations_count", "left_out", "duplicates", "missing", "subscriptions_read")
    assert [told[1][name] for name in same] == [told[0][name] for name in same]
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        scores = session.execute(select(AdvisorScore.snapshot_id, func.count()).group_by(AdvisorScore.snapshot_id)).all()
    assert [count for _, count in scores] == [30, 30]


def test_fetch_whose_lines_failed_is_tried_again_and_leaves_nothing(
    tenancy: Tenancy, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.azure.beside.MANY_SUBSCRIPTIONS", 1)

    def work(run: JobRun) -> None:
        look = run.check

        def check() -> None:
            for child in children("beside_child"):
                child.kill()
            look()

        monkeypatch.setattr(run, "check", check)
        fetch_azure_recommendations(run)

    report_id = tenancy.order()
    assert tenancy.run(report_id, work) == "queued"
    assert tenancy.snapshots() == 0


def test_report_can_be_made_again_when_azure_and_the_connection_are_gone(tenancy: Tenancy, azure: AzureManagement) -> None:
    first = tenancy.order()
    assert tenancy.run(first) == "succeeded"
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        connections.delete(session, tenancy.connection_id)
    azure.stop()
    asked = len(azure.calls)
    wanted = reports.Order(tenancy.client_id, (ReportFormat.CSV,))
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        again, _ = sourced_reports.order_from_snapshot(
            session, tenancy.tenant_id, wanted, tenancy.snapshot(first).id, trace_id=None
        )
    assert tenancy.run(again.id, generate_report) == "succeeded"
    assert tenancy.report(again.id).source == "snapshot"
    assert tenancy.report(again.id).details["fetch"] == tenancy.report(first).details["fetch"]
    assert len(azure.calls) == asked


def run_of_a_schedule(tenancy: Tenancy, count: int) -> list[UUID]:
    """Order the reports of one run of a schedule; all but the first wait for what is read for that one."""
    first, wanted = tenancy.order(), reports.Order(tenancy.client_id, (ReportFormat.CSV,), ReportType.COST)
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        row = session.get_one(Report, first)
        row.schedule_run_id = new_id()
        others = [shared_fetches.order_beside(session, wanted, row, trace_id=None).id for _ in range(count - 1)]
    return [first, *others]


def test_reports_of_one_run_share_what_is_read_for_the_first(tenancy: Tenancy, azure: AzureManagement) -> None:
    first, second = run_of_a_schedule(tenancy, 2)
    assert tenancy.run(second) is None, "it waits"
    assert tenancy.run(first) == "succeeded"
    asked = len(azure.calls)
    assert tenancy.run(first, generate_report) == "succeeded"
    assert tenancy.run(second, generate_report) == "succeeded"
    assert (len(azure.calls), tenancy.snapshots()) == (asked, 1)
    assert tenancy.jobs(second) == [("generate_azure_report", "succeeded")]
    assert tenancy.report(second).details["fetch"] == tenancy.report(first).details["fetch"]


@pytest.mark.parametrize("end", ["fail", "cancel", "delete"])
def test_those_that_wait_for_a_report_go_on_when_it_comes_to_nothing(
    tenancy: Tenancy, azure: AzureManagement, end: str
) -> None:
    first, second, third = run_of_a_schedule(tenancy, 3)
    if end == "fail":
        azure.faults.plan(Fault.TOKEN_REFUSED, times=2)
        assert tenancy.run(first) == "failed"
    else:
        with tenancy.services.database.tenant(tenancy.tenant_id) as session:
            {"cancel": reports.cancel, "delete": reports.delete}[end](session, first)
    assert tenancy.run(third) is None, "it waits for the second now"
    assert tenancy.run(second) == "succeeded"
    asked = len(azure.calls)
    assert tenancy.run(second, generate_report) == "succeeded"
    assert tenancy.run(third, generate_report) == "succeeded"
    assert (len(azure.calls), tenancy.snapshots()) == (asked, 1)


def test_snapshot_of_another_client_is_not_found(tenancy: Tenancy) -> None:
    wanted = reports.Order(tenancy.client_id, (ReportFormat.CSV,))
    with (
        tenancy.services.database.tenant(tenancy.tenant_id) as session,
        pytest.raises(sourced_reports.SnapshotNotFoundError),
    ):
        sourced_reports.order_from_snapshot(session, tenancy.tenant_id, wanted, tenancy.connection_id, trace_id=None)


def test_what_was_put_aside_can_be_kept_marked(tenancy: Tenancy) -> None:
    report_id = tenancy.order(keep_put_aside=True)
    tenancy.run(report_id)
    rows = list(rows_of(tenancy, report_id))
    assert len(rows) == 300
    standings = Counter(row.standing for row in rows)
    assert standings[Standing.DISMISSED] == standings[Standing.POSTPONED] == 5
    postponed = next(row for row in rows if row.standing is Standing.POSTPONED)
    assert postponed.standing_until is not None
    assert postponed.standing_reason.startswith("Postponed in Azure until ")


def test_filters_are_kept_with_the_report(tenancy: Tenancy, azure: AzureManagement) -> None:
    chosen = sorted(azure.estate.subscriptions)[1]
    hidden = "00000000-0000-4000-8000-000000000000"
    filters = FetchFilter(categories=(Category.COST,), subscription_ids=(chosen.upper(), hidden))
    report_id = tenancy.order(filters=filters)
    tenancy.run(report_id)
    assert {(row.category, row.subscription_id) for row in rows_of(tenancy, report_id)} == {(Category.COST, chosen)}
    fetch = tenancy.report(report_id).details["fetch"]
    assert fetch["filters"] == {"categories": ["Cost"], "subscription_ids": [chosen.upper(), hidden]}
    assert [(one["subscription_id"], one["code"]) for one in fetch["subscriptions_refused"]] == [
        (hidden, "subscription_not_visible")
    ]


def test_advisor_is_asked_to_compute_anew_first(tenancy: Tenancy, azure: AzureManagement) -> None:
    azure.advisor.generating_polls = 0
    report_id = tenancy.order(refresh_first=True)
    assert tenancy.run(report_id) == "succeeded"
    assert sorted(azure.advisor.generated) == sorted(azure.estate.subscriptions)
    assert sum("/generateRecommendations/" in call for call in azure.calls) == 5


def test_tokens_that_end_midway_are_replaced_by_those_of_a_new_sign_in(tenancy: Tenancy, azure: AzureManagement) -> None:
    azure.advisor.generating_polls = 0

    def expire(_subscription: object) -> None:
        azure.advisor.on_generated.clear()
        azure.expire_tokens()

    azure.advisor.on_generated.append(expire)
    report_id = tenancy.order(refresh_first=True)
    assert tenancy.run(report_id) == "succeeded", tenancy.report(report_id).error_text
    fetch = tenancy.report(report_id).details["fetch"]
    assert fetch["recommendations_count"] == 300 - sum(fetch["left_out"].values())
    assert fetch["azure_retries"] > 0
    assert azure.refused_tokens


def test_refused_sign_in_ends_the_job_and_marks_the_connection(tenancy: Tenancy, azure: AzureManagement) -> None:
    azure.faults.plan(Fault.TOKEN_REFUSED, times=1000)
    report_id = tenancy.order()
    assert tenancy.run(report_id) == "failed"
    report = tenancy.report(report_id)
    assert report.error_code == "azure_authentication_failed"
    assert report.next_step
    connection = tenancy.connection()
    assert connection.status == ConnectionStatus.FAILING
    assert connection.test_result is not None
    assert connection.test_result["next_step"]


def test_azure_that_is_away_is_tried_again_later(
    tenancy: Tenancy, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.azure.calls._FIRST_PAUSE_S", 0.0)
    azure.faults.plan(Fault.AWAY, path="2024-04-01", times=1000)
    report_id = tenancy.order()
    assert tenancy.run(report_id) == "queued"
    assert tenancy.report(report_id).state == "processing"


def test_fetch_past_its_time_ends_while_azure_throttles(
    tenancy: Tenancy, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure.faults.plan(Fault.THROTTLED, path="2024-04-01", times=1000)

    def work(run: JobRun) -> None:
        napped = run.wait

        def wait(seconds: float) -> None:
            if seconds:
                monkeypatch.setattr(run, "_deadline", 0.0)
            napped(seconds)

        monkeypatch.setattr(run, "wait", wait)
        fetch_azure_recommendations(run)

    report_id = tenancy.order()
    # Its time is over for good: the next attempt would have no more of it.
    assert tenancy.run(report_id, work) == "failed"
    assert tenancy.report(report_id).error_code == "time_limit"
    assert Fault.THROTTLED in azure.faults.happened
    assert tenancy.snapshots() == 0


def test_report_deleted_in_the_middle_leaves_nothing(tenancy: Tenancy, azure: AzureManagement) -> None:
    azure.advisor.generating_polls = 0
    report_id = tenancy.order(refresh_first=True)

    def delete_report(_subscription: object) -> None:
        azure.advisor.on_generated.clear()
        with tenancy.services.database.tenant(tenancy.tenant_id) as session:
            reports.delete(session, report_id)

    azure.advisor.on_generated.append(delete_report)
    assert tenancy.run(report_id) == "cancelled"
    assert tenancy.snapshots() == 0
    assert ("generate_azure_report", "queued") not in tenancy.jobs(report_id)


def test_azure_that_does_not_answer_is_tried_again_later(
    tenancy: Tenancy, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.azure.calls._FIRST_PAUSE_S", 0.0)
    monkeypatch.setitem(calls._TIMES, "read_timeout", 0.2)
    azure.slow_s = 5.0
    azure.faults.plan(Fault.SLOW, path="2024-04-01", times=1000)
    report_id = tenancy.order()
    assert tenancy.run(report_id) == "queued"
    assert tenancy.snapshots() == 0


def test_throttled_search_for_subscriptions_fails_no_job(
    tenancy: Tenancy, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.azure.calls._FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr("shared.azure.limiter._USUAL_PAUSE_MS", 10)
    monkeypatch.setattr("shared.azure.limiter.WINDOW_MS", 10)
    azure.faults.plan(Fault.THROTTLED_SILENTLY, path=r"/subscriptions\?", times=12)
    azure.faults.plan(Fault.THROTTLED_SILENTLY, path="2022-10-01", times=12)
    report_id = tenancy.order()
    assert tenancy.run(report_id) == "succeeded", tenancy.report(report_id).error_text
    assert len(azure.faults.happened) == 24


def test_connection_that_sees_nothing_says_so(tenancy: Tenancy, azure: AzureManagement) -> None:
    azure.advisor.denied.update(azure.estate.subscriptions)
    report_id = tenancy.order()
    assert tenancy.run(report_id) == "failed"
    assert tenancy.report(report_id).error_code == "no_subscriptions"


def test_texts_are_read_once_a_day_and_language(tenancy: Tenancy, azure: AzureManagement) -> None:
    with tenancy.services.system_database.across_tenants() as session:
        session.execute(delete(AdvisorMetadataLanguage))
    for _ in range(2):
        tenancy.run(tenancy.order())
    assert sum("microsoft.advisor/metadata" in query for query in azure.graph.queries) == 1
    texts = metadata.texts(tenancy.services.database, "en-GB")
    assert len(texts) > 30
    one = next(text for text in texts.values() if text.retirement_date)
    assert one.retiring_feature
    assert one.resource_singular
