"""An advertiser is a person or a business, never both, never neither."""

import pytest
from django.db import IntegrityError, transaction

from advertisers import opening
from advertisers.models import Advertiser, BusinessUser, PersonalUser


def commit(change):
    """Run a change in a transaction that really commits."""
    with transaction.atomic(durable=True):
        return change()


class TestAnAdvertiser:
    def test_s_18_of_each_kind_has_its_profile(self, transactional_db):
        person = commit(lambda: opening.open_personal(name="김민지"))
        business = commit(lambda: opening.open_business(registration_number="1248100998", company_name="민지네 커피"))
        assert (person.personal.name, business.business.shown_number) == ("김민지", "124-81-00998")

    @pytest.mark.parametrize("kind", Advertiser.Kind)
    def test_s_18_without_a_profile_is_refused_at_commit(self, transactional_db, kind):
        with pytest.raises(IntegrityError, match="exactly one profile"):
            commit(lambda: Advertiser.objects.create(kind=kind, name="이름"))
        assert Advertiser.objects.count() == 0

    def test_s_18_with_both_profiles_is_refused(self, transactional_db):
        person = commit(lambda: opening.open_personal(name="김민지"))
        with pytest.raises(IntegrityError, match="exactly one profile"):
            commit(lambda: BusinessUser.objects.create(advertiser=person, registration_number="1248100998", company_name="민지네"))
        assert BusinessUser.objects.count() == 0

    def test_s_18_with_the_other_kinds_profile_is_refused(self, transactional_db):
        person = commit(lambda: opening.open_personal(name="김민지"))
        with pytest.raises(IntegrityError, match="exactly one profile"):
            commit(lambda: Advertiser.objects.filter(pk=person.pk).update(kind=Advertiser.Kind.BUSINESS))

    def test_s_18_whose_profile_is_deleted_is_refused(self, transactional_db):
        person = commit(lambda: opening.open_personal(name="김민지"))
        with pytest.raises(IntegrityError, match="exactly one profile"):
            commit(lambda: PersonalUser.objects.filter(advertiser=person).delete())

    def test_s_18_whose_profile_moves_to_another_is_refused(self, transactional_db):
        one, other = (commit(lambda name=name: opening.open_personal(name=name)) for name in ("하나", "둘"))
        with pytest.raises(IntegrityError):
            commit(lambda: PersonalUser.objects.filter(advertiser=one).update(advertiser=other))

    def test_s_18_may_exchange_one_profile_for_the_other_in_one_transaction(self, transactional_db):
        person = commit(lambda: opening.open_personal(name="김민지"))

        def become_a_business():
            PersonalUser.objects.filter(advertiser=person).delete()
            Advertiser.objects.filter(pk=person.pk).update(kind=Advertiser.Kind.BUSINESS)
            BusinessUser.objects.create(advertiser=person, registration_number="1248100998", company_name="민지네")

        commit(become_a_business)
        assert BusinessUser.objects.get().advertiser_id == person.pk

    def test_s_18_may_be_deleted_with_its_profile(self, transactional_db):
        person = commit(lambda: opening.open_personal(name="김민지"))
        commit(lambda: Advertiser.objects.filter(pk=person.pk).delete())
        assert PersonalUser.objects.count() == 0

    def test_opened_outside_a_transaction_is_a_bug(self, transactional_db):
        with pytest.raises(RuntimeError, match="joins the transaction"):
            opening.open_personal(name="김민지")
