"""A member asks to be deleted: what goes is listed, the member chooses, and the books keep the amounts without the person."""

from django.db import transaction
from django.utils import timezone

from backoffice import rights
from credits import services as credits
from credits.models import Account, Posting
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at
from tests.factories import PASSWORD
from tests.rewards.raffle_world import give, opened, press
from tests.signing_in import browser

LEAVE = "/luckffle/me/leave/"


class TestADeletion:
    def test_ops_32_lists_what_goes_is_chosen_and_leaves_amounts_without_the_person(self, suji):
        now = timezone.now()
        raffle = opened(now, by=hire("maker", rights.ADMIN), funder=hire("funder", rights.FINANCE))
        with transaction.atomic():
            credits.open_wallet(member_id=suji.pk)
        give(suji, 5, now)
        press(suji, raffle, at=now)
        client, name, phone = browser(suji.user), suji.user.name or suji.nickname, suji.user.phone
        page = client.get(LEAVE).text
        assert "4장" in page
        assert "1번" in page
        assert client.post(LEAVE, {"password": PASSWORD}).status_code == 422, "nothing goes before it is chosen"
        suji.refresh_from_db()
        assert suji.is_active
        before = Posting.objects.filter(account__member_id=suji.pk).count()
        assert client.post(LEAVE, {"password": PASSWORD, "sure": "on"}).status_code == 302
        suji.refresh_from_db()
        assert not suji.is_active
        moved = Posting.objects.filter(account__member_id=suji.pk).order_by("pk").values_list("amount", flat=True)
        assert list(moved)[:before] == [5, -1]
        assert sum(moved) == 0
        assert Account.objects.filter(member_id=suji.pk, balance=0).exists()
        text = enter(hire("sora", rights.SUPPORT)).get(at("rewards_member_change", suji.pk)).text
        assert "떠난 회원" in text
        assert name not in text
        assert phone not in text
