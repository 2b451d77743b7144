"""Application Insights gets requests, statements and numbers, signed in by identity."""

from pathlib import Path

from tests.integration.jobs.waiting import until
from tests.integration.telemetry.processes import Front
from tests.simulators.application_insights import ApplicationInsights


def test_a_request_arrives_signed_in_by_identity_under_the_callers_trace(
    own_environment: dict[str, str], outputs: Path, key: str, tmp_path: Path
) -> None:
    caller = "4bf92f3577b34da6a3ce929d0e0e4736"
    with ApplicationInsights(tmp_path / "authority.pem") as insights:
        environment = {
            **own_environment,
            "APPLICATIONINSIGHTS_CONNECTION_STRING": insights.connection_string,
            "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
            "REQUESTS_CA_BUNDLE": str(insights.ca_file),
            "OTEL_TRACES_SAMPLER": "always_on",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
        }
        with Front(environment, outputs / "front.txt") as front, front.client(key) as api:
            headers = {"traceparent": f"00-{caller}-00f067aa0ba902b7-01"}
            assert api.get("/api/v1/clients?search=somebody", headers=headers).status_code == 200
            until(lambda: insights.of_type("RequestData"), "the request to be exported")
            until(lambda: insights.of_type("RemoteDependencyData"), "the statement to be exported")
            until(lambda: any("azure_token" in str(sent) for sent in insights.of_type("MetricData")), "the numbers")
    request = insights.of_type("RequestData")[0]
    assert request["tags"]["ai.operation.id"] == caller
    assert request["tags"]["ai.cloud.role"].endswith("front")
    assert request["data"]["baseData"]["name"] == "GET /api/v1/clients"
    assert "somebody" not in str(insights.envelopes)
    statements = [sent["data"]["baseData"] for sent in insights.of_type("RemoteDependencyData")]
    assert any("authenticate_api_key" in str(statement.get("data")) for statement in statements)
    (authorization,) = insights.authorizations
    assert authorization.startswith("Bearer ey")
