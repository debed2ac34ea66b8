"""The world of the tables of permissions, for hostile requests too."""

from tests.test_permissions import world

__all__ = ["world"]
