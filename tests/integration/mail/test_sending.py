"""What happened arrives as mail, in the reader's words, however often relays and processes fail."""

from tests.integration.mail.conftest import Ground


def test_a_report_arrives_with_links_that_need_no_sign_in(ground: Ground) -> None:
    client_id = ground.client("Zürich <Ü>")
    ground.recipient(
        "alex@münchen.example", name="Alex “A” Doe", language="de-AT", time_zone="Europe/Vienna", kinds=["report_delivered"]
    )
    (mail,) = ground.deliver(ground.report(client_id, "Montag & <b>mehr</b>"), client_id=client_id)

    assert (mail.sender, mail.recipient) == ("reports@advisor.example", "alex@xn--mnchen-3ya.example")
    assert mail.was_encrypted
    message = mail.message
    assert message["Subject"] == "Bericht fertig: Montag & <b>mehr</b>"
    assert message["To"].addresses[0].display_name == "Alex “A” Doe"
    assert message["From"].addresses[0].display_name == "Contoso"
    assert "Montag & <b>mehr</b>" in mail.text()
    assert "Montag &amp; &lt;b&gt;mehr&lt;/b&gt;" in mail.html()
    (delivery,) = ground.mails()
    assert message["Message-ID"].startswith(f"<{delivery.id}.")
    shown = ground.shown(delivery)
    assert (shown["state"], shown["last_status"], shown["attempt_count"]) == ("accepted", 250, 1)
