"""Which key a run takes, and which one next: the same for workers and for scripts' calls.

A run is never paid twice: another key is tried only after an answer which proves that nothing ran with the one before.
"""

import logging
from collections.abc import Sequence

from django.db import transaction

from gallery.gateway import errors
from gallery.models import Generation
from gallery.services import api_keys, budgets, gateways, key_uses

logger = logging.getLogger(__name__)

# Refused before anything was done. That a body tells of such a status within a 200 proves nothing.
PROOFS = (401, 402, 403, 429)


class KeyChoice:
    """The connections that one run may use, in their order. Each is taken at most once."""

    def __init__(self, generation: Generation, accesses: Sequence[gateways.Access]):
        self.generation = generation
        self.accesses = list(accesses)
        self.waiting = list(accesses)
        self.at_limit = 0

    def take(self) -> gateways.Access:
        """The first whose limits leave room for this run, which is counted and noted on the row. Raises GatewayError."""
        while self.waiting:
            access = self.waiting.pop(0)
            if access.api_key is None or key_uses.take(access.api_key, self.generation, label=access.key_label):
                return access
            self.at_limit += 1
        raise self._none_left()

    def take_next(self, problem: errors.GatewayError, access: gateways.Access) -> gateways.Access:
        """The connection to try after this answer. Raises the problem itself where a second call could be paid, where it
        has nothing to do with the key, and where this was the only key; else why there is no other. Asked twice, where the
        database gave the first time up, it gives the same."""
        if access.api_key is None or not proves_nothing_ran(problem):
            raise problem
        if len(self.accesses) == 1:
            # Whoever has one key is told to wait by the line of its gateway.
            if not isinstance(problem, errors.TooManyRequests):
                api_keys.set_aside(access.api_key, problem)
            raise problem
        self.waiting = self.accesses[1 + next(place for place, one in enumerate(self.accesses) if one is access) :]
        with transaction.atomic():
            budgets.lock_books()
            api_keys.set_aside(access.api_key, problem)
            key_uses.give_back(self.generation)
            logger.info("generation %s: %s did not take it (%s)", self.generation.pk, access.key_label, problem.kind)
            try:
                return self.take()
            except errors.GatewayError as none_left:
                none_left.detail, none_left.was_read = problem.detail, problem.was_read
                found = none_left
        raise found from problem

    def _none_left(self) -> errors.GatewayError:
        gateway = self.generation.gateway
        assert gateway is not None
        return api_keys.none_left(gateway, gateways.keys_in_force(gateway), at_limit=self.at_limit)


def proves_nothing_ran(problem: errors.GatewayError) -> bool:
    """Whether the gateway refused the key or its account, and so surely ran nothing: another key may fare better."""
    if problem.may_have_run or problem.result is not None:
        return False
    if problem.status is None:
        # Never sent: a secret that cannot be one.
        return isinstance(problem, errors.KeyRefused)
    is_about_the_key = isinstance(problem, errors.KeyRefused | errors.OutOfCredit | errors.TooManyRequests)
    return problem.status in PROOFS and (
        is_about_the_key or (problem.status == 403 and type(problem) is errors.Rejected)
    )
