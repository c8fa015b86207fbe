"""PROOF: pictures that a person looks at, and no picture twice."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages

from campaigns import evidence as desk
from campaigns import pictures, services
from campaigns.models import BudgetSlot, Evidence, FraudSignal, Participation
from campaigns.services import moves
from campaigns.services import participation as part
from credits import proof
from credits import selectors as credits
from tests import factories
from tests.campaigns.examples import PROOF
from tests.campaigns.photographs import file_of, photograph
from tests.campaigns.racing import function_changed, tally, together
from tests.campaigns.test_answers import begin


@pytest.fixture(autouse=True)
def _a_place_for_files(settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}}


@pytest.fixture
def receipts(launch):
    return launch(type="PROOF")


def send(member, token, number, at, **more):
    return services.picture(member=member.pk, token=token, upload=photograph(number, **more), at=at)


def files():
    return sorted(storages["private"].listdir("evidence")[1])


class TestSending:
    def test_a_picture_waits_for_a_person_and_moves_no_money(self, receipts, suji, at):
        sent = send(suji, begin(suji, receipts, at), 1, at + timedelta(minutes=3))
        assert (sent.state, sent.is_new) == ("CHECKING", True)
        row = Evidence.objects.get()
        assert (row.verdict, row.kind, len(row.digest), len(row.look), row.decided_by) == ("WAITING", "PICTURE", 64, 16, None)
        assert files() == [row.file.removeprefix("evidence/")]
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.returned, slot.confirmed, credits.member_tickets(suji.pk)) == (1, 0, 0, 0)

    def test_sending_again_returns_the_same_and_keeps_one_file(self, receipts, suji, at):
        token = begin(suji, receipts, at)
        first, again = send(suji, token, 1, at), send(suji, token, 2, at)
        assert (again.public_id, again.state, again.is_new) == (first.public_id, "CHECKING", False)
        assert (len(files()), Evidence.objects.count()) == (1, 1)

    def test_it_does_not_run_out_while_it_is_looked_at(self, receipts, suji, operator, at):
        send(suji, begin(suji, receipts, at), 1, at)
        later = at + timedelta(days=20)
        assert services.expire(campaign=receipts, at=later) == 0
        services.decide_evidence(evidence=Evidence.objects.get(), is_fine=True, by=operator, at=later)
        assert credits.member_tickets(suji.pk) == 1

    @pytest.mark.parametrize(
        "upload",
        [
            file_of(b""), file_of(b"%PDF-1.7"), file_of(b"<svg onload=alert(1)>"), file_of(b"GIF89a" + b"\0" * 50),
            file_of(b"\xff\xd8\xff\xe0junk"), file_of(photograph(1).read()[:2_000]), photograph(1, size=(199, 300)),
            photograph(1, kind="GIF"),
        ],
        ids=["empty", "pdf", "svg", "gif header", "jpeg header", "cut off", "small", "gif"],
    )  # fmt: skip
    def test_what_is_no_picture_is_refused_and_kept_nowhere(self, receipts, suji, at, upload):
        token = begin(suji, receipts, at)
        with pytest.raises(pictures.PictureRefused):
            services.picture(member=suji.pk, token=token, upload=upload, at=at)
        assert (Evidence.objects.count(), Participation.objects.get().state) == (0, "STARTED")

    def test_what_was_hidden_in_the_file_is_gone(self, receipts, suji, at):
        raw = photograph(5).read()
        services.picture(member=suji.pk, token=begin(suji, receipts, at), upload=file_of(raw + b"<script>"), at=at)
        kept = storages["private"].open(Evidence.objects.get().file).read()
        assert b"<script>" not in kept


class TestUsedOnce:
    @pytest.mark.parametrize(
        "change", [{}, {"quality": 40}, {"size": (320, 240)}, {"kind": "PNG"}], ids=["same", "saved again", "smaller", "png"]
    )
    def test_usr_19_somebody_elses_receipt_is_refused_as_already_used_and_another_may_follow(self, receipts, suji, at, change):
        other = factories.MemberFactory()
        send(other, begin(other, receipts, at), 1, at)
        token = begin(suji, receipts, at)
        with pytest.raises(services.PictureUsed, match="이미 사용된 사진이에요"):
            send(suji, token, 1, at, **change)
        assert Participation.objects.get(member_id=suji.pk).state == "STARTED"
        assert FraudSignal.objects.get(participation=token.participation).code == "upload.seen"
        assert len(files()) == 1
        assert send(suji, token, 2, at).state == "CHECKING"

    def test_usr_19_not_even_in_another_campaign(self, submit, operator, suji, at):
        campaigns = [
            services.approve(campaign=submit(key=title, title=title, type="PROOF", budget=400), by=operator, at=at)
            for title in ("첫 미션", "둘째 미션")
        ]
        send(suji, begin(suji, campaigns[0], at), 1, at)
        with pytest.raises(services.PictureUsed):
            send(suji, begin(suji, campaigns[1], at), 1, at)

    def test_different_photographs_are_told_apart(self):
        looks = [int(pictures.look_of(pictures._drawn(photograph(number).read())), 16) for number in range(40)]
        distances = [(one ^ two).bit_count() for place, one in enumerate(looks) for two in looks[:place]]
        assert min(distances) > 6

    def test_captures_of_the_same_screen_may_look_alike(self, launch, suji, at):
        campaign, other = launch(type="PROOF", details={**PROOF, "preset": "PLACE"}), factories.MemberFactory()
        send(other, begin(other, campaign, at), 1, at)
        assert send(suji, begin(suji, campaign, at), 1, at, quality=40).state == "CHECKING"
        assert set(Evidence.objects.values_list("look", flat=True)) == {""}

    def test_a_refused_picture_is_free_again(self, receipts, suji, operator, at):
        other = factories.MemberFactory()
        send(other, begin(other, receipts, at), 1, at)
        services.decide_evidence(evidence=Evidence.objects.get(), is_fine=False, by=operator, at=at, reason="흐려서 안 보여요")
        assert send(suji, begin(suji, receipts, at), 1, at).state == "CHECKING"


class TestDeciding:
    def test_a_yes_grants_the_tickets_and_counts_the_price_with_its_author(self, receipts, suji, operator, at):
        send(suji, begin(suji, receipts, at), 1, at)
        row = services.decide_evidence(evidence=Evidence.objects.get(), is_fine=True, by=operator, at=at + timedelta(hours=1))
        assert (row.verdict, row.decided_by, row.decided_at) == ("APPROVED", operator, at + timedelta(hours=1))
        slot = BudgetSlot.objects.get()
        assert (credits.member_tickets(suji.pk), slot.confirmed, slot.confirmed_credits) == (1, 1, 100)
        assert services.capture_due(campaign=receipts, at=at + timedelta(hours=2)) == 100

    def test_a_no_needs_a_reason_and_gives_the_place_back(self, receipts, suji, operator, at):
        send(suji, begin(suji, receipts, at), 1, at)
        row = Evidence.objects.get()
        with pytest.raises(moves.ReasonMissing):
            services.decide_evidence(evidence=row, is_fine=False, by=operator, at=at, reason=" ")
        services.decide_evidence(evidence=row, is_fine=False, by=operator, at=at, reason="다른 가게의 영수증이에요")
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.returned, slot.confirmed, credits.member_tickets(suji.pk)) == (1, 1, 0, 0)
        assert (row.verdict, row.reason, Participation.objects.get().state) == ("REFUSED", "다른 가게의 영수증이에요", "REFUSED")

    def test_a_second_decision_changes_nothing(self, receipts, suji, operator, at):
        send(suji, begin(suji, receipts, at), 1, at)
        row = services.decide_evidence(evidence=Evidence.objects.get(), is_fine=True, by=operator, at=at)
        for is_fine in (True, False):
            with pytest.raises(services.EvidenceDecided):
                services.decide_evidence(evidence=row, is_fine=is_fine, by=operator, at=at, reason="다시")
        assert (credits.member_tickets(suji.pk), Participation.objects.get().state) == (1, "REWARDED")

    def test_an_ended_campaign_keeps_the_money_until_somebody_decides(self, receipts, suji, minji, minji_user, operator, at):
        send(suji, begin(suji, receipts, at), 1, at)
        services.end(campaign=receipts, by=minji_user, at=at)
        assert services.settle(campaign=receipts, at=at).state == "ENDED"
        assert credits.balance(minji).held == 100
        services.decide_evidence(evidence=Evidence.objects.get(), is_fine=False, by=operator, at=at, reason="아니에요")
        assert services.settle(campaign=receipts, at=at).state == "SETTLED"
        assert (credits.balance(minji).held, credits.balance(minji).available) == (0, 1_000)

    def test_the_desk_shows_what_waits_and_why_it_is_doubted(self, receipts, suji, operator, at):
        send(suji, begin(suji, receipts, at), 1, at + timedelta(seconds=2))
        (case,) = desk.cases(desk.waiting())
        assert (case.guide, case.doubts) == (PROOF["guide"], ("시작하자마자 올린 사진이에요",))
        services.decide_evidence(evidence=case.evidence, is_fine=True, by=operator, at=at)
        assert (list(desk.waiting()), [row.decided_by for row in desk.decided()]) == ([], [operator])

    def test_another_way_does_not_finish_it(self, receipts, suji, at):
        token = begin(suji, receipts, at)
        for way in (
            lambda: services.confirm(member=suji.pk, token=token, beats=9, at=at),
            lambda: services.answer(member=suji.pk, token=token, sent={"choice": 1}, at=at),
        ):
            with pytest.raises(part.OtherWay):
                way()


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_one_receipt_sent_by_eight_members_at_once_is_taken_once(self, receipts, at):
        people = [factories.MemberFactory() for _ in range(8)]
        tokens = [begin(member, receipts, at) for member in people]
        outcomes = together(
            [lambda m=m, t=t, q=q: send(m, t, 1, at, quality=60 + q) for q, (m, t) in enumerate(zip(people, tokens, strict=True))]
        )
        assert tally(outcomes) == {"won": 1, "participation.picture_used": 7}
        assert Evidence.objects.count() == 1

    @pytest.mark.tampers
    def test_looked_at_side_by_side_it_would_be_taken_more_than_once(self, receipts, at):
        people = [factories.MemberFactory() for _ in range(8)]
        tokens = [begin(member, receipts, at) for member in people]
        queue = "PERFORM pg_advisory_xact_lock(hashtext('campaigns.pictures'));"
        with function_changed(
            "campaigns_submit_picture", (queue, ""), ("    RETURN;\n  END IF;\n", "    RETURN;\n  END IF;\n  PERFORM pg_sleep(2);\n")
        ):
            together([lambda m=m, t=t: send(m, t, 1, at) for m, t in zip(people, tokens, strict=True)])
        assert Evidence.objects.count() > 1

    def test_two_people_who_decide_at_once_pay_once(self, receipts, suji, operator, minji_user, at):
        send(suji, begin(suji, receipts, at), 1, at)
        row = Evidence.objects.get()

        def decide(who, is_fine):
            return services.decide_evidence(evidence=Evidence.objects.get(pk=row.pk), is_fine=is_fine, by=who, at=at, reason="봤어요")

        wishes = [(who, is_fine) for who in (operator, minji_user) for is_fine in (True, False, True, False)]
        assert tally(together([lambda w=w: decide(*w) for w in wishes])) == {"won": 1, "evidence.decided": 7}
        slot, state = BudgetSlot.objects.get(), Participation.objects.get().state
        paid = int(state == "REWARDED")
        assert (credits.member_tickets(suji.pk), slot.confirmed, slot.returned) == (paid, paid, 1 - paid)
        assert proof.run().differences == []

    @pytest.mark.tampers
    def test_without_the_lock_on_the_participation_it_would_be_counted_and_given_back(self, receipts, suji, operator, at):
        send(suji, begin(suji, receipts, at), 1, at)
        row = Evidence.objects.get()
        changed = function_changed(
            "campaigns_decide", ("AND p.campaign_id = p_campaign FOR UPDATE;", "AND p.campaign_id = p_campaign; PERFORM pg_sleep(0.4);")
        )
        with changed:
            outcomes = tally(
                together([lambda: services.decide_evidence(evidence=Evidence.objects.get(pk=row.pk), is_fine=True, by=operator, at=at)] * 6)
            )
        assert outcomes["won"] == 1  # the row of evidence, decided once, undoes the others: the second guard
        assert outcomes.get("evidence.decided", 0) + outcomes.get("IntegrityError", 0) == 5
