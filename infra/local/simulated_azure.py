"""An Azure to read from where there is none: Resource Manager, Advisor and Resource Graph on loopback."""

from pathlib import Path

from tests.generators.azure_estate import make_estate
from tests.simulators.azure_management import AzureManagement
from tests.simulators.managed_identity import ManagedIdentityEndpoint

_CA_FILE = "azure.pem"
# As many as large estates have on average.
_RECOMMENDATIONS_EACH = 40


class SimulatedAzure:
    """One estate, read with the tokens that ``identity`` gives; it keeps Resource Graph's real quota."""

    def __init__(self, identity: ManagedIdentityEndpoint, subscriptions: int) -> None:
        self.subscriptions = subscriptions
        self._azure = AzureManagement(
            make_estate(subscriptions, subscriptions * _RECOMMENDATIONS_EACH), issuer=identity.issuer
        )

    def start(self, folder: Path) -> dict[str, str]:
        """Listen, and return the variables by which a process of the product finds it."""
        self._azure.start()
        return self._azure.environment(folder / _CA_FILE)

    def stop(self) -> None:
        """Stop listening."""
        self._azure.stop()

    @property
    def url(self) -> str:
        """Its address."""
        return self._azure.url
