"""The child process that opens one private key: it reads a job as JSON from standard input and answers on standard output.

How long that takes is up to whoever made the file: a password may be stretched without end in parts that cannot be looked at
before they are decrypted, and numbers may be chosen so that it takes minutes to see whether they are a key. No library lets
itself be interrupted there, a process does.
"""

import base64
import json
import resource
import sys
from pathlib import Path
from typing import Any

# Last of all places: beside this file lie modules with names of others.
sys.path.append(str(Path(__file__).parents[2]))

from shared.child_process import end_with


def main() -> None:
    """Answer ``{"key": …, "certificates": […]}``, all as PEM and unlocked, or ``{"refused": …}``."""
    end_with(int(sys.argv[1]))
    job = json.load(sys.stdin)
    # Below the hard limit, at which it would be a kill like any other.
    resource.setrlimit(resource.RLIMIT_CPU, (job["processor_s"], job["processor_s"] + 5))
    resource.setrlimit(resource.RLIMIT_AS, (job["max_memory_bytes"], job["max_memory_bytes"]))
    # Where the parent finds its libraries: on some hosts that is no place that Python looks at by itself.
    sys.path[:] = job["path"]
    json.dump(_opened(job), sys.stdout)


def _opened(job: dict[str, Any]) -> dict[str, Any]:
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm  # noqa: PLC0415 - see main
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415

    data = base64.b64decode(job["data"])
    phrase = None if job["phrase"] is None else job["phrase"].encode()
    certificates: list[Any] = []
    try:
        if job["is_pem"]:
            key: Any = serialization.load_pem_private_key(data, phrase)
        else:
            key, own, others = pkcs12.load_key_and_certificates(data, phrase)
            certificates = [own, *others] if own is not None else []
    except (ValueError, TypeError):
        return {"refused": "locked"}
    except UnsupportedAlgorithm:
        return {"refused": "unsupported"}
    except (MemoryError, InternalError) as error:
        # The latter is most of what OpenSSL may say, also that it got no memory.
        is_memory = isinstance(error, MemoryError) or "malloc failure" in str(error)
        return {"refused": "memory" if is_memory else "broken"}
    if not isinstance(key, RSAPrivateKey):
        return {"refused": "no_key" if key is None else "not_rsa"}
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return {
        "key": key.private_bytes(serialization.Encoding.PEM, pkcs8, plain).decode(),
        "certificates": [one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates],
    }


if __name__ == "__main__":
    main()
