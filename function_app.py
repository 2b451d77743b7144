"""Only a marker: the Functions host wants this file to exist, then imports the package of the same name beside it.

The package wins over this file, so nothing here ever runs. The app is in ``function_app/__init__.py``.
"""
