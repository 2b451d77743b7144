"""The serverless front: the HTTP API and the timers of one Azure Functions app.

The Functions host imports this package by the name of the marker file ``function_app.py`` and looks for exactly one app.
"""

import azure.functions

from function_app.asgi import application
from function_app.timers import register

app = azure.functions.AsgiFunctionApp(
    app=application, http_auth_level=azure.functions.AuthLevel.ANONYMOUS, function_name="http"
)
register(app)

__all__ = ["app"]
