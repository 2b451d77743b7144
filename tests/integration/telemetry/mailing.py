"""Mail, taken through a relay that does not accept the password, and through links and reports that somebody made up."""

import httpx

from tests.integration.jobs.waiting import until
from tests.integration.telemetry.canaries import Search

_PATH = "/api/v1/mail"


def use_mail(api: httpx.Client, anonymous: httpx.Client, search: Search, planted: dict[str, str]) -> int | None:
    """Have a mail sent and return what the relay said; look at every answer."""
    made = api.post(f"{_PATH}/recipients", json={"address": "alex@example.com", "kinds": ["report_delivered"]})
    assert made.status_code == 201, made.text
    sent = api.post(f"{_PATH}/recipients/{made.json()['id']}/test")
    assert sent.status_code == 202, sent.text
    mail = f"{_PATH}/deliveries/{sent.json()['id']}"

    def tried() -> bool:
        return bool(api.get(mail).json()["attempts"])

    until(tried, "the mail to be tried")
    shown = api.get(mail)
    signature = planted["STRANGERS_SIGNATURE"]
    answers = [
        *(made, sent, shown),
        *(api.get(f"{_PATH}{path}") for path in ("", "/recipients", "/deliveries", "/holds")),
        anonymous.get(f"{_PATH}/unsubscribe", params={"t": "AAAA", "sig": signature[:90]}),
        anonymous.get(f"{_PATH}/file", params={"t": "AAAA", "sig": signature[:90]}),
        anonymous.post(f"{_PATH}/delivery-reports", params={"sig": planted["STRANGERS_KEY"]}, json=[]),
        anonymous.post(f"{_PATH}/delivery-reports", headers={"X-Report-Key": signature}, json=[]),
    ]
    for answer in answers:
        search.look("answer: mail", str(answer.headers).encode() + answer.content)
    status: int | None = shown.json()["last_status"]
    return status
