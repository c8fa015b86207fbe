"""What an honest person sends by POST to each address, and what must have happened before so that it can be done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import CharField
from django.db.models.functions import Cast
from django.utils import timezone

from advertisers import services as advertisers
from advertisers.models import Advertiser
from backoffice import imports
from backoffice.card_review import mode as card_review
from campaigns import services as campaigns
from campaigns import tokens
from campaigns.forms import MOMENT
from campaigns.models import Block, Campaign, Participation, PlannedChange
from campaigns.services import postbacks
from common import dated, exports, sealed
from common.kst import SEOUL, day_of
from identity import browsers, notifications, phone_codes
from identity.models import IdentityCheck, MailLink, PhoneCode
from inquiries.models import Guest, Inquiry
from payments.models import Package, PaymentOrder, Refund
from payments.settlements import COLUMNS
from rewards import prize_tax, raffles
from rewards.models import Device, OfferwallReward, PrizeTax, Raffle
from rewards.models.push import OPT_OUT
from rewards.prize_tax.store import TaxAnswer
from rewards.raffles import drand, drawing
from tests.advertisers.applicants import picture
from tests.campaigns.conftest import spec_of
from tests.campaigns.examples import EXAMPLES
from tests.campaigns.photographs import photograph
from tests.factories import PASSWORD
from tests.house.world import World
from tests.payments.messages import event, post
from tests.rewards.raffle_world import draft
from tests.soft_key import SoftKey, question_for

KEY = "00000000-0000-4000-8000-00000000000a"
NEW_PASSWORD = "a-new-Passw0rd-시험"
WHY = {"reason": "확인해 보니 그래야 해요"}
WHO_PAYS = {"name": "김수지", "number": "900101-1234567"}
RULE = {"field": "ANY", "words": "최저가", "unless": "", "message": "근거가 필요해요.", "bad": "최저가", "good": "좋은 값", **WHY}
QUESTION = {"topic": "1_START", "answer": "이렇게 해요.", "position": "10", "is_shown": "on", **WHY}
HELP = {"title": "새 가이드", "summary": "한 줄", "text": "이렇게 해요.", "position": "10", "is_shown": "on", **WHY}
DIALOG = {"_form_submitted": "True", **WHY}
REPLY = {"kind": "", "topic": "", "title": "확인할게요", "text": "확인하고 알려 드릴게요.", "place": "2"}
Sent = dict[str, Any]


def sent(world: World, pattern: str) -> Sent:
    """Keyword arguments of `client.post`."""
    if pattern.startswith("backoffice/") and pattern.endswith(DIALOGS):
        return {"data": DIALOG}
    if pattern in DECIDED_WITH_A_REASON:
        return {"data": WHY}
    return SENT[pattern](world) if pattern in SENT else {}


def prepare(world: World, pattern: str) -> None:
    """Bring the world to where the deed makes sense."""
    if pattern in BEFORE:
        BEFORE[pattern](world, timezone.now())


def _json(body: Any, **headers: str) -> Sent:
    return {"data": json.dumps(body), "content_type": "application/json", "headers": headers}


def _form(**fields: Any) -> Sent:
    return {"data": fields}


def _later() -> dict[str, str]:
    """From in ten days on, for a day; nothing of the world stands there."""
    begins = timezone.now().astimezone(SEOUL) + timedelta(days=10)
    return {"shown_from": begins.strftime(MOMENT), "shown_until": (begins + timedelta(days=1)).strftime(MOMENT)}


def _banner(world: World, *, place: str) -> dict[str, Any]:
    image = _Again("배너.png", picture(size=(1080, 540)), content_type="image/png")
    leads = {"leads_to": "MISSION", "mission": world.running.public_id, "viewers": "EVERYBODY", "system": "ANY"}
    return {"title": "새 배너", "alt": "새 소식", "place": place, "image": image, **leads, **_later()}


def _questions() -> SimpleUploadedFile:
    known = imports.KINDS["faq"]
    return SimpleUploadedFile("질문.csv", exports.csv_file([known.heads, known.example]))


def _looked_at(world: World) -> str:
    """What the page gave the admin who looked at the file."""
    by = world.people["admin"]
    return imports.look(kind=imports.KINDS["faq"], upload=_questions(), by=by, at=timezone.now()).token


def _reward(world: World) -> Sent:
    return _form(tickets="2", version=str(world.draft.version), tab=KEY)


def _top_up(world: World) -> Sent:
    package = Package.objects.get(credits=100_000)
    return _form(package=package.pk, shown_krw=package.amount_krw, agree="on", key=KEY)


def _auto_top_up(world: World) -> Sent:
    package = Package.objects.get(credits=100_000)
    return _form(below_credits="50,000", choice=f"{package.pk}-{package.amount_krw}", monthly_limit_krw="330,000", agree="on")


def _webhook(world: World) -> Sent:
    message = post(event(world.unpaid.order_id))
    del message["path"]
    return message


def _api_campaign(world: World) -> Sent:
    return _json(spec_of(timezone.now()).model_dump(mode="json"), **{"Idempotency-Key": "matrix-0001"})


def _token(world: World) -> Sent:
    return _form(token=world.token())


def _api_token(world: World) -> Sent:
    return _json({"token": world.token()})


def _token_as(world: World, kind: str) -> str:
    """The member's token, as if the running campaign were of another type (see `_become`)."""
    return replace(world.taking, type=kind).token(at=timezone.now())


def _survey() -> list[dict[str, Any]]:
    return list(EXAMPLES["SURVEY"].true.answer.model_dump()["answers"])


def _new_key(world: World) -> Sent:
    return _form(name="새 열쇠", credential=SoftKey(origin="https://testserver", house="testserver").create(_question(world, "admin")))


def _known_key(who: str) -> Callable[[World], Sent]:
    return lambda world: _form(credential=world.keys[who].get(_question(world, who)))


def _question(world: World, who: str) -> dict[str, Any]:
    return question_for(world.people[who], world.keys["admin"], challenge=CHALLENGE)


def _ask_every_browser(world: World, at: datetime) -> None:
    """The portal has asked every browser for a key a moment ago."""
    for session in world.sessions.values():
        store = SessionStore(session)
        store[STATE_SESSION_KEY] = {"challenge": CHALLENGE, "user_verification": "required"}
        store.save()


class _Again(SimpleUploadedFile):
    """A file that everybody may send: it is read from its beginning each time."""

    def read(self, *size: int) -> bytes:
        self.seek(0)
        return bytes(super().read(*size))


CHALLENGE = "a-challenge-of-the-matrix-0123456789ABCDEFGH"


def _a_picture(world: World) -> Sent:
    return _form(token=_token_as(world, "PROOF"), picture=_Again("photo.jpg", photograph(2).read(), content_type="image/jpeg"))


def _a_step(world: World) -> Sent:
    photo = _Again("photo.jpg", photograph(3).read(), content_type="image/jpeg")
    return _form(token=_token_as(world, "FOLLOW"), step="1", picture=photo)


def _a_receiver(world: World) -> Sent:
    return _form(name="새 서버", url=f"{settings.WEBHOOK_TRUSTED_ORIGINS[0]}/receiver/new", events=["credits.low"])


SENT: dict[str, Callable[[World], Sent]] = {
    "accounts/login/": lambda world: _form(login=world.people["minji"].email, password=PASSWORD),
    "accounts/password/": lambda world: _form(oldpassword=PASSWORD, password1=NEW_PASSWORD, password2=NEW_PASSWORD),
    "accounts/signup/<str:kind>/<str:step>/": lambda world: _form(terms="on", privacy="on"),
    "my-page/analytics/reports/create/": lambda world: _form(every="WEEK", weekday="0", hour="9"),
    "my-page/analytics/exports/create/": lambda world: _form(what="DAYS", form="csv", key=KEY),
    "accounts/find-id/": lambda world: _form(action="mail", email="somebody@example.com"),
    "accounts/password/reset/": lambda world: _form(action="mail", email="somebody@example.com"),
    "accounts/password/reset/<str:token>/": lambda world: _form(password=NEW_PASSWORD),
    "accounts/phone/": lambda world: _form(action="send", phone="010-7777-8888"),
    "accounts/email/": lambda world: _form(email="another@example.com"),
    "accounts/consents/": lambda world: _form(kind="MARKETING", given="yes"),
    "accounts/2fa/password/": lambda world: _form(password=PASSWORD),
    "accounts/2fa/passkeys/again/": _known_key("eve"),
    "backoffice/2fa/passkeys/again/": _known_key("admin"),
    "backoffice/2fa/passkeys/add/": _new_key,
    "backoffice/2fa/passkeys/<slug:passkey>/rename/": lambda world: _form(name="예비 열쇠"),
    "my-page/notifications/preferences/": lambda world: _form(is_quiet="on", hour_from="22", hour_until="7"),
    "my-page/papers/": lambda world: _form(paper=_Again("paper.png", picture(), content_type="image/png")),
    "accounts/step-up/<slug:purpose>/": lambda world: _form(action="send"),
    "backoffice/inquiries/notice/add/": lambda world: _form(title="새 공지", text="내용이에요.", **WHY),
    "backoffice/inquiries/notice/<path:object_id>/change/": lambda world: _form(title="고친 공지", text="내용이에요.", **WHY),
    "backoffice/inquiries/faq/add/": lambda world: _form(**QUESTION, question="새 질문?"),
    "backoffice/inquiries/faq/<path:object_id>/change/": lambda world: _form(**QUESTION, question="고친 질문?"),
    "backoffice/inquiries/guide/add/": lambda world: _form(**HELP, slug="new"),
    "backoffice/inquiries/guide/<path:object_id>/change/": lambda world: _form(**HELP, slug="refund"),
    "backoffice/content/copies/<uuid:public_id>/publish/": lambda world: _form(**WHY),
    "backoffice/content/copies/<uuid:public_id>/drop/": lambda world: _form(**WHY),
    "backoffice/content/texts/<slug:slug>/announce/": lambda world: _form(
        effective_on=f"{day_of(timezone.now()) + timedelta(days=60)}", change="2조를 고쳤어요.", text="새로 정한 내용이에요. " * 10
    ),
    "backoffice/content/messages/<str:kind>/save/": lambda world: _form(title="답변이 왔어요", body="{title}", after="0", **WHY),
    "contact/": lambda world: _form(
        name="박손님",
        email="guest@example.com",
        topic="CAMPAIGN",
        title="광고 문의",
        text="얼마부터 할 수 있나요?",
        agreed="on",
        key=str(uuid4()),
    ),
    "contact/threads/<slug:token>/": lambda world: _form(text="하나 더 있어요.", key=KEY),
    "my-page/inquiries/new/": lambda world: _form(topic="PAYMENT", title="영수증 문의", text="영수증이 안 보여요.", key=KEY),
    "my-page/inquiries/<uuid:public_id>/": lambda world: _form(text="하나 더 있어요.", key=KEY),
    "backoffice/identity/user/hire/": lambda world: _form(
        **DIALOG, email="newcomer@staff.example.com", name="새 운영자", roles=["support"]
    ),
    "backoffice/access-review/<str:month>/confirm/": lambda world: _form(note="모두 이유가 있었어요."),
    "backoffice/inquiries/<uuid:public_id>/answer/": lambda world: _form(text="확인했어요.", key=KEY),
    "backoffice/inquiries/<uuid:public_id>/demo/": lambda world: _form(days="7", **WHY),
    "backoffice/inquiries/<uuid:public_id>/note/": lambda world: _form(text="확인해 볼게요.", key=KEY),
    "my-page/profile/": lambda world: _form(name="새 이름"),
    "my-page/switch/": lambda world: _form(advertiser=world.advertiser.public_id),
    "my-page/team/invite/": lambda world: _form(email="newcomer@example.com", role="MANAGER"),
    "my-page/team/set-limit/": lambda world: _form(role="MANAGER", monthly_credits="5,000"),
    "my-page/team/members/<uuid:public_id>/limit/": lambda world: _form(monthly_credits="5,000"),
    "payments/approvals/<uuid:public_id>/refuse/": lambda world: _form(**WHY),
    "my-page/team/members/<uuid:public_id>/change-role/": lambda world: _form(role="FINANCE"),
    "my-page/team/recipients/add/": lambda world: _form(email="reader@example.com"),
    "my-page/api-keys/create/": lambda world: _form(name="보고서", scopes=["campaigns.read"]),
    "my-page/webhooks/create/": _a_receiver,
    "my-page/webhooks/<uuid:public_id>/": _a_receiver,
    "campaigns/approvals/<uuid:public_id>/refuse/": lambda world: _form(**WHY),
    "api/v1/exports": lambda world: _json({"what": "DAYS", "form": "csv"}, **{"Idempotency-Key": "matrix-0005"}),
    "api/v1/report-schedules": lambda world: _json({"every": "WEEK"}),
    "api/v1/drafts": lambda world: _json({"type": "VISIT"}, **{"Idempotency-Key": "matrix-0004"}),
    "api/v1/report-schedules/<schedule_id>": lambda world: _json({"hour": 7}),
    "api/v1/drafts/<draft_id>": lambda world: _json({"reward": {"tickets": 2}}),
    "api/v1/campaigns": _api_campaign,
    "api/v1/campaigns/<campaign_id>": lambda world: _json({"design": {"title": "새 이름이에요"}}, **{"Idempotency-Key": "matrix-0003"}),
    "api/v1/campaigns/<campaign_id>/appeal": lambda world: _json({"text": "다시 봐 주세요"}),
    "api/v1/campaigns/<campaign_id>/plans": lambda world: _json(
        {"kind": "PAUSE", "due_at": (timezone.now() + timedelta(hours=1)).isoformat()}
    ),
    "api/v1/campaign-bulk": lambda world: _json(
        {"deed": "pause", "campaigns": [str(world.running.public_id)]}, **{"Idempotency-Key": "matrix-0004"}
    ),
    "backoffice/exposure/reorder/": lambda world: _form(
        seen=campaigns.seal(campaigns.in_order()), **{f"place:{row.public_id}": "1" for row in campaigns.in_order()}
    ),
    "backoffice/exposure/hold/": lambda world: _form(campaign=world.running.public_id, place="3", **_later(), **WHY),
    "backoffice/exposure/places/<uuid:public_id>/free/": lambda world: _form(**WHY),
    "backoffice/evidence/refuse-many/": lambda world: _form(evidence=world.evidence.public_id, **WHY),
    "backoffice/banners/new/": lambda world: _form(**_banner(world, place="2")),
    "backoffice/banners/<uuid:public_id>/change/": lambda world: _form(**_banner(world, place="1"), version="1", **WHY),
    "backoffice/banners/<uuid:public_id>/stop/": lambda world: _form(**WHY),
    "backoffice/imports/<slug:kind>/look/": lambda world: _form(file=_questions()),
    "backoffice/imports/<slug:kind>/take/": lambda world: _form(token=_looked_at(world), **WHY),
    "backoffice/lists/<slug:name>/export/": lambda world: _form(kind="csv", **WHY),
    "backoffice/backoffice/cannedreply/add/": lambda world: _form(**REPLY),
    "backoffice/backoffice/cannedreply/<path:object_id>/change/": lambda world: _form(**REPLY, is_active="on"),
    "backoffice/campaigns/reviewreason/add/": lambda world: _form(field="", text="새로 적은 문구예요.", place="5", is_active="on"),
    "backoffice/campaigns/reviewreason/<path:object_id>/change/": lambda world: _form(
        field="", text="고쳐 적은 문구예요.", place="5", is_active="on"
    ),
    "api/v1/campaigns/<campaign_id>/raise-budget": lambda world: _json({"credits": 500}, **{"Idempotency-Key": "matrix-0002"}),
    "payments/top-up/": _top_up,
    "payments/orders/<slug:order_id>/refund/": lambda world: _form(credits="1,000", reason="다른 이유가 있어요", key=KEY),
    "my-page/credit/set-warning/": lambda world: _form(days="5"),
    "my-page/auto-top-up/": _auto_top_up,
    "my-page/refund-account/": lambda world: _form(bank="088", number="110777777777"),
    "payments/webhooks/<slug:gateway>/": _webhook,
    "campaigns/new/": lambda world: _form(type="VISIT", key=KEY),
    "campaigns/drafts/<uuid:public_id>/<slug:step>/": _reward,
    "campaigns/<uuid:public_id>/duplicate/": lambda world: _form(key=KEY),
    "campaigns/<uuid:public_id>/postbacks/try/": lambda world: _form(click="test-new", event="signup", proof="right"),
    "campaigns/<uuid:public_id>/postbacks/events/add/": lambda world: _form(name="view", meaning="STAGE"),
    "campaigns/<uuid:public_id>/postbacks/events/drop/": lambda world: _form(name="click"),
    "campaigns/<uuid:public_id>/postbacks/rotate/": lambda world: _form(hours="24"),
    "campaigns/<uuid:public_id>/own-list/": lambda world: _form(file=_Again("own.csv", b"click_id\nabc\n", content_type="text/csv")),
    "campaigns/bulk/": lambda world: _form(campaigns=[str(world.running.public_id)], deed="pause", key=KEY),
    "campaigns/<uuid:public_id>/appeal/": lambda world: _form(text="다시 봐 주세요"),
    "campaigns/<uuid:public_id>/extend/": lambda world: _form(
        ends_at=(world.running.ends_at + timedelta(days=1)).astimezone(SEOUL).strftime(MOMENT)
    ),
    "campaigns/<uuid:public_id>/plan/": lambda world: _form(
        kind="PAUSE", due_at=(timezone.now() + timedelta(hours=1)).astimezone(SEOUL).strftime(MOMENT)
    ),
    "campaigns/<uuid:public_id>/raise-budget/": lambda world: _form(credits="500", key=KEY),
    "luckffle/login/": lambda world: _form(login=world.people["suji"].phone, password=PASSWORD),
    "api/luckffle/v1/auth/login": lambda world: _json({"phone": world.people["suji"].phone, "password": PASSWORD}),
    "api/luckffle/v1/auth/refresh": lambda world: _json({"refresh_token": world.app_tokens["suji"]["refresh_token"]}),
    "api/luckffle/v1/identity/complete": lambda world: _json({"id": str(world.check)}),
    "api/luckffle/v1/participations/<participation_id>/open": _api_token,
    "api/luckffle/v1/participations/<participation_id>/beat": _api_token,
    "api/luckffle/v1/participations/<participation_id>/confirm": _api_token,
    "api/luckffle/v1/participations/<participation_id>/answer": lambda world: _json(
        {"token": _token_as(world, "SURVEY"), "answer": {"answers": _survey()}}
    ),
    "luckffle/missions/<uuid:public_id>/answer/": lambda world: _form(
        **{"token": _token_as(world, "SURVEY"), "answers.0.picked[]": "1", "answers.1.picked[]": "1", "answers.2.text": "좋아요"}
    ),
    "api/luckffle/v1/participations/<participation_id>/picture": _a_picture,
    "luckffle/missions/<uuid:public_id>/picture/": _a_picture,
    "api/luckffle/v1/participations/<participation_id>/step": _a_step,
    "luckffle/missions/<uuid:public_id>/step/": _a_step,
    "api/luckffle/v1/missions/<mission_id>/apply": lambda world: _json({"text": "집 근처라서 자주 가요."}),
    "luckffle/missions/<uuid:public_id>/apply/": lambda world: _form(text="집 근처라서 자주 가요."),
    "luckffle/missions/<uuid:public_id>/open/": _token,
    "backoffice/advertisers/advertiser/<path:object_id>/give_credits/": lambda world: _form(
        **DIALOG, credits="1000", lot_kind="GOODWILL", key=KEY
    ),
    "backoffice/suspicions/<uuid:public_id>/invalidate/": lambda world: _form(participations=_finished(world), **WHY),
    "backoffice/suspicions/<uuid:public_id>/clear/": lambda world: _form(participations=_finished(world), **WHY),
    "backoffice/blocks/add/": lambda world: _form(member=world.members["suji"].public_id, days="90", **WHY),
    "backoffice/blocks/<int:number>/lift/": lambda world: _form(**WHY),
    "backoffice/traffic-lists/import/": lambda world: _form(
        name="vpn", file=_Again("vpn.txt", b"# boost traffic list 1\nVPN 45.83.91.0/24\n", content_type="text/plain")
    ),
    "backoffice/raffles/new/": lambda world: _form(
        title="새 래플",
        prizes="커피 | 1 | 4,500",
        tickets_per_entry="1",
        entries_per_member="10",
        reserves="0",
        opens_at=f"{timezone.localtime():%Y-%m-%dT%H:%M}",
        closes_at=f"{timezone.localtime() + timedelta(days=1):%Y-%m-%dT%H:%M}",
    ),
    "backoffice/raffles/<uuid:public_id>/void/": lambda world: _form(**WHY),
    "backoffice/raffles/<uuid:public_id>/winners/<int:place>/deliver/": lambda world: _form(**WHY),
    "backoffice/prize-taxes/<uuid:public_id>/pay/": lambda world: _form(paid_on=f"{day_of(timezone.now())}", reference="국민 김수지"),
    "backoffice/prize-taxes/<uuid:public_id>/forfeit/": lambda world: _form(**WHY),
    "backoffice/prize-taxes/statements/<int:year>/download/": lambda world: _form(**WHY),
    "luckffle/raffles/<uuid:public_id>/tax/": lambda world: _form(**WHO_PAYS, agrees="on"),
    "api/luckffle/v1/raffles/<raffle_id>/tax": lambda world: _json({**WHO_PAYS, "agrees": True}),
    "campaigns/images/": lambda world: _form(upload=_Again("spring.png", picture(size=(700, 700)), content_type="image/png")),
    "api/v1/images": lambda world: _form(picture=_Again("spring.png", picture(size=(700, 700)), content_type="image/png")),
    "luckffle/me/": lambda world: _form(region="SEOUL"),
    "luckffle/inquiries/new/": lambda world: _form(topic="REWARD", title="티켓 문의", text="티켓이 안 보여요.", key=KEY),
    "luckffle/inquiries/<uuid:public_id>/": lambda world: _form(text="하나 더 있어요.", key=KEY),
    "api/luckffle/v1/inquiries": lambda world: {
        **_form(topic="REWARD", title="티켓 문의", text="티켓이 안 보여요."),
        "headers": {"Idempotency-Key": KEY},
    },
    "api/luckffle/v1/inquiries/<inquiry_id>/words": lambda world: {**_form(text="하나 더 있어요."), "headers": {"Idempotency-Key": KEY}},
    "luckffle/me/rename/": lambda world: _form(nickname="새별명"),
    "luckffle/me/consents/": lambda world: _form(kind="MARKETING", given="yes"),
    "luckffle/me/password/": lambda world: _form(oldpassword=PASSWORD, password1=NEW_PASSWORD, password2=NEW_PASSWORD),
    "luckffle/me/leave/": lambda world: _form(password=PASSWORD, sure="on"),
    "luckffle/me/phone/": lambda world: _form(action="send", phone="010-7777-8888", password=PASSWORD),
    "api/luckffle/v1/me/phone/code": lambda world: _json({"phone": "010-7777-8888", "password": PASSWORD}),
    "api/luckffle/v1/me/phone": lambda world: _json(_digits(PhoneCode.Purpose.NEW_PHONE)),
    "luckffle/signup/": lambda world: _form(action="send", phone="010-7777-8888"),
    "luckffle/password/reset/": lambda world: _form(action="send", phone="010-7777-8888"),
    "luckffle/password/reset/<str:token>/": lambda world: _form(password=NEW_PASSWORD),
    "api/luckffle/v1/signup/code": lambda world: _json({"phone": "010-7777-8888"}),
    "api/luckffle/v1/signup/prove": lambda world: _json(_digits(PhoneCode.Purpose.SIGN_UP)),
    "api/luckffle/v1/signup": lambda world: _json(
        {"secret": SECRET, "nickname": "새친구", "password": NEW_PASSWORD, "is_14": True, "terms": True, "privacy": True}
    ),
    "api/luckffle/v1/password-reset/code": lambda world: _json({"phone": "010-7777-8888"}),
    "api/luckffle/v1/password-reset/prove": lambda world: _json(_digits(PhoneCode.Purpose.RESET)),
    "api/luckffle/v1/password-reset": lambda world: _json({"token": world.links["member-reset"], "password": NEW_PASSWORD}),
    "api/luckffle/v1/password": lambda world: _json({"current": PASSWORD, "password": NEW_PASSWORD}),
    "api/luckffle/v1/agreements": lambda world: _json({"kind": "MARKETING", "given": True}),
    "api/luckffle/v1/me/leave": lambda world: _json({"password": PASSWORD}),
    "api/luckffle/v1/me": lambda world: _json({"region": "SEOUL"}),
    "luckffle/raffles/<uuid:public_id>/enter/": lambda world: _form(chances="1", key=KEY),
    "api/luckffle/v1/raffles/<raffle_id>/entries": lambda world: _json({"chances": 1}, **{"Idempotency-Key": KEY}),
    "backoffice/gifticons/deposits/note/": lambda world: _form(amount_krw="1,000,000", reason="10월 예치"),
    "backoffice/gifticons/imports/<uuid:public_id>/apply/": lambda world: _form(with_jumps="on"),
    "backoffice/gifticons/goods/<uuid:public_id>/change/": lambda world: _form(stock="7", is_shown="on"),
    "backoffice/gifticons/markups/set/": lambda world: _form(
        thing=world.item.code,
        markup_percent="5",
        effective_from=f"{timezone.localtime() + timedelta(days=1):%Y-%m-%dT%H:%M}",
        reason="행사",
    ),
    "backoffice/offerwalls/networks/<slug:network>/switch/": lambda world: _form(**WHY),
    "backoffice/offerwalls/rewards/<uuid:public_id>/pay/": lambda world: _form(**WHY),
    "backoffice/offerwalls/rewards/<uuid:public_id>/refuse/": lambda world: _form(**WHY),
    "backoffice/pushes/new/": lambda world: _form(
        title="(광고) 럭플 혜택", body=f"오늘만요.\n{OPT_OUT}", key="matrix-0001", regions="SEOUL"
    ),
    "backoffice/pushes/count/": lambda world: _form(regions="SEOUL"),
    "backoffice/pushes/<uuid:public_id>/try/": lambda world: _form(member=world.members["suji"].public_id),
    "backoffice/pushes/<uuid:public_id>/schedule/": lambda world: _form(when=""),
    "backoffice/pushes/<uuid:public_id>/stop/": lambda world: _form(**WHY),
    "api/luckffle/v1/devices": lambda world: _json({"number": "phone-0001", "token": f"ok-{uuid4()}", "platform": "ANDROID"}),
    "luckffle/shop/<uuid:public_id>/exchange/": lambda world: _form(tickets="777", key=KEY, password=PASSWORD),
    "luckffle/shop/box/<uuid:public_id>/resend/": lambda world: _form(resends="0"),
    "api/luckffle/v1/shop/gifticons/<gifticon_id>/exchange": lambda world: _json(
        {"tickets": 777, "password": PASSWORD}, **{"Idempotency-Key": KEY}
    ),
    "api/luckffle/v1/shop/orders/<order_id>/resend": lambda world: _json({"resends": 0}),
    "luckffle/missions/<uuid:public_id>/beat/": _token,
    "luckffle/missions/seen/": lambda world: _form(read=str(world.running.public_id)),
    "api/luckffle/v1/seen": lambda world: _json({"listed": [str(world.running.public_id)]}),
    "luckffle/missions/<uuid:public_id>/confirm/": _token,
    "backoffice/reconciliation/upload/": lambda world: _form(
        gateway="portone",
        first_on="2026-01-01",
        last_on="2026-01-02",
        file=_Again("settled.csv", f"{','.join(COLUMNS)}\r\n".encode(), content_type="text/csv"),
    ),  # fmt: skip
    "backoffice/bank/statement/": lambda world: _form(text="MATRIX-1,2026-11-25 10:00,5000,김민지"),
    "backoffice/bank/deposits/<uuid:public_id>/match/": lambda world: _form(order_id=PaymentOrder.objects.get(key="world:bank").order_id),
    "backoffice/bank/deposits/<uuid:public_id>/return/": lambda world: _form(bank="088", number="110123456789", holder="김민지", **WHY),
    "backoffice/bank/payouts/<uuid:public_id>/call-off/": lambda world: _form(**WHY),
    "backoffice/login/": lambda world: _form(login=world.people["operator"].email, password=PASSWORD),
    "backoffice/account/password/": lambda world: _form(oldpassword=PASSWORD, password1=NEW_PASSWORD, password2=NEW_PASSWORD),
    "backoffice/2fa/password/": lambda world: _form(password=PASSWORD),
    "backoffice/identity/approvalrequest/<path:object_id>/approve/": lambda world: _form(_form_submitted="True", sure="on"),
    "backoffice/common/datedsetting/set_policy/": lambda world: _form(
        **DIALOG, name="payments.second_approval_above_krw", value="500000", effective_from=""
    ),
    "backoffice/campaigns/policyrule/add/": lambda world: _form(**RULE, name="새 기준", is_active="on"),
    "backoffice/campaigns/policyrule/<path:object_id>/change/": lambda world: _form(**RULE, name="고친 기준"),
    "backoffice/payments/suretypolicy/add/": lambda world: _form(
        number="100-000-7", insurer="서울보증보험", amount_krw="5000000", valid_from="2026-01-01", valid_until="2027-12-31", **WHY
    ),
    "backoffice/payments/suretypolicy/<path:object_id>/change/": lambda world: _form(valid_until="2028-06-30", **WHY),
    "backoffice/card-review/mode/on/": lambda world: _form(days="14", **WHY),
    "backoffice/payments/package/add/": lambda world: _form(credits="200000", bonus_credits="0", is_offered="on", **WHY),
    "backoffice/payments/offer/add/": lambda world: _form(
        name="가을 보너스",
        code="",
        from_credits="500000",
        percent="10",
        budget_credits="1000000",
        starts_at="2026-11-01T00:00",
        ends_at="2099-12-01T00:00",
        **WHY,
    ),
    "backoffice/payments/offer/<path:object_id>/raise_budget/": lambda world: _form(**DIALOG, credits="1000", key=KEY),
    "backoffice/payments/package/<path:object_id>/change/": lambda world: _form(bonus_credits="500", is_offered="on", **WHY),
}
DIALOGS = (
    "/show_contact/",
    "/act_as/",
    "/show_kept/",
    "/unpark/",
    "/replay/",
    "/refuse/",
    "/ask_gateway/",
    "/open_dispute/",
    "/allocate/",
    "/send_back/",
    "/settle/",
    "/end_offer/",
    "/lift_restriction/",
    "/end_demo/",
)
DECIDED_WITH_A_REASON = frozenset(
    {
        "backoffice/documents/<uuid:public_id>/retry/",
        "backoffice/card-review/mode/off/",
        "backoffice/money-switch/stop/", "backoffice/money-switch/resume/", "backoffice/refunds/<uuid:public_id>/deny/",
        "backoffice/refunds/<uuid:public_id>/retry/",
        "backoffice/refunds/<uuid:public_id>/send-by-bank/", "backoffice/review/<uuid:public_id>/reject/",
        "backoffice/review/<uuid:public_id>/ask-changes/", "backoffice/review/<uuid:public_id>/lock/",
        "backoffice/review/<uuid:public_id>/unlock/", "backoffice/review/<uuid:public_id>/hold/",
        "backoffice/review/<uuid:public_id>/flag/", "backoffice/review/<uuid:public_id>/expose/",
        "backoffice/papers/<uuid:public_id>/ask-again/",
        "backoffice/papers/<uuid:public_id>/refuse/",
        "backoffice/evidence/<uuid:evidence_id>/refuse/",
        "campaigns/<uuid:public_id>/evidence/<uuid:evidence_id>/refuse/",
    }
)  # fmt: skip


def _ask_for_a_demo(world: World, at: datetime) -> None:
    """The question is a stranger's who would like to try the product."""
    own_key = Cast("pk", CharField())  # strangers' forms are told apart by their keys alone
    Inquiry.objects.unscoped().update(kind=Inquiry.Kind.GUEST, topic=Inquiry.Topic.DEMO, asker=None, advertiser=None, key=own_key)
    for row in Inquiry.objects.unscoped():
        Guest.objects.get_or_create(
            inquiry=row, defaults={"name": "박손님", "email": sealed.seal("guest@example.com"), "address": "0" * 64, "at": at}
        )


def _be_a_demo(world: World, at: datetime) -> None:
    Advertiser.objects.update(is_demo=True)


def _pause(world: World, at: datetime) -> None:
    campaigns.pause(campaign=world.running, by=world.people["minji"], at=at)


def _become(kind: str) -> Callable[[World, datetime], Any]:
    """Turn the running campaign, and the participation in it, into another type."""

    def become(world: World, at: datetime) -> None:
        Campaign.objects.filter(pk=world.running.pk).update(type=kind, details=EXAMPLES[kind].details)
        Participation.objects.filter(public_id=world.taking.public_id).update(type=kind)

    return become


def _draw(world: World, at: datetime) -> None:
    """Suji is the only one in the raffle, and it was drawn."""
    row = raffles.close(raffle=world.raffle, at=world.raffle.closes_at)
    value = drand.PublicValue(row.public_round or 0, "00" * 48, "ab" * 32)
    with transaction.atomic():
        drawing.record_draw(raffle_id=row.pk, value=value, at=row.draws_at)


def _claim(world: World, at: datetime) -> None:
    _draw(world, at)
    raffles.claim(member=world.members["suji"], raffle=world.raffle.public_id, at=world.raffle.draws_at)


def _told(world: World, at: datetime) -> None:
    """Suji told who pays the tax of the bicycle."""
    answer = TaxAnswer(**WHO_PAYS, agrees=True)
    prize_tax.give(member=world.members["suji"], raffle=world.tax.winner.raffle.public_id, answer=answer, at=at)


def _told_and_late(world: World, at: datetime) -> None:
    _told(world, at)
    PrizeTax.objects.filter(pk=world.tax.pk).update(due_at=at - timedelta(minutes=1))


def _paid(world: World, at: datetime) -> None:
    _told(world, at)
    with transaction.atomic():
        prize_tax.record_payment(tax=world.tax, paid_on=day_of(at), reference="국민", by=world.people["finance"], at=at)


def _back_to_draft(world: World, at: datetime) -> None:
    """A draft by somebody who is neither finance nor admin, in the place of the open one."""
    Raffle.objects.filter(pk=world.raffle.pk).update(state="VOID", void_reason="x")
    made = draft(at, by=world.people["operator"])
    Raffle.objects.filter(pk=world.raffle.pk).update(public_id=uuid4())
    Raffle.objects.filter(pk=made.pk).update(public_id=world.raffle.public_id)


def _let_reviewers_in(world: World, at: datetime) -> None:
    card_review.switch_on(days=14, by=world.people["finance"], reason="카드사 심사", at=at)


def _stop_money(world: World, at: datetime) -> None:
    dated.change(name="credits.money_stopped", value=True, effective_from=at, reason="점검", by_id=None, at=at)


def _reject(world: World, at: datetime) -> None:
    campaigns.reject(campaign=world.submitted, by=world.people["operator"], at=at, reason="안 돼요")


def _plan(world: World, at: datetime) -> None:
    due_at = at + timedelta(hours=1)
    made = campaigns.plan(campaign=world.running, kind=PlannedChange.Kind.PAUSE, credits_=0, due_at=due_at, by=world.people["minji"], at=at)
    PlannedChange.objects.filter(pk=made.pk).update(public_id=world.running.public_id)


def _finished(world: World) -> list[str]:
    """The number of suji's finished visit, which `_finish` made."""
    return [str(row.public_id) for row in Participation.objects.filter(campaign=world.running, state="REWARDED")]


def _finish(world: World, at: datetime) -> None:
    """Suji stays long enough."""
    token = tokens.read(world.taking.token(at=at - timedelta(minutes=1)), device=world.taking.device)
    campaigns.confirm(member=world.members["suji"].pk, token=token, beats=2, at=at)


def _waiting_reward(world: World, at: datetime) -> None:
    """A reward that was too large to be paid at once, under the number that the address names."""
    OfferwallReward.objects.create(
        public_id=world.running.public_id, network="adpopcorn", transaction="rk-1", member_id=world.members["suji"].pk, tickets=20_000,
        is_signed=True, state="HELD", why="한 건에 바로 지급하는 티켓보다 많아요.", received_at=at,
    )  # fmt: skip


def _phone(world: World, at: datetime) -> None:
    """Suji's phone, under the number that the address names."""
    Device.objects.create(
        member=world.members["suji"], number="phone-0009", token="ok-0009", platform="ANDROID", created_at=at, last_seen_at=at
    )


SECRET = "a-secret-of-the-matrix-0123456789"


def _told_something(world: World, at: datetime) -> None:
    """Both members were told something that they have not read."""
    for member in world.members.values():
        with transaction.atomic():
            notifications.notify(user=member.user, kind="test.notice", title="안내", body="안내예요.", key="matrix", at=at)


def _proved_again(world: World, at: datetime) -> None:
    """Both members have just shown again who they are."""
    for name in ("suji", "hana"):
        user = world.people[name]
        IdentityCheck.objects.create(
            provider="PORTONE", purpose="MEMBER", user=user, browser="x", address_hash="x", ref=f"again-{name}", state="VERIFIED",
            person_hash="5a" * 32, started_at=at, claimed_at=at,
        )  # fmt: skip


def _asked(purpose: str, *, is_used: bool = False) -> Callable[[World, datetime], Any]:
    """A code that an app asked for, whose digits are 000000, or were."""

    def ask(world: World, at: datetime) -> None:
        phone = world.people["suji"].phone if purpose == PhoneCode.Purpose.RESET else "+821077778888"
        code = PhoneCode.objects.create(
            purpose=purpose, portal="luckffle", phone=phone, browser=browsers.keyed("app-code", SECRET), address_hash="x", created_at=at,
            expires_at=at + timedelta(minutes=3),
        )  # fmt: skip
        PhoneCode.objects.filter(pk=code.pk).update(code_hash=phone_codes._hash(code, "000000"), used_at=at if is_used else None)
        if purpose == PhoneCode.Purpose.NEW_PHONE:
            _proved_again(world, at)

    return ask


def _digits(purpose: str) -> dict[str, str]:
    code = PhoneCode.objects.get(purpose=purpose, browser=browsers.keyed("app-code", SECRET))
    return {"code": str(code.public_id), "secret": SECRET, "digits": "000000"}


def _restrict(world: World, at: datetime) -> None:
    with transaction.atomic():
        advertisers.restrict(advertiser=world.advertiser, reason="확인이 필요해요.", at=at)


BEFORE: dict[str, Callable[[World, datetime], Any]] = {
    "backoffice/inquiries/<uuid:public_id>/demo/": _ask_for_a_demo,
    "backoffice/advertisers/advertiser/<path:object_id>/end_demo/": _be_a_demo,
    "backoffice/advertisers/advertiser/<path:object_id>/lift_restriction/": _restrict,
    "accounts/email/": lambda world, at: MailLink.objects.update(created_at=at - timedelta(hours=2)),  # eve has just asked for one
    "accounts/2fa/passkeys/again/": _ask_every_browser,
    "backoffice/2fa/passkeys/again/": _ask_every_browser,
    "backoffice/2fa/passkeys/add/": _ask_every_browser,
    "luckffle/me/inbox/": _told_something,
    "api/luckffle/v1/inbox/read": _told_something,
    "luckffle/me/phone/": _proved_again,
    "api/luckffle/v1/me/phone/code": _proved_again,
    "api/luckffle/v1/me/phone": _asked("NEW_PHONE"),
    "api/luckffle/v1/signup/prove": _asked("SIGN_UP"),
    "api/luckffle/v1/signup": _asked("SIGN_UP", is_used=True),
    "api/luckffle/v1/password-reset/prove": _asked("RESET"),
    "api/v1/campaigns/<campaign_id>/appeal": _reject,
    "campaigns/<uuid:public_id>/appeal/": _reject,
    "campaigns/plans/<uuid:public_id>/cancel/": _plan,
    "api/v1/campaign-plans/<plan_id>/cancel": _plan,
    "backoffice/review/<uuid:public_id>/go-on/": lambda world, at: campaigns.hold(
        campaign=world.submitted, by=world.people["operator"], at=at, reason="신고증을 기다려요"
    ),
    "backoffice/review/<uuid:public_id>/fine/": lambda world, at: campaigns.flag(
        campaign=world.running, by=world.people["operator"], at=at, reason="다시 볼게요"
    ),
    "campaigns/<uuid:public_id>/postbacks/events/drop/": lambda world, at: postbacks.add_event(
        campaign=world.converting, name="click", meaning="STAGE", by=world.people["minji"], at=at
    ),
    "campaigns/<uuid:public_id>/postbacks/end-earlier/": lambda world, at: postbacks.rotate(
        campaign=world.converting, overlap=timedelta(days=1), by=world.people["minji"], at=at
    ),
    "backoffice/suspicions/<uuid:public_id>/invalidate/": _finish,
    "backoffice/suspicions/<uuid:public_id>/clear/": _finish,
    "backoffice/blocks/<int:number>/lift/": lambda world, at: Block.objects.create(
        pk=1, kind="MEMBER", key=f"member:{world.members['suji'].pk}", reason="여러 계정", made_at=at
    ),
    "api/luckffle/v1/devices/<device_number>/forget": _phone,
    "backoffice/pushes/<uuid:public_id>/try/": _phone,
    "backoffice/offerwalls/rewards/<uuid:public_id>/pay/": _waiting_reward,
    "backoffice/offerwalls/rewards/<uuid:public_id>/refuse/": _waiting_reward,
    "backoffice/exposure/reorder/": lambda world, at: Campaign.objects.filter(pk=world.running.pk).update(exposure_order=7),
    "api/v1/campaigns/<campaign_id>/resume": _pause,
    "campaigns/<uuid:public_id>/resume/": _pause,
    "campaigns/<uuid:public_id>/correct/": lambda world, at: campaigns.ask_changes(
        campaign=world.submitted, by=world.people["operator"], at=at, reason="제목을 고쳐 주세요"
    ),
    "api/luckffle/v1/participations/<participation_id>/answer": _become("SURVEY"),
    "luckffle/missions/<uuid:public_id>/answer/": _become("SURVEY"),
    "api/luckffle/v1/participations/<participation_id>/picture": _become("PROOF"),
    "luckffle/missions/<uuid:public_id>/picture/": _become("PROOF"),
    "api/luckffle/v1/participations/<participation_id>/step": _become("FOLLOW"),
    "luckffle/missions/<uuid:public_id>/step/": _become("FOLLOW"),
    "api/luckffle/v1/missions/<mission_id>/apply": _become("REVIEW"),
    "luckffle/missions/<uuid:public_id>/apply/": _become("REVIEW"),
    "api/luckffle/v1/raffles/<raffle_id>/claim": _draw,
    "backoffice/raffles/<uuid:public_id>/fund/": _back_to_draft,
    "backoffice/raffles/<uuid:public_id>/winners/<int:place>/deliver/": _claim,
    "luckffle/raffles/<uuid:public_id>/claim/": _draw,
    "backoffice/prize-taxes/<uuid:public_id>/pay/": _told,
    "backoffice/prize-taxes/<uuid:public_id>/forfeit/": _told_and_late,
    "backoffice/prize-taxes/statements/<int:year>/download/": _paid,
    "backoffice/money-switch/resume/": _stop_money,
    "backoffice/card-review/mode/off/": _let_reviewers_in,
    "backoffice/card-review/packs/make/": _let_reviewers_in,
    "backoffice/refunds/<uuid:public_id>/retry/": lambda world, at: Refund.objects.filter(pk=world.refund.pk).update(
        state=Refund.State.FAILED, decided_by=world.people["finance"], decided_at=at
    ),
    "backoffice/review/<uuid:public_id>/unlock/": lambda world, at: campaigns.lock(
        campaign=world.running, by=world.people["operator"], at=at, reason="확인해 볼게요"
    ),
}
