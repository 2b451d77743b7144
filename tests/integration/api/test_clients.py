"""Clients over HTTP."""

import pytest
from httpx import Client, Response

PATH = "/api/v1/clients"


def names(answer: Response) -> list[str]:
    return [item["name"] for item in answer.json()["items"]]


def test_created_client_is_found_where_location_says(api: Client) -> None:
    created = api.post(PATH, json={"name": " Contoso ", "reference": "CRM-1", "contact_email": "it@contoso.example"})
    assert created.status_code == 201
    read = api.get(created.headers["Location"])
    assert read.json() == created.json()
    assert read.json()["name"] == "Contoso"
    assert read.headers["ETag"] == created.headers["ETag"] == '"1"'


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x", "contact_email": "nobody"}, "contact_email"),
        ({"name": "x", "status": "gone"}, "status"),
        ({"name": "x", "notes": None}, "notes"),
        ({"name": "x", "nmae": "y"}, "nmae"),
        ([], ""),
    ],
)
def test_fields_that_are_not_valid_are_named(api: Client, body: object, field: str) -> None:
    answer = api.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1,2", b'{"name": "\\ud8"}', b'{"name": "\\ud800"}'])
def test_body_that_is_no_json_is_refused(api: Client, body: bytes) -> None:
    answer = api.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["type"].startswith("urn:azure-advisor-reports:problem:")


@pytest.mark.parametrize("name", ["株式会社 東京", "شركة", "Ørsted & Søn", "🏢", "a" * 200, "O'Neil; drop table client--"])
def test_names_of_any_script_come_back_unchanged(api: Client, name: str) -> None:
    created = api.post(PATH, json={"name": name}).json()
    assert created["name"] == name
    assert names(api.get(PATH, params={"search": name[:100]})) == [name]


def test_reference_is_unique_among_living_clients(api: Client) -> None:
    first = api.post(PATH, json={"name": "A", "reference": "CRM-1"}).json()
    taken = api.post(PATH, json={"name": "B", "reference": "CRM-1"})
    assert (taken.status_code, taken.json()["code"]) == (409, "reference_taken")
    assert api.delete(f"{PATH}/{first['id']}").status_code == 204
    assert api.post(PATH, json={"name": "B", "reference": "CRM-1"}).status_code == 201


def test_change_touches_only_the_fields_given(api: Client, client_id: str) -> None:
    answer = api.patch(f"{PATH}/{client_id}", json={"notes": "Gold"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["notes"], answer.json()["version"]) == ("Contoso", "Gold", 2)
    assert answer.headers["ETag"] == '"2"'


def test_change_needs_the_version_it_is_based_on(api: Client, client_id: str) -> None:
    path = f"{PATH}/{client_id}"
    assert api.patch(path, json={"notes": "x"}).status_code == 428
    assert api.patch(path, json={"notes": "x"}, headers={"If-Match": '"1"'}).status_code == 200
    lost = api.patch(path, json={"notes": "y"}, headers={"If-Match": '"1"'})
    assert (lost.status_code, lost.json()["code"]) == (412, "version_conflict")
    assert api.patch(path, json={"notes": "z"}, headers={"If-Match": "*"}).json()["notes"] == "z"


@pytest.mark.parametrize("tag", ["1", 'W/"1"', '"x"', '"' + "9" * 50 + '"', '"-1"', "''"])
def test_tags_that_were_never_given_match_nothing(api: Client, client_id: str, tag: str) -> None:
    answer = api.patch(f"{PATH}/{client_id}", json={"notes": "x"}, headers={"If-Match": tag})
    assert answer.status_code == 412


def test_unchanged_client_is_not_sent_again(api: Client, client_id: str) -> None:
    path = f"{PATH}/{client_id}"
    tag = api.get(path).headers["ETag"]
    again = api.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    api.patch(path, json={"notes": "x"}, headers={"If-Match": tag})
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_deleted_client_is_gone_with_its_reports(api: Client, client_id: str) -> None:
    files = {"file": ("a.csv", b"Category\nCost\n")}
    ordered = api.post("/api/v1/reports", data={"client_id": client_id}, files=files).json()
    assert api.delete(f"{PATH}/{client_id}").status_code == 204
    assert api.delete(f"{PATH}/{client_id}").status_code == 404
    assert api.get(f"{PATH}/{client_id}").status_code == 404
    assert api.get(f"/api/v1/reports/{ordered['report']['id']}").status_code == 404
    assert api.get(f"/api/v1/jobs/{ordered['job']['id']}").json()["state"] == "cancelled"


def test_search_takes_wildcards_literally(api: Client) -> None:
    for name in ("100% Ltd", "1000 Ltd", "under_score", "back\\slash"):
        api.post(PATH, json={"name": name})
    assert names(api.get(PATH, params={"search": "100%"})) == ["100% Ltd"]
    assert names(api.get(PATH, params={"search": "r_s"})) == ["under_score"]
    assert names(api.get(PATH, params={"search": "k\\s"})) == ["back\\slash"]


def test_clients_are_filtered_by_status(api: Client) -> None:
    api.post(PATH, json={"name": "A"})
    api.post(PATH, json={"name": "B", "status": "inactive"})
    assert names(api.get(PATH, params={"status": "inactive"})) == ["B"]
    assert api.get(PATH, params={"status": "x"}).status_code == 422


def test_inactive_client_gets_no_report(api: Client, client_id: str) -> None:
    api.patch(f"{PATH}/{client_id}", json={"status": "inactive"}, headers={"If-Match": "*"})
    answer = api.post("/api/v1/reports", data={"client_id": client_id}, files={"file": ("a.csv", b"x")})
    assert (answer.status_code, answer.json()["code"]) == (409, "client_inactive")
