"""How many requests a second a server answers: by wrk where it is installed, else by a loader of our own."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from infra.local import places

CONNECTIONS = 16


def loader_name() -> str:
    """Return what loads the server here."""
    return f"wrk -t1 -c{CONNECTIONS}" if shutil.which("wrk") else f"own asyncio loader, {CONNECTIONS} connections"


def requests_per_s(url: str, headers: Mapping[str, str], *, seconds: int) -> float:
    """Load ``url`` from another process for ``seconds``; raises where an answer is not 200."""
    if shutil.which("wrk"):
        return _by_wrk(url, headers, seconds)
    command = [sys.executable, "-m", "tests.bench.http_load", url, json.dumps(dict(headers)), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=places.REPOSITORY)
    return float(done.stdout)


def _by_wrk(url: str, headers: Mapping[str, str], seconds: int) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    text = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise AssertionError(f"some requests failed:\n{text}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if found is None:
        raise AssertionError(f"wrk said nothing of requests a second:\n{text}")
    return float(found[1])


async def _load(url: str, headers: Mapping[str, str], seconds: float) -> float:
    deadline = time.perf_counter() + seconds
    counts = await asyncio.gather(*(_ask_until(url, headers, deadline) for _ in range(CONNECTIONS)))
    return sum(counts) / seconds


async def _ask_until(url: str, headers: Mapping[str, str], deadline: float) -> int:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    target = f"{address.path or '/'}{'?' + address.query if address.query else ''}"
    lines = [f"GET {target} HTTP/1.1", f"Host: {address.netloc}", *(f"{name}: {value}" for name, value in headers.items())]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    count = 0
    while time.perf_counter() < deadline:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if not head.startswith(b"HTTP/1.1 200 ") or length is None:
            raise AssertionError(f"an answer was not 200 of known length: {head[:200]!r}")
        await reader.readexactly(int(length[1]))
        count += 1
    writer.close()
    return count


if __name__ == "__main__":
    print(asyncio.run(_load(sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3]))))
