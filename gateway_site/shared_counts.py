"""The cache in which all processes count what is tried: Django's, except that it does not keep a database in trouble to itself."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, IntegrityError, connections, router, transaction


class SharedCounts(DatabaseCache):
    """Django's own says of a database that is locked, full or read-only what it says of a key that is taken already. Whoever
    counts tries by it then turns people away for having tried too often, or does not count at all."""

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """Raises DatabaseError. That another process was first is still no more than False."""
        alias = router.db_for_write(self.cache_model_class)
        troubles: list[DatabaseError] = []

        def noticing(execute: Any, *words: Any) -> Any:
            try:
                return execute(*words)
            except IntegrityError:
                raise
            except DatabaseError as problem:
                troubles.append(problem)
                raise

        # What begins and what commits is ours, and so raises by itself: a disk that is full often shows there alone.
        with connections[alias].execute_wrapper(noticing), transaction.atomic(using=alias):
            is_done = bool(super()._base_set(mode, key, value, timeout))  # type: ignore[misc]
            if troubles:
                raise troubles[0]
        return is_done
