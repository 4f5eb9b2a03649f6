"""Descriptions of unexpected errors for the log."""

import traceback


def describe_failure(error: Exception) -> str:
    """Return type and location of the error, without its message, which may contain personal data."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    return f"{type(error).__name__} in {frames[-1].filename}, line {frames[-1].lineno}"
