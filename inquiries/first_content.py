"""The first questions, guides and notice of the house, so that a new installation answers what everybody asks. Operators change them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from inquiries.models import Faq, Guide, Notice

Topic = Faq.Topic


@dataclass(frozen=True, slots=True)
class Question:
    """One question. is_on_landing: the landing page shows it too."""

    topic: Faq.Topic
    question: str
    answer: str
    is_on_landing: bool = False


QUESTIONS: Final = (
    Question(
        Topic.START, "개인도 광고할 수 있나요?", "네. 휴대전화로 본인확인을 마치면 개인 회원으로 시작할 수 있어요.", is_on_landing=True,
    ),
    Question(
        Topic.START, "사업자로 가입하려면 무엇이 필요한가요?",
        "사업자등록번호와 사업자등록증이 필요해요. 국세청에서 영업 중인지 확인하고, 서류는 운영팀이 살펴봐요. "
        "확인하는 동안에도 캠페인을 만들 수 있어요.",
    ),
    Question(
        Topic.START, "팀원과 함께 쓸 수 있나요?",
        "네. 팀원을 초대해 관리자, 재무, 열람 역할을 줄 수 있어요. 역할마다 한 달 집행 한도도 정할 수 있어요.",
    ),
    Question(
        Topic.CREDIT, "크레딧은 언제 쓰이나요?",
        "심사를 요청하면 예산만큼 크레딧이 묶이고, 참여가 완료될 때마다 단가만큼 집행돼요. 노출이나 클릭만으로는 줄지 않아요.",
        is_on_landing=True,
    ),
    Question(
        Topic.CREDIT, "세금계산서를 받을 수 있나요?",
        "카드로 결제하면 카드 매출전표가 증빙이에요. 계좌이체로 결제하면 가입할 때 적은 주소로 전자세금계산서를 보내 드려요.",
    ),
    Question(
        Topic.CREDIT, "크레딧에 유효기간이 있나요?",
        "충전한 크레딧과 보너스 크레딧에 유효기간이 있어요. 크레딧 내역에서 날짜를 볼 수 있고, 끝나기 전에 알려 드려요.",
    ),
    Question(
        Topic.CAMPAIGN, "예산보다 더 쓰일 수 있나요?",
        "아니요. 참여를 시작할 때 자리를 하나씩 잡아 두고, 자리가 없으면 그날은 참여를 받지 않아요.", is_on_landing=True,
    ),
    Question(
        Topic.CAMPAIGN, "심사에서 반려되면 어떻게 되나요?",
        "항목마다 이유를 알려 드리고, 묶인 크레딧은 모두 풀려요. 고쳐서 다시 요청하거나 이의를 제기할 수 있어요.",
    ),
    Question(
        Topic.CAMPAIGN, "진행 중에 내용을 바꿀 수 있나요?",
        "먼저 참여한 사람과 조건이 달라지지 않도록 보상과 완료 기준은 잠겨요. 잠깐 멈추거나 끝내는 일은 언제든 할 수 있어요.",
        is_on_landing=True,
    ),
    Question(
        Topic.CAMPAIGN, "부정 참여는 어떻게 걸러지나요?",
        "기기, 접속한 곳, 머문 시간을 함께 살펴보고 의심스러운 참여는 확인이 끝날 때까지 세지 않아요. "
        "나중에 밝혀진 건도 크레딧을 돌려드려요.",
    ),
    Question(
        Topic.REFUND, "환불은 어떻게 받나요?",
        "결제하고 7일(168시간) 안에 결제 내역에서 요청해 주세요. 쓰지 않은 크레딧과 그만큼의 부가세를 결제한 수단으로 돌려드려요. "
        "[환불 정책](/terms/refund/)에서 계산 방법을 볼 수 있어요.",
        is_on_landing=True,
    ),
    Question(
        Topic.REFUND, "캠페인에 묶인 크레딧도 환불되나요?",
        "캠페인을 끝내거나 거두면 묶인 크레딧이 풀려요. 풀린 크레딧은 환불 기간 안에서 돌려받을 수 있어요.",
    ),
)  # fmt: skip

GUIDES: Final = (
    (
        "start", "시작하기", "가입부터 첫 캠페인까지 한 번에 살펴봐요.",
        "## 1. 가입해요\n\n개인 또는 사업자를 고르고 휴대전화로 본인확인을 해요. 사업자는 사업자등록증을 올려요.\n\n"
        "## 2. 크레딧을 충전해요\n\n정해진 금액 가운데 골라 카드로 결제해요. 1크레딧은 1원이고 부가세 10%가 더해져요.\n\n"
        "## 3. 캠페인을 만들어요\n\n- 유형: 목표에 맞는 미션을 골라요.\n- 디자인: 회원이 볼 문구와 이미지를 넣어요.\n"
        "- 리워드: 참여자에게 줄 티켓을 정해요.\n- 크레딧: 단가와 예산을 정해요.\n- 세팅: 기간과 대상을 정해요.\n\n"
        "## 4. 심사를 요청해요\n\n요청하면 예산만큼 크레딧이 묶여요. 결과는 알림과 메일로 알려 드려요.\n",
    ),
    (
        "review", "심사 기준", "어떤 캠페인이 통과하고 어떤 캠페인이 반려되는지 알려 드려요.",
        "## 이런 것을 확인해요\n\n- 법에서 금지하거나 심의가 필요한 상품인지\n- 사람을 속이거나 과장하는 문구가 있는지\n"
        "- 연결한 페이지가 열리고 광고 내용과 같은지\n- 회원이 무엇을 해야 하는지 분명한지\n\n"
        "## 받지 않는 미션\n\n검색 순위나 별점을 조작하는 미션, 대가를 숨기는 후기, 미성년자에게 해로운 광고는 올릴 수 없어요.\n\n"
        "## 고쳐 달라는 요청을 받았다면\n\n알려 드린 항목만 고쳐서 다시 요청해 주세요. 묶인 크레딧은 14일 동안 그대로 두어요. "
        "다르게 생각하면 이의를 제기해 주세요. 처음과 다른 사람이 다시 봐요.\n",
    ),
    (
        "result", "결과 읽기", "참여와 집행 수치를 어떻게 읽는지 알려 드려요.",
        "## 참여와 완료\n\n참여는 미션을 시작한 것이고, 완료는 기준을 채운 것이에요. 크레딧은 완료에만 쓰여요.\n\n"
        "## 확인 중인 참여\n\n의심스러운 참여는 확인이 끝날 때까지 세지 않아요. 그래서 어제 수치가 조금 달라질 수 있어요.\n\n"
        "## 우리 집계와 다르다면\n\n캠페인 화면에서 가지고 있는 목록을 올리면 함께 있는 것과 한쪽에만 있는 것을 비교해 드려요.\n",
    ),
)  # fmt: skip
WELCOME: Final = (
    "부스트를 시작했어요",
    "광고주 리워드 마케팅을 한곳에서 관리할 수 있어요. 처음이라면 [시작하기 가이드](/guide/start/)를 읽어 주세요.",
)


def write(*, at: datetime, keep: bool = True) -> int:
    """
    Write what is not there yet; how many rows. What operators changed or took away since stays as they left it: each kind is written only
    while it has no row at all.

    keep: False takes it back, so that only the number is told.
    """
    with transaction.atomic(durable=True):
        rows: list[Faq | Guide | Notice] = []
        if not Faq.objects.exists():
            rows += [
                Faq(topic=q.topic, question=q.question, answer=q.answer, position=place * 10, is_on_landing=q.is_on_landing)
                for place, q in enumerate(QUESTIONS, start=1)
            ]
        if not Guide.objects.exists():
            rows += [
                Guide(slug=slug, title=title, summary=summary, text=text, position=place * 10, is_shown=True)
                for place, (slug, title, summary, text) in enumerate(GUIDES, start=1)
            ]
        if not Notice.objects.exists():
            title, text = WELCOME
            rows.append(Notice(title=title, text=text, shown_from=at))
        for row in rows:
            row.save()
        transaction.set_rollback(not keep)
    return len(rows)
