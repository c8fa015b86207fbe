"""Two operators decide one request at the same moment."""

import threading

import pytest
from django.db import connection, transaction

from identity import approvals
from identity.models import ApprovalRequest, User
from tests.connecting import connect_patiently
from tests.factories import UserFactory


def decide_together(request_id: int, people: list[User], at, *, locked: bool) -> list[str]:
    """Everybody decides at once; who believes to have decided."""
    barrier, won, guard = threading.Barrier(len(people)), [], threading.Lock()

    def decide(person: User) -> None:
        try:
            connect_patiently()
            barrier.wait(timeout=20)
            with transaction.atomic():
                if locked:
                    approvals.approve(request_id=request_id, by=person, at=at)
                else:  # the negative control: look, then write
                    row = ApprovalRequest.objects.get(pk=request_id)
                    barrier.wait(timeout=20)
                    if not row.is_waiting:
                        raise approvals.AlreadyDecided
                    approvals._decide(row, ApprovalRequest.State.APPROVED, by=person, at=at, reason="")
            with guard:
                won.append(person.username)
        except approvals.AlreadyDecided:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return won


@pytest.mark.django_db(transaction=True)
class TestEightOperatorsAtOnce:
    def _ask(self, at) -> tuple[int, list[User]]:
        maker = UserFactory(kind=User.Kind.OPERATOR)
        with transaction.atomic():
            request = approvals.ask(kind="k", subject="s", summary="요약", data={}, by=maker, key="key", at=at)
        return request.pk, [UserFactory(kind=User.Kind.OPERATOR) for _ in range(8)]

    def test_one_decides(self, at):
        request_id, people = self._ask(at)
        won = decide_together(request_id, people, at, locked=True)
        assert len(won) == 1
        assert ApprovalRequest.objects.get().decided_by.username == won[0]

    def test_without_the_lock_everybody_believes_to_have_decided(self, at):
        request_id, people = self._ask(at)
        assert len(decide_together(request_id, people, at, locked=False)) == 8
