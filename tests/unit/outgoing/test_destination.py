"""Requests go to the public internet and nowhere else, however an address is disguised."""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from shared.outgoing.destination import HostUnknownError, UrlRefusedError, check, resolve
from shared.outgoing.rules import Rules

_PUBLIC = "203.0.114.7"
_WIDE_OPEN = Rules(ports=frozenset({80, 443}), networks=(ip_network("0.0.0.0/0"), ip_network("::/0")), may_use_http=True)


def _to(*found: str) -> "_Fixed":
    return _Fixed(found)


class _Fixed:
    """Resolves every name to the same addresses, and counts how often it was asked."""

    def __init__(self, found: Sequence[str]) -> None:
        self.found = found
        self.asked = 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        assert host
        assert port
        self.asked += 1
        return self.found


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
        *("169.254.169.254", "168.63.129.16", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::ffff:0:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::a00:1"),
        *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:f5ff:fffe"),
        *("2a01:111::5efe:10.0.0.1", "2a01:111::200:5efe:192.168.0.1"),
    ],
)
def test_a_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(UrlRefusedError):
        resolve("https://hooks.example.com/", Rules(), resolver=_to(address))
    with pytest.raises(UrlRefusedError):
        resolve("https://hooks.example.com/", Rules(), resolver=_to(_PUBLIC, address))


@pytest.mark.parametrize("address", [_PUBLIC, "20.50.2.1", "2603:1020::1", "64:ff9b::1432:201", "2002:1432:201::1"])
def test_a_name_that_leads_to_the_public_internet_is_resolved_once(address: str) -> None:
    resolver = _to(address)
    destination = resolve("https://Hooks.Example.com/a%20b?c=d#e", Rules(), resolver=resolver)
    assert destination.ip_addresses == (address,)
    assert resolver.asked == 1
    assert (destination.host_header, destination.target) == ("hooks.example.com", "/a%20b?c=d")


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks.example.com", "//hooks.example.com", "ftp://hooks.example.com", "file:///etc/passwd", "gopher://x/"),
        *("http://hooks.example.com/", "https://", "https:///path", "https://:443/", "javascript:alert(1)"),
        *("https://user:password@hooks.example.com/", "https://hooks.example.com@127.0.0.1/", "https://a@b@c/"),
        *("https://hooks.example.com:22/", "https://hooks.example.com:8443/", "https://hooks.example.com:99999/"),
        *("https://hooks.example.com:x/", "https://hooks.example.com:0/"),
        *("https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://017700000001/", "https://127.1/"),
        *("https://0177.0.0.1/", "https://0/", "https://127.0.0.1./", "https://127.0.0.1/", "https://10.0.0.1/"),
        *("https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[fe80::1%25eth0]/"),
        *("https://[fe80::1%eth0]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::]/", "https://[::1/", "https://[v1.x]/"),
        *("https://１２７.0.0.1/", "https://127。0。0。1/", "https://①②⑦.⓪.⓪.①/", "https://ⓛocalhost:22/"),
        *("https://hooks.example.com\\@127.0.0.1/", "https://hooks.example.com/ a", "https://hooks.example.com/\r\nHost: x"),
        *("https://hooks.example.com/\0", "https://hooks%2eexample.com/", "https://hooks..example.com/", "https://-a.com/"),
        *(
            "https://a_b.example.com/",
            "https://xn--a.example/",
            "https://" + "a" * 64 + ".com/",
            "https://a.com/" + "a" * 2000,
        ),
        "https://169.254.169.254/metadata/identity/oauth2/token",
    ],
)
def test_an_address_of_a_form_that_is_not_allowed_is_refused_without_asking_anybody(url: str) -> None:
    with pytest.raises(UrlRefusedError) as refused:
        check(url, Rules())
    assert refused.value.next_step


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://hooks.example.com./", "hooks.example.com"),
        ("https://ＨＯＯＫＳ.example.com/", "hooks.example.com"),
        ("https://[2603:1020::1]/", "2603:1020::1"),
    ],
)
def test_a_host_is_called_as_dns_and_tls_know_it(url: str, host: str) -> None:
    assert check(url, Rules())[1] == host


def test_letters_beyond_ascii_in_a_path_are_sent_as_bytes() -> None:
    assert check("https://hooks.example.com/übung?é=1", Rules())[3] == "/%C3%BCbung?%C3%A9=1"


def test_a_name_without_an_address_is_tried_again_later() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError(f"{host}:{port} is unknown")

    for resolver in (unknown, _to()):
        with pytest.raises(HostUnknownError) as failed:
            resolve("https://hooks.example.com/", Rules(), resolver=resolver)
        assert failed.value.retryable


def test_networks_open_private_addresses_but_neither_loopback_nor_plain_http() -> None:
    rules = Rules(networks=(ip_network("10.20.0.0/16"), ip_network("127.0.0.0/8")))
    assert resolve("https://hooks.internal/", rules, resolver=_to("10.20.1.1", "::ffff:10.20.1.2"))
    for address in ("10.21.0.1", "127.0.0.1"):
        with pytest.raises(UrlRefusedError):
            resolve("https://hooks.internal/", rules, resolver=_to(address))
    with pytest.raises(UrlRefusedError):
        check("http://hooks.internal/", rules)


def test_hosts_are_trusted_with_their_port_only() -> None:
    rules = Rules(hosts=frozenset({("hooks.internal", 8080)}))
    assert resolve("http://hooks.internal:8080/", rules, resolver=_to("127.0.0.1")).host_header == "hooks.internal:8080"
    for url in ("http://hooks.internal/", "https://hooks.internal:8081/", "http://other.internal:8080/"):
        with pytest.raises(UrlRefusedError):
            resolve(url, rules, resolver=_to("127.0.0.1"))


@pytest.mark.parametrize("address", ["169.254.169.254", "168.63.129.16", "::ffff:169.254.169.254", "fe80::1", "224.0.0.1"])
def test_nothing_opens_the_metadata_service(address: str) -> None:
    rules = Rules(networks=_WIDE_OPEN.networks, hosts=frozenset({("hooks.internal", 443)}), may_use_http=True)
    with pytest.raises(UrlRefusedError):
        resolve("https://hooks.internal/", rules, resolver=_to(address))
