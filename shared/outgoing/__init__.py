"""Requests to addresses that users give: to public hosts only, unless whoever runs the installation allows others."""
