"""Signing up, as a person and as a business, from the first page to a working account; and everything that can go wrong on the way."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import identify_hasher
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone

from advertisers import addresses, tax_office
from advertisers.models import (
    Advertiser,
    BusinessCheck,
    BusinessPaper,
    BusinessUser,
    Membership,
    PersonalUser,
    SignupDraft,
    SignupStepCount,
)
from common.models import DatedSetting, Effect
from identity import consents, identity_checks, retention
from identity.models import Consent, PhoneCode, User
from tests import factories
from tests.advertisers.applicants import ACCOUNT, Applicant, file_of, picture


def nobody_signed_up():
    return not (User.objects.exists() or Advertiser.objects.exists() or Consent.objects.exists())


def is_at(response, path):
    return (response.status_code, response.headers.get("Location")) == (302, path)


class TestAPerson:
    def test_s_04_s_17_signs_up_without_anybody_of_ours(self, applicant):
        assert "어떻게 광고할 계획인가요" in applicant.client.get("/accounts/signup/").content.decode()
        assert is_at(applicant.client.get("/accounts/signup/personal/"), applicant.path("consents"))
        assert is_at(applicant.consents(marketing="on"), applicant.path("phone"))
        assert is_at(applicant.shows_phone(), applicant.path("identity"))
        assert is_at(applicant.shows_who(), applicant.path("account"))
        assert is_at(applicant.account(), "/dashboard/")
        user, advertiser, profile = User.objects.get(), Advertiser.objects.get(), PersonalUser.objects.get()
        assert (user.username, user.name, user.phone, user.kind) == ("minji_ad", "김민지", "+821055550001", "ADVERTISER")
        assert (advertiser.kind, advertiser.name, profile.name, profile.verified_at is not None) == ("PERSONAL", "김민지", "김민지", True)
        assert Membership.objects.get().role == Membership.Role.OWNER
        assert applicant.client.get("/dashboard/").status_code == 200

    def test_agrees_again_when_a_text_was_changed_on_the_way(self, applicant, monkeypatch):
        applicant.until_the_account()
        real = consents.versions
        monkeypatch.setattr(consents, "versions", lambda kind, at: real(kind, at=at) | {consents.Kind.TERMS: "2099-01-01"})
        page = applicant.account()
        assert nobody_signed_up()
        assert applicant.client.get(page.headers["Location"], follow=True).redirect_chain[-1][0] == applicant.path("consents")
        applicant.consents()
        assert is_at(applicant.account(), "/dashboard/")
        assert Consent.objects.get(kind="TERMS").version == "2099-01-01"

    def test_signs_in_afterwards_by_id_and_once_confirmed_by_mail(self, applicant):
        applicant.until_the_account()
        applicant.account()

        def enters(name):
            return Client().post("/accounts/login/", {"login": name, "password": ACCOUNT["password"]}).status_code == 302

        assert (enters("MINJI_AD"), enters(ACCOUNT["email"])) == (True, False)
        applicant.outside.works()
        link = applicant.outside.link(ACCOUNT["email"])
        assert "이메일을 확인할게요" in Client().get(link).content.decode()
        assert not enters(ACCOUNT["email"]), "a mail program that looks at links confirms nothing"
        assert Client().post(link).status_code == 200
        assert enters(ACCOUNT["email"])
        assert Client().post(link).status_code == 410

    def test_agrees_in_writing_each_text_with_its_version(self, applicant):
        applicant.consents(marketing="on")
        applicant.shows_phone()
        applicant.shows_who()
        applicant.account()
        rows = {row.kind: (row.version, row.given) for row in Consent.objects.all()}
        assert rows == {text.kind: (text.version, text.kind != "NIGHT") for text in consents.TEXTS}

    def test_keeps_the_password_with_argon2_and_nowhere_else(self, applicant):
        applicant.until_the_account()
        applicant.account()
        assert identify_hasher(User.objects.get().password).algorithm == "argon2"
        assert SignupDraft.objects.get().answers == {}
        assert not any(ACCOUNT["password"] in str(effect.ids) for effect in Effect.objects.all())

    def test_gets_a_new_session_number(self, applicant):
        applicant.until_the_account()
        before = applicant.client.cookies["boost_advertiser"].value
        applicant.account()
        assert applicant.client.cookies["boost_advertiser"].value != before


class TestABusiness:
    def test_s_04_s_17_signs_up_without_anybody_of_ours(self, company):
        company.consents()
        company.shows_phone()
        assert is_at(company.shows_who(), company.path("business"))
        assert is_at(company.business(), company.path("papers"))
        assert is_at(company.paper(), company.path("account"))
        assert is_at(company.account(), "/dashboard/")
        business, paper = BusinessUser.objects.get(), BusinessPaper.objects.get()
        assert (business.shown_number, business.company_name, business.tax_email) == ("999-01-00013", "온결상회", "tax@ongyeol.example")
        assert (business.tax_state, business.tax_type) == ("ACTIVE", "부가가치세 일반과세자")
        assert (business.identity_state, str(business.opened_on), business.identity_checked_at is None) == ("MATCHES", "2020-03-02", False)
        assert (business.papers_state, paper.state, paper.content_type) == ("WAITING", "WAITING", "image/jpeg")
        assert storages["private"].exists(paper.file)
        assert (Advertiser.objects.get().name, Membership.objects.get().role) == ("온결상회", "OWNER")

    @pytest.mark.parametrize("number", ["123-45-67890", "1234567890", "999-01-00014", "12-34", "", "９９９０１０００１３", "999-01-0001３"])
    def test_adv_02_whose_number_fails_its_check_digit_is_told_beside_the_field(self, company, number):
        company.consents()
        company.shows_phone()
        company.shows_who()
        before = SignupDraft.objects.get().sealed_answers
        response = company.business(registration_number=number)
        page = response.content.decode()
        assert response.status_code == 422
        assert "사업자등록번호를 다시 확인해 주세요" in page or "꼭 필요한 항목이에요" in page
        assert 'value="온결상회"' in page
        assert SignupDraft.objects.get().sealed_answers == before
        assert BusinessCheck.objects.count() == 0

    @pytest.mark.parametrize(("number", "word"), [("999-03-00036", "폐업한 사업자"), ("999-05-00059", "등록되지 않은 사업자")])
    def test_that_is_closed_or_unknown_at_the_tax_office_is_told_so(self, company, number, word):
        company.consents()
        company.shows_phone()
        company.shows_who()
        response = company.business(registration_number=number)
        assert response.status_code == 422
        assert word in response.content.decode()
        assert BusinessCheck.objects.get().registration_number == number.replace("-", "")

    def test_that_is_suspended_is_warned_and_goes_on(self, company):
        company.consents()
        company.shows_phone()
        company.shows_who()
        assert is_at(company.business(registration_number="999-02-00024"), company.path("papers"))
        assert "휴업 중으로 나와요" in company.look("papers")

    @pytest.mark.parametrize(
        "fault", [{"kind": "error", "status": 500}, {"kind": "drop"}, {"kind": "garbage"}, {"kind": "error", "status": 401}]
    )
    def test_goes_on_when_the_tax_office_is_away_and_is_asked_about_later(self, company, fault):
        company.outside.fault(service="tax-office", count=1, **fault)
        company.until_the_account()
        company.account()
        business = BusinessUser.objects.get()
        assert (business.tax_state, business.tax_checked_at) == ("UNKNOWN", None)
        now = timezone.now()

        assert tax_office.check_again(at=now, older_than=now - timedelta(days=30)) == 1
        business.refresh_from_db()
        assert (business.tax_state, business.tax_checked_at) == ("ACTIVE", now)
        assert tax_office.check_again(at=now, older_than=now - timedelta(days=30)) == 0

    @pytest.mark.parametrize("changes", [{"representative": "다른사람"}, {"opened_on": "19000101"}])
    def test_whose_name_or_day_the_tax_office_does_not_know_is_told_so_and_the_paper_may_decide(self, company, changes):
        company.consents()
        company.shows_phone()
        company.shows_who()
        refused = company.business(**changes)
        assert refused.status_code == 422
        assert "개업일이나 대표자 이름과 달라요" in refused.text
        assert 'value="온결상회"' in refused.text
        assert "business" not in SignupDraft.objects.get().answers
        kept = BusinessCheck.objects.get(question="IDENTITY")
        assert (kept.state, kept.code, "request_param" in kept.answer) == ("DIFFERS", "02", False)
        assert is_at(company.business(**changes, is_as_on_paper="on"), company.path("papers"))
        company.paper()
        company.account()
        assert BusinessUser.objects.get().identity_state == "DIFFERS"

    def test_is_confirmed_later_when_the_tax_office_is_away_and_loses_nothing(self, company):
        company.outside.fault(service="tax-office", count=2, kind="error", status=503)
        company.until_the_account()
        company.account()
        business = BusinessUser.objects.get()
        assert (business.identity_state, business.representative, str(business.opened_on)) == ("UNKNOWN", "김민지", "2020-03-02")
        assert BusinessCheck.objects.count() == 0
        now = timezone.now()
        assert (tax_office.confirm_again(at=now), tax_office.confirm_again(at=now)) == (1, 0)
        business.refresh_from_db()
        assert (business.identity_state, business.identity_checked_at) == ("MATCHES", now)

    @pytest.mark.parametrize(("changes", "field", "words"), [
        ({"opened_on": "2999-01-01"}, "opened_on", "개업 연월일"), ({"opened_on": "2020-02-30"}, "opened_on", "개업 연월일"),
        ({"opened_on": "20년 3월"}, "opened_on", "개업 연월일"), ({"postcode": "99999"}, "postcode", "우편번호 5자리"),
        ({"postcode": "00123"}, "postcode", "우편번호 5자리"), ({"postcode": "0452"}, "postcode", "우편번호 5자리"),
        ({"postcode": "４５２４０"}, "postcode", "우편번호 5자리"), ({"postcode": "48058"}, "postcode", "시·도가 달라요"),
        ({"address": "가상대로 12"}, "address", "시·도부터"), ({"address": "서울 중구 가상대로"}, "address", "건물 번호"),
    ])  # fmt: skip
    def test_whose_date_or_address_cannot_be_is_told_beside_the_field(self, company, changes, field, words):
        company.consents()
        company.shows_phone()
        company.shows_who()
        refused = company.business(**changes)
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, [field])
        assert words in refused.context["form"].errors[field][0]
        assert BusinessCheck.objects.count() == 0

    @pytest.mark.parametrize(("postcode", "address"), [
        ("06236", "서울특별시 강남구 가상로 1"), ("13529", "경기도 성남시 가상로 1"), ("28644", "충청북도 청주시 가상로 1"),
        ("63122", "제주특별자치도 1"),
        ("30151", "세종 가상로 1"), ("54999", "전북특별자치도 전주시 2"),
    ])  # fmt: skip
    def test_in_any_province_is_welcome(self, postcode, address):
        assert addresses.begins_with_province(address)
        assert addresses.belong_together(postcode, address)

    def test_may_bring_its_papers_later(self, company):
        company.consents()
        company.shows_phone()
        company.shows_who()
        company.business()
        assert is_at(company.post("papers", action="later"), company.path("account"))
        company.account()
        assert (BusinessUser.objects.get().papers_state, BusinessPaper.objects.count()) == ("MISSING", 0)

    def test_may_exchange_its_paper_and_leaves_no_file_behind(self, company):
        company.until_the_account()
        first = SignupDraft.objects.get().answers["papers"]["stored"]["file"]
        assert is_at(company.paper(picture(size=(300, 300))), company.path("account"))
        assert not storages["private"].exists(first)

    @pytest.mark.parametrize("content", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"%PDF-1.7 broken"])
    def test_is_told_beside_the_field_when_its_file_is_no_paper(self, company, content):
        company.consents()
        company.shows_phone()
        company.shows_who()
        company.business()
        response = company.post("papers", paper=file_of(content))
        assert response.status_code == 422
        assert 'class="err"' in response.content.decode()
        assert "papers" not in SignupDraft.objects.get().answers


class TestTheSteps:
    def test_are_saved_one_by_one(self, company):
        company.consents()
        company.shows_phone()
        assert is_at(company.client.get("/accounts/signup/business/"), company.path("identity"))
        assert "010-5555-0001" in company.look("phone")

    def test_cannot_be_jumped(self, company):
        for step in ("phone", "identity", "business", "papers", "account"):
            assert is_at(company.client.get(company.path(step)), "/accounts/signup/business/")
            assert is_at(company.post(step, **ACCOUNT), "/accounts/signup/business/")
        assert nobody_signed_up()
        assert SignupDraft.objects.count() == 0

    def test_may_be_gone_back_to_and_changed(self, company):
        company.until_the_account()
        assert 'value="온결상회"' in company.look("business")
        assert is_at(company.business(company_name="새결상회"), company.path("papers"))
        company.account()
        assert Advertiser.objects.get().name == "새결상회"

    def test_of_another_browser_are_not_mine(self, applicant):
        applicant.until_the_account()
        assert is_at(Client().get(applicant.path("account")), "/accounts/signup/personal/")

    def test_are_not_written_by_looking(self, applicant):
        for path in ("/accounts/signup/", "/accounts/signup/personal/", applicant.path("consents"), applicant.path("phone")):
            applicant.client.get(path)
        assert (SignupDraft.objects.count(), SignupStepCount.objects.count()) == (0, 0)
        assert "boost_advertiser" not in applicant.client.cookies

    def test_s_30_are_counted_once_each(self, applicant):
        applicant.consents()
        applicant.consents()
        Applicant(applicant.outside, "business").consents()
        applicant.shows_phone()
        counts = {(row.kind, row.step): row.finished for row in SignupStepCount.objects.all()}
        assert counts == {("PERSONAL", "consents"): 1, ("BUSINESS", "consents"): 1, ("PERSONAL", "phone"): 1}

    def test_ask_for_the_two_consents_that_are_needed_and_tick_nothing(self, applicant):
        page = applicant.look("consents")
        assert "checked" not in page
        response = applicant.post("consents", marketing="on")
        assert response.status_code == 422
        assert response.content.decode().count("동의해야 가입할 수 있어요") == 2
        response = applicant.post("consents", terms="on", privacy="on", night="on")
        assert "소식 받기에도 동의해 주세요" in response.content.decode()
        assert SignupDraft.objects.count() == 0

    def test_are_forgotten_after_a_week_with_their_files(self, company):
        company.until_the_account()
        file = SignupDraft.objects.get().answers["papers"]["stored"]["file"]
        now = timezone.now()
        assert retention.purge(at=now + timedelta(days=6))["advertisers.signup_drafts"] == 0
        assert retention.purge(at=now + timedelta(days=7, minutes=1))["advertisers.signup_drafts"] == 1
        assert (SignupDraft.objects.count(), storages["private"].exists(file)) == (0, False)

    def test_hold_no_readable_personal_data(self, company):
        company.until_the_account()
        kept = SignupDraft.objects.get().sealed_answers
        assert not any(word in kept for word in ("김민지", "5555", "온결", "tax@"))

    def test_know_no_other_kind_or_step(self, applicant):
        assert applicant.client.get("/accounts/signup/robot/").status_code == 404
        assert applicant.client.get("/accounts/signup/personal/business/").status_code == 404

    def test_are_closed_to_who_is_signed_in(self, minji_user, client):
        client.force_login(minji_user)
        from tests.signing_in import browser

        assert is_at(browser(minji_user).get("/accounts/signup/personal/consents/"), "/dashboard/")


class TestThePhoneStep:
    def test_adv_04_offers_the_identity_check_when_no_message_can_be_sent(self, applicant):
        applicant.consents()
        applicant.post("phone", action="send", phone=applicant.phone)
        applicant.outside.fault(service="solapi", kind="error", status=400, count=None)
        applicant.outside.works()
        assert "지금 문자를 보내지 못하고 있어요" in applicant.look("phone")
        assert is_at(applicant.post("phone", action="skip"), applicant.path("identity"))
        applicant.shows_who()
        applicant.account()
        assert User.objects.get().phone == "+821012345678", "the identity check proved it"

    def test_adv_04_is_not_left_out_while_messages_arrive(self, applicant):
        applicant.consents()
        applicant.post("phone", action="send", phone=applicant.phone)
        assert applicant.post("phone", action="skip").status_code == 422
        applicant.outside.works()
        assert applicant.post("phone", action="skip").status_code == 422

    def test_adv_03_gives_no_hint_whether_a_number_is_known_before_it_is_proved(self, applicant):
        factories.UserFactory(phone="+821055550001")
        stranger = Applicant(applicant.outside, phone="01055550002")
        for who in (applicant, stranger):
            who.consents()
            who.post("phone", action="send", phone=who.phone)
        applicant.outside.works()
        pages = [who.look("phone").replace(phone, "") for who, phone in ((applicant, "010-5555-0001"), (stranger, "010-5555-0002"))]
        import re

        strip = re.compile(r'csrfmiddlewaretoken" value="[^"]+"')
        assert strip.sub("", pages[0]) == strip.sub("", pages[1])
        response = applicant.post("phone", action="code", code=applicant.outside.digits(applicant.phone))
        assert response.status_code == 422
        assert "이 번호로 가입한 계정이 있어요" in response.content.decode()

    @pytest.mark.parametrize("number", ["02-123-4567", "+1 202 555 0100", "010-12", "060-700-1234", "", "abc"])
    def test_g2_sends_to_korean_mobile_numbers_only(self, applicant, number):
        applicant.consents()
        assert applicant.post("phone", action="send", phone=number).status_code == 422
        assert PhoneCode.objects.count() == 0

    def test_g2_limits_hold_with_a_forged_forwarding_header(self, applicant):
        for number in range(20):
            who = Applicant(applicant.outside, phone=f"010555600{number:02d}")
            who.consents()
            forged = {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}", "HTTP_X_REAL_IP": f"203.0.113.{number}"}
            assert who.client.post(who.path("phone"), {"action": "send", "phone": who.phone}, **forged).status_code == 302
        last = Applicant(applicant.outside, phone="01055569999")
        last.consents()
        response = last.client.post(last.path("phone"), {"action": "send", "phone": last.phone}, HTTP_X_FORWARDED_FOR="198.51.100.7")
        assert response.status_code == 422
        assert "인증번호를 너무 자주 요청했어요" in response.content.decode()
        elsewhere = Applicant(applicant.outside, phone="01055569998", address="10.0.0.2")
        elsewhere.consents()
        assert elsewhere.post("phone", action="send", phone=elsewhere.phone).status_code == 302

    def test_g4_two_clients_behind_our_proxy_are_two_buckets(self, applicant, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for number in range(21):
            who = Applicant(applicant.outside, phone=f"010555700{number:02d}")
            who.consents()
            forwarded = "198.51.100.1" if number < 20 else "198.51.100.2"
            response = who.client.post(
                who.path("phone"), {"action": "send", "phone": who.phone}, HTTP_X_FORWARDED_FOR=f"1.2.3.{number}, {forwarded}"
            )
            assert response.status_code == 302, number


class TestTheIdentityStep:
    @pytest.fixture
    def there(self, applicant):
        applicant.consents()
        applicant.shows_phone()
        return applicant

    @pytest.mark.parametrize("provider", ["PORTONE", "INICIS"])
    def test_s_21_takes_a_person_through_either_window(self, there, provider):
        assert is_at(there.shows_who(provider=provider), there.path("account"))

    @pytest.mark.parametrize("provider", ["PORTONE", "INICIS"])
    def test_adv_05_comes_back_to_the_same_step_when_the_window_was_closed(self, there, provider):
        check = there.goes_to_the_window(provider)
        there.comes_back(check, "", provider)
        response = there.client.get(f"/accounts/identity/{check.public_id}/")
        assert is_at(response, there.path("identity"))
        assert "아직 본인확인을 하지 못했어요" in there.look("identity")
        assert there.post("identity").status_code == 422
        assert is_at(there.shows_who(provider=provider), there.path("account"))

    def test_adv_06_somebody_elses_finished_check_is_worth_nothing_here(self, there):
        eve = Applicant(there.outside, phone="01055550009", address="10.0.0.9")
        eve.consents()
        eve.shows_phone()
        check = there.goes_to_the_window()
        there.comes_back(check, "minji")
        assert eve.client.get(f"/accounts/identity/{check.public_id}/").status_code == 404
        assert eve.client.post(f"/accounts/identity/{check.public_id}/complete/").status_code == 404
        assert eve.post("identity").status_code == 422
        assert "identity" not in SignupDraft.objects.order_by("pk").last().answers

    def test_adv_06_a_get_from_the_agency_changes_nothing(self, there):
        check = there.goes_to_the_window()
        there.outside.decides(check, "minji")
        Client().get(f"/accounts/identity/{check.public_id}/return/?identityVerificationId={check.ref}")
        check.refresh_from_db()
        assert check.state == "STARTED"

    @pytest.mark.parametrize("person", ["young", "child"])
    def test_is_for_people_of_nineteen_years_or_more(self, there, person):
        with time_machine.travel("2026-11-25T12:00:00+09:00", tick=True):
            there.comes_back(there.goes_to_the_window("INICIS"), person, "INICIS")
            response = there.post("identity")
        assert response.status_code == 422
        assert "만 19세부터" in response.content.decode()

    def test_asks_for_another_way_when_there_is_no_ci(self, there):
        there.comes_back(there.goes_to_the_window(), "kakao")
        assert "다른 인증 방법을 골라 주세요" in there.look("identity")

    def test_adv_07_tells_the_same_person_that_this_makes_one_more_account(self, there):
        known = User.objects.create(kind="ADVERTISER", username="first", person_hash="")
        there.comes_back(there.goes_to_the_window(), "minji")
        check = identity_checks.latest(browser=SignupDraft.objects.get().browser, purpose="SIGN_UP")
        User.objects.filter(pk=known.pk).update(person_hash=check.person_hash)
        assert "같은 분의 계정이 이미 1개 있어요" in there.look("identity")
        assert is_at(there.post("identity"), there.path("account"))
        assert is_at(there.account(), "/dashboard/")
        assert User.objects.filter(person_hash=check.person_hash).count() == 2

    def test_adv_07_refuses_the_same_person_once_policy_allows_one_account(self, there):
        DatedSetting.objects.create(
            name="identity.same_person_on_several_accounts", value=False, effective_from=timezone.now() - timedelta(days=1), reason="시험"
        )
        there.comes_back(there.goes_to_the_window(), "minji")
        check = identity_checks.latest(browser=SignupDraft.objects.get().browser, purpose="SIGN_UP")
        User.objects.create(kind="ADVERTISER", username="first", person_hash=check.person_hash)
        response = there.post("identity")
        assert response.status_code == 422
        assert "이미 이 이름으로 본인확인을 마친 계정이 있어요" in response.content.decode()
        assert User.objects.count() == 1


class TestTheAccountStep:
    @pytest.fixture
    def there(self, applicant):
        applicant.until_the_account()
        return applicant

    @pytest.mark.parametrize(("changes", "sentence"), [
        ({"password": "short"}, "10자 이상"), ({"password": "password123"}, "비밀번호"), ({"password": "minji_ad_2026"}, "비밀번호"),
        ({"username": "1abc"}, "형식에 맞게"), ({"username": "민지"}, "형식에 맞게"), ({"email": "no"}, "name@example.com"),
        ({"email": ""}, "꼭 필요한"), ({"password": ""}, "꼭 필요한"), ({"password": "x" * 129}, "128자까지"),
    ])  # fmt: skip
    def test_says_beside_the_field_what_is_wrong(self, there, changes, sentence):
        response = there.account(**changes)
        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert nobody_signed_up()

    def test_takes_any_password_of_ten_letters_as_it_is(self, there):
        secret = "  \t가나다🙂éß  "
        there.account(password=secret)
        assert User.objects.get().check_password(secret)

    def test_says_when_the_login_id_is_taken_and_makes_nothing(self, there):
        factories.UserFactory(username="Minji_AD")
        response = there.account()
        assert response.status_code == 422
        assert "이미 쓰고 있는 아이디예요" in response.content.decode()
        assert (User.objects.count(), Advertiser.objects.count(), Consent.objects.count()) == (1, 0, 0)
        assert is_at(there.account(username="minji_ad2"), "/dashboard/")

    def test_says_when_the_number_was_taken_meanwhile(self, there):
        factories.UserFactory(phone="+821055550001")
        response = there.account()
        assert response.status_code == 422
        assert "이 번호로 가입한 계정이 있어요" in response.content.decode()
        assert Advertiser.objects.count() == 0

    def test_g4_never_tells_whether_an_address_is_known(self, there):
        factories.UserFactory(email=ACCOUNT["email"])
        assert is_at(there.account(), "/dashboard/")
        assert User.objects.get(username="minji_ad").email == ""
        there.outside.works()
        [mail] = there.outside.messages(channel="MAIL", to=ACCOUNT["email"])
        assert "다른 계정에 쓰려고 했어요" in mail["subject"]
        assert "/accounts/email/" not in mail["body"]

    def test_pressed_twice_makes_one_account(self, there):
        there.account()
        assert is_at(there.account(), "/dashboard/")
        assert User.objects.count() == 1
