"""Long-running work: the Celery workers, the jobs behind them, the report renderers and the command line.

Importing this package loads nothing else, so that the command line and the report's child processes start fast.
"""
