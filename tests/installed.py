"""What a test needs of the machine it runs on. `.ci/run` installs all of it, and makes a skip for want of it a failure."""

import os
from typing import NoReturn

import pytest

IS_MANDATORY = os.environ.get("PROOFSHEET_BROWSER") == "required"


def go_without(what: str) -> NoReturn:
    """Skip the test because `what` is not installed, or fail it where everything has to be."""
    if IS_MANDATORY:
        pytest.fail(what, pytrace=False)
    pytest.skip(what)
