"""Proving who one is, by both agencies; and everything a browser might claim instead."""

import base64
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.models import DatedSetting
from identity import identity_checks
from identity.agencies import inicis
from identity.agencies.base import NotBelieved
from identity.identity_checks import AnotherPerson, NotProved, PersonKnown, Purpose, State, TooManyTries
from identity.models import AccessLog, IdentityCheck, User
from tests import factories

BROWSER, OTHER_BROWSER = "b" * 64, "c" * 64
BOTH = pytest.mark.parametrize("provider", ["PORTONE", "INICIS"])


def begin(outside, provider="INICIS", *, browser=BROWSER, user=None, purpose=Purpose.SIGN_UP, at=None):
    check = identity_checks.start(purpose=purpose, user=user, browser=browser, address="a" * 64, at=at or timezone.now(), provider=provider)
    outside.window(check)
    return check


def complete(check, callback=None, *, at=None):
    return identity_checks.complete(public_id=check.public_id, callback=callback or {}, at=at or timezone.now())


def claim(check, **changes):
    said = {"public_id": check.public_id, "purpose": Purpose.SIGN_UP, "browser": BROWSER, "at": timezone.now(), **changes}
    with transaction.atomic():
        return identity_checks.claim(**said)


def verified(outside, person="minji", provider="INICIS", **options):
    check = begin(outside, provider, **options)
    return complete(check, outside.decides(check, person))


def nothing_is_linked():
    return not IdentityCheck.objects.exclude(person_hash="").exists() and not User.objects.exclude(person_hash="").exists()


@BOTH
class TestACheck:
    def test_s_21_s_22_tells_our_server_who_it_was(self, db, outside, provider):
        facts = claim(verified(outside, provider=provider))
        assert (facts.name, facts.birth_on, facts.phone, facts.sex, facts.is_foreigner) == (
            "김민지", date(1990, 1, 31), "+821012345678", "F", False,
        )  # fmt: skip
        assert len(facts.person_hash) == 64

    def test_is_the_same_person_at_every_agency_and_nobody_else(self, db, outside, provider):
        one = verified(outside, provider=provider)
        again, other = verified(outside), verified(outside, "eve")
        assert one.person_hash == again.person_hash != other.person_hash

    def test_keeps_no_ci_and_nothing_readable(self, db, outside, provider):
        check = verified(outside, provider=provider)
        kept = " ".join(str(value) for value in vars(check).values())
        for word in ("김민지", "1012345678", "1990-01-31", "19900131"):
            assert word not in kept
        claim(check)
        check.refresh_from_db()
        assert check.facts == ""

    def test_adv_05_whose_window_was_closed_is_not_verified_and_may_be_tried_again(self, db, outside, provider):
        check = begin(outside, provider)
        check = complete(check, outside.decides(check, ""))
        assert check.state == State.FAILED
        with pytest.raises(NotProved):
            claim(check)
        assert claim(verified(outside, provider=provider))

    def test_adv_06_is_asked_about_once_however_often_the_browser_comes_back(self, db, outside, provider):
        check = begin(outside, provider)
        callback = outside.decides(check, "minji")
        first, second = complete(check, callback), complete(check, callback)
        assert (first.state, first.finished_at) == (second.state, second.finished_at) == (State.VERIFIED, first.finished_at)
        assert AccessLog.objects.filter(action="identity_check.verified").count() == 1

    def test_adv_06_is_used_once(self, db, outside, provider):
        check = verified(outside, provider=provider)
        claim(check)
        with pytest.raises(NotProved):
            claim(check)

    @pytest.mark.parametrize("changed", [{"browser": OTHER_BROWSER}, {"browser": ""}, {"purpose": Purpose.STEP_UP}])
    def test_adv_06_is_worth_nothing_in_another_browser_or_for_another_purpose(self, db, outside, provider, changed):
        check = verified(outside, provider=provider)
        with pytest.raises(NotProved):
            claim(check, **changed)

    def test_is_worth_nothing_after_half_an_hour(self, db, outside, provider):
        check = verified(outside, provider=provider)
        with pytest.raises(NotProved):
            claim(check, at=timezone.now() + timedelta(minutes=30))

    def test_that_was_started_ten_minutes_ago_is_not_asked_about(self, db, outside, provider):
        check = begin(outside, provider, at=timezone.now() - timedelta(minutes=10))
        assert complete(check, outside.decides(check, "minji")).state == State.STARTED

    def test_of_somebody_without_a_ci_is_told_apart(self, db, outside, provider):
        check = verified(outside, "kakao", provider)
        assert (check.state, check.code) == (State.FAILED, "NO_CI")

    def test_knows_foreigners(self, db, outside, provider):
        facts = claim(verified(outside, "foreigner", provider))
        assert (facts.name, facts.is_foreigner) == ("JOHN SMITH", True)


class TestWhatTheBrowserClaims:
    def test_adv_06_forged_fields_link_nothing(self, db, outside):
        check = begin(outside)
        callback = outside.decides(check, "")
        forged = {"resultCode": "0000", "userName": "김민지", "userCi": "x" * 88, "mTxId": check.ref, "svcCd": "03"}
        assert complete(check, {**callback, **forged}).state == State.REFUSED
        assert nothing_is_linked()

    def test_adv_06_forged_fields_at_portone_link_nothing(self, db, outside):
        check = begin(outside, "PORTONE")
        outside.decides(check, "")
        forged = {"status": "VERIFIED", "identityVerificationId": check.ref, "ci": "x" * 88, "name": "김민지"}
        assert complete(check, forged).state == State.FAILED
        assert nothing_is_linked()

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/api/result",
            "https://kssa.inicis.com.evil.example/api/result",
            "https://kssa.inicis.com@evil.example/api/result",
            "https://evil.example/?https://kssa.inicis.com/",
            "http://kssa.inicis.com/api/result",
            "https://kssa.inicis.com:8443/api/result",
            "https://KSSA.inicis.com\\@evil.example/",
            "//kssa.inicis.com/api/result",
            "file:///etc/passwd",
            "https://[::1/",
            "",
        ],
    )
    def test_adv_06_a_foreign_address_is_never_asked(self, db, outside, settings, url):
        settings.INICIS_RESULT_ORIGINS = ["https://kssa.inicis.com", "https://fcsa.inicis.com"]
        check = begin(outside)
        callback = outside.decides(check, "minji")
        found = complete(check, {**callback, "authRequestUrl": url})
        assert (found.state, found.code) == (State.REFUSED, "FOREIGN_ADDRESS")
        assert outside.sandbox.control("GET", "/calls", service="inicis")["calls"] == []
        assert nothing_is_linked()

    def test_adv_06_another_persons_result_links_nothing(self, db, outside):
        """Eve starts a try and brings back what Minji's window answered."""
        minjis, eves = begin(outside, browser=OTHER_BROWSER), begin(outside)
        stolen = outside.decides(minjis, "minji")
        found = complete(eves, stolen)
        assert (found.state, found.code) == (State.REFUSED, "OTHER_TRY")
        with pytest.raises(NotProved):
            claim(eves)
        assert nothing_is_linked()

    def test_adv_06_a_result_that_was_used_links_nothing_again(self, db, outside):
        first = begin(outside)
        callback = outside.decides(first, "minji")
        complete(first, callback)
        second = begin(outside)
        assert complete(second, callback).state == State.FAILED
        assert list(IdentityCheck.objects.exclude(person_hash="")) == [first]

    def test_adv_06_a_number_is_used_once(self, db, outside):
        check = begin(outside)
        with pytest.raises(IntegrityError):
            IdentityCheck.objects.create(
                provider="INICIS", purpose=Purpose.SIGN_UP, browser="b", address_hash="a", ref=check.ref, started_at=timezone.now()
            )

    @pytest.mark.parametrize(("lie", "code"), [
        ({"mTxId": "0" * 20}, "OTHER_TRY"), ({"txId": "INISAother"}, "OTHER_TRY"), ({"svcCd": "01"}, "OTHER_TRY"),
        ({"userCi": "bm90IHNlYWxlZA=="}, "NOT_DECRYPTED"),
    ])  # fmt: skip
    def test_adv_06_an_answer_about_something_else_links_nothing(self, db, outside, lie, code):
        check = begin(outside)
        found = complete(check, outside.decides(check, "minji", **lie))
        assert (found.state, found.code) == (State.REFUSED, code)
        assert nothing_is_linked()

    @pytest.mark.parametrize(("lie", "code"), [
        ({"id": "iv_other"}, "OTHER_VERIFICATION"), ({"channel": {"type": "TEST", "key": "another"}}, "OTHER_CHANNEL"),
        ({"channel": None}, "OTHER_CHANNEL"), ({"verifiedAt": "2026-01-01T00:00:00Z"}, "OTHER_TIME"),
    ])  # fmt: skip
    def test_adv_06_an_answer_of_portone_about_something_else_links_nothing(self, db, outside, lie, code):
        check = begin(outside, "PORTONE")
        outside.decides(check, "minji", **lie)
        found = complete(check)
        assert (found.state, found.code) == (State.REFUSED, code)
        assert nothing_is_linked()

    def test_a_test_channel_proves_nobody_where_live_is_required(self, db, outside, settings):
        settings.PORTONE_REQUIRE_LIVE = True
        check = begin(outside, "PORTONE")
        outside.decides(check, "minji")
        assert complete(check).code == "TEST_CHANNEL"

    def test_adv_06_a_wrong_token_opens_nothing(self, db, outside):
        check = begin(outside)
        callback = outside.decides(check, "minji")
        found = complete(check, {**callback, "token": base64.b64encode(b"0" * 16).decode()})
        assert (found.state, nothing_is_linked()) == (State.REFUSED, True)

    def test_a_refusal_is_logged_without_a_name(self, db, outside):
        check = begin(outside)
        complete(check, {**outside.decides(check, "minji"), "authRequestUrl": "https://evil.example/"})
        assert list(AccessLog.objects.values_list("action", "subject")) == [("identity_check.refused", f"identity_check:{check.public_id}")]


class TestTheAgencyIsAway:
    def test_portone_is_asked_again_later(self, db, outside):
        check = begin(outside, "PORTONE")
        outside.decides(check, "minji")
        outside.fault(service="portone", kind="drop", count=1)
        assert complete(check).state == State.STARTED
        assert complete(check).state == State.VERIFIED

    def test_inicis_tells_once_so_a_new_try_is_needed(self, db, outside):
        check = begin(outside)
        callback = outside.decides(check, "minji")
        outside.fault(service="inicis", kind="drop", when="after", count=1)
        assert complete(check, callback).state == State.FAILED
        assert complete(check, callback).state == State.FAILED
        assert verified(outside).state == State.VERIFIED

    @pytest.mark.parametrize("provider", ["PORTONE", "INICIS"])
    @pytest.mark.parametrize(
        "fault", [{"kind": "garbage"}, {"kind": "error", "status": 502, "html": True}, {"kind": "garbage", "text": "[]"}]
    )
    def test_nonsense_links_nothing(self, db, outside, provider, fault):
        check = begin(outside, provider)
        callback = outside.decides(check, "minji")
        outside.fault(service=provider.lower(), count=1, **fault)
        assert complete(check, callback).state in (State.STARTED, State.FAILED)
        assert nothing_is_linked()


class TestAnAccountThatWasProved:
    def test_takes_its_own_person_only(self, db, outside):
        user = factories.UserFactory(person_hash=verified(outside).person_hash)
        same = verified(outside, user=user, purpose=Purpose.STEP_UP)
        other = verified(outside, "eve", user=user, purpose=Purpose.STEP_UP)
        with pytest.raises(AnotherPerson):
            claim(other, user=user, purpose=Purpose.STEP_UP)
        assert claim(same, user=user, purpose=Purpose.STEP_UP).name == "김민지"

    def test_takes_no_result_that_somebody_else_started(self, db, outside):
        user, other = factories.UserFactory(), factories.UserFactory()
        check = verified(outside, user=user, purpose=Purpose.STEP_UP)
        with pytest.raises(NotProved):
            claim(check, user=other, purpose=Purpose.STEP_UP)


class TestTheSamePerson:
    def test_adv_07_may_have_several_accounts_while_policy_says_so(self, db, at):
        factories.UserFactory(person_hash="f" * 64)
        identity_checks.require_new_person(person_hash="f" * 64, kind=User.Kind.ADVERTISER, at=at)

    def test_adv_07_may_have_one_account_from_the_day_policy_says_so(self, db, at):
        factories.UserFactory(person_hash="f" * 64)
        DatedSetting.objects.create(name=identity_checks.SAME_PERSON.name, value=False, effective_from=at, reason="시험")
        identity_checks.require_new_person(person_hash="f" * 64, kind=User.Kind.ADVERTISER, at=at - timedelta(seconds=1))
        with pytest.raises(PersonKnown):
            identity_checks.require_new_person(person_hash="f" * 64, kind=User.Kind.ADVERTISER, at=at)
        identity_checks.require_new_person(person_hash="e" * 64, kind=User.Kind.ADVERTISER, at=at)

    def test_is_one_member_whatever_policy_says(self, db, suji, at):
        User.objects.filter(pk=suji.user_id).update(person_hash="f" * 64)
        with pytest.raises(PersonKnown):
            identity_checks.require_new_person(person_hash="f" * 64, kind=User.Kind.MEMBER, at=at)


class TestLimits:
    def test_five_tries_a_day_for_a_browser(self, db, outside, at):
        for hour in range(5):
            begin(outside, at=at + timedelta(hours=hour))
        with pytest.raises(TooManyTries):
            begin(outside, at=at + timedelta(hours=6))
        assert begin(outside, browser=OTHER_BROWSER, at=at + timedelta(hours=6))
        assert begin(outside, at=at + timedelta(hours=24, minutes=1))

    def test_twenty_an_hour_for_an_address(self, db, outside, at):
        for number in range(20):
            begin(outside, browser=str(number), at=at)
        with pytest.raises(TooManyTries):
            begin(outside, browser="x", at=at)


class TestAge:
    @pytest.mark.parametrize(("born", "adult"), [("2007-11-25", "2026-11-25"), ("2008-02-29", "2027-03-01"), ("2000-01-01", "2019-01-01")])
    def test_is_counted_in_full_years(self, born, adult):
        assert identity_checks.adult_from(date.fromisoformat(born)) == date.fromisoformat(adult)


class TestTheFactSheet:
    """Vectors of KG Inicis' manual, as published."""

    TOKEN = base64.b64decode("AAECAwQFBgcICQoLDA0ODw==")

    def test_auth_hash(self, settings):
        settings.INICIS_IDENTITY_MID, settings.INICIS_IDENTITY_API_KEY = "INIiasTest", "TGdxb2l3enJDWFRTbTgvREU3MGYwUT09"
        assert inicis.auth_hash("abcdefghij0123456789") == "d32c4c1c9ae2c979ace7df91d0ba606cff83e0c7eba3c8ba3df40ea110672e06"

    @pytest.mark.parametrize(("sealed", "text"), [
        ("2bpNUw+CHYaNtcCvZ+lFkA==", "홍길동"), ("XFkuH1kOrP9yfNrNs8Wh1A==", "01011112222"), ("ZLhd3uo4Xk400D925Q8bAg==", "19900101"),
        ("ubvHULiO5paPplSM27+Z1Q==", "M"), ("bZFIsIMcnxQqMYPhOP+vOg==", "0"),
    ])  # fmt: skip
    def test_seed(self, settings, sealed, text):
        settings.INICIS_IDENTITY_SEED_IV = "SASKGINICIS00000"
        assert inicis.decrypt(sealed, self.TOKEN) == text

    @pytest.mark.parametrize("sealed", ["", "AAAA", "no base64", "2bpNUw+CHYaNtcCvZ+lFkQ=="])
    def test_seed_of_something_else(self, settings, sealed):
        settings.INICIS_IDENTITY_SEED_IV = "SASKGINICIS00000"
        with pytest.raises(NotBelieved):
            inicis.decrypt(sealed, self.TOKEN)

    def test_plain_sex_and_nationality_are_taken_too(self, db, outside):
        check = begin(outside)
        facts = claim(complete(check, outside.decides(check, "minji", userGender="F", isForeign="0")))
        assert (facts.sex, facts.is_foreigner) == ("F", False)

    def test_addresses_fit(self):
        assert len(f"https://boost.example.co.kr/accounts/identity/{'0' * 36}/return/") <= 128
