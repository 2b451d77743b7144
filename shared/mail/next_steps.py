"""What to do about a mail that did not arrive, by the code of its error."""

_TRIED_AGAIN = "It is tried again by itself; send it again (POST …/send-again) once it has failed."
_OF_RELAY = "Let whoever runs this installation look at the answer and at MAIL_FROM. " + _TRIED_AGAIN
_RELEASE = "Put the address right, or release it (DELETE /mail/holds/{id}) where it takes mail, then send the mail again."
_SECRETS = "Let whoever runs this installation look at the Key Vault. " + _TRIED_AGAIN
_NOTHING = "Nothing is left to do."
_BY_CODE = {
    "relay_failed": "Let whoever runs this installation run `python -m worker doctor`, which says what to set. "
    + _TRIED_AGAIN,
    "sender_refused": _OF_RELAY,
    "sender_deferred": _OF_RELAY,
    "recipient_refused": "The answer says why. " + _RELEASE,
    "message_refused": "The answer says why. Put that right, then send the mail again.",
    "mail_not_written": "Give the administrator the id of the mail: the log names the place. " + _TRIED_AGAIN,
    "worker_lost": "Let the administrator look at the memory and the log of the workers, then send the mail again.",
    "mail_key_missing": "Add a recipient: that makes the key. " + _TRIED_AGAIN,
    "secret_missing": _SECRETS,
    "secret_store_missing": _SECRETS,
    "vault_unavailable": _SECRETS,
    "recipient_disabled": "Enable the recipient, then send the mail again.",
    "address_unsubscribed": "Leave it so, unless the person asks for these mails again: then release the address.",
    "address_bounced": _RELEASE,
    "address_refused": _RELEASE,
    "address_suppressed": "Take the address off the relay's own list. " + _RELEASE,
    "reported_bounced": _RELEASE,
    "reported_suppressed": "Take the address off the relay's own list. " + _RELEASE,
    "reported_quarantined": "Ask the receiving side to release it and to trust the sender, then send the mail again.",
    "reported_filtered_spam": "Ask the receiving side to trust the sender, then send the mail again.",
    "reported_failed": "The message says why. Put that right, then send the mail again.",
    "report_gone": _NOTHING,
    "files_gone": "Retry the report where its files are still wanted.",
    "recipient_gone": _NOTHING,
    "nothing_happened": _NOTHING,
}


def error_column(row: str) -> str:
    """Return the expression that shows the error of a row of mails or attempts, ``null`` where it has none."""
    cases = " ".join(f"when {_quoted(code)} then {_quoted(text)}" for code, text in _BY_CODE.items())
    next_step = f"case {row}.error_code {cases} else {_quoted(_TRIED_AGAIN)} end"
    return (
        f"case when {row}.error_code is not null then json_build_object("
        f"'code', {row}.error_code, 'message', {row}.error, 'next_step', {next_step}) end as error"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
