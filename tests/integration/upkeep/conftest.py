"""What a worker works with."""

from collections.abc import Iterator

import pytest

from shared.services import Services
from shared.settings import Settings


@pytest.fixture(scope="module")
def services(settings: Settings) -> Iterator[Services]:
    """What a worker works with."""
    services = Services(settings)
    services.blobs.create_container()
    yield services
    services.close()
