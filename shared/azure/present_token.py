"""The present token of a credential on each request, and its replacement where Azure refuses it."""

from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from shared.azure.errors import AzureCallError


class TokenRefusedError(Exception):
    """The service does not accept the token, although it was valid by this machine's clock."""

    def __init__(self, told: AzureCallError, token: str) -> None:
        super().__init__()
        self.told = told
        self.token = token


class PresentToken(SansIOHTTPPolicy[Any, Any]):
    """Puts the credential's present token on each request; the credential keeps and renews it."""

    def __init__(self, credential: TokenCredential, scope: str) -> None:
        super().__init__()
        self._credential = credential
        self._scope = scope

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Put it on ``request``."""
        request.http_request.headers["Authorization"] = f"Bearer {self.text()}"

    def text(self) -> str:
        """Return it; raises :class:`~shared.azure.errors.AzureCallError`."""
        return self._credential.get_token(self._scope).token

    def replace(self, refused: str) -> None:
        """Let the credential keep another token than the one that was refused, if it can be asked for one."""
        another = getattr(self._credential, "another_token", None)
        if another is not None:
            another(self._scope, refused=refused)
