"""Korean words for codes that are stored as text: kinds of work, alerts and approvals, gateways, lines of the access log."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.contrib.admin import AllValuesFieldListFilter
from django.contrib.admin.views.main import ChangeList

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices

WORDS = {
    # work outside (common.effects)
    "advertisers.invitation": "팀 초대 메일",
    "campaigns.look_at_landing": "연결 주소 확인",
    "campaigns.look_at_post": "체험 후기 글 확인",
    "advertisers.recipient": "보고서 주소 확인 메일",
    "campaigns.notice": "캠페인 알림",
    "credits.proof": "원장 증명",
    "identity.mail": "메일 보내기",
    "rewards.gifticon_issue": "기프티콘 발급",
    "rewards.gifticon_message": "기프티콘 문자 다시 보내기",
    "rewards.gifticon_import": "기프티콘 목록 가져오기",
    "rewards.gifticon_watch": "기프티콘 상태 확인",
    "rewards.push": "푸시 보내기",
    "rewards.push_open": "푸시 나누기",
    "rewards.push_refused": "푸시 거절",
    "rewards.offerwall_signatures": "오퍼월 서명 이상",
    "identity.mail_link": "메일 링크 보내기",
    "identity.old_contact": "예전 연락처에 알리기",
    "identity.sms": "문자 보내기",
    "identity.phone_code": "인증번호 문자",
    "identity.sms_report": "문자 결과 확인",
    "payments.auto_charge": "자동 충전 결제",
    "payments.auto_stopped": "자동 충전 멈춤",
    "payments.auto_top_up": "자동 충전",
    "payments.delete_card": "카드 지우기",
    "payments.receipt": "충전 알림",
    "payments.tax_document": "세금 문서 발행",
    "payments.reconcile": "결제사와 대사",
    "payments.payout": "통장에서 보낼 돈",
    "payments.refund": "환불",
    "rewards.draw_raffle": "래플 추첨",
    "rewards.data_export": "내 데이터 파일 만들기",
    "payments.top_up": "한도를 넘는 충전",
    "payments.sync_order": "결제 확인",
    # alerts
    "advertisers.restricted": "계정 제한",
    "advertisers.restriction_lifted": "계정 제한 해제",
    "backoffice.money_switch": "충전·환불 스위치",
    "credits.given": "크레딧 지급",
    "credits.manual_credit": "크레딧 지급",
    "credits.settle_claim": "받을 금액 처리",
    "payments.allocate_money": "주인 모를 입금 충전",
    "payments.return_money": "주인 모를 입금 돌려주기",
    "payments.bank_transfer": "계좌 환불",
    "credits.expiring": "크레딧 만료 예정",
    "credits.low": "크레딧 부족",
    "credits.proof_red": "원장 차이",
    "inquiries.asked": "새 문의",
    "inquiries.guest_answer": "비회원 문의 답변 메일",
    "payments.difference": "대사 차이",
    "payments.give_back": "입금 돌려주기",
    "payments.unallocated": "주인 모를 입금",
    "payments.document_failed": "세금 문서 실패",
    "payments.documents_late": "늦은 세금 문서",
    "payments.insured_limit": "보증 한도",
    "payments.disputed": "카드사 이의",
    "payments.dispute_over": "카드사 이의 끝",
    "payments.refund_delayed": "환불 지연",
    "payments.refund_failed": "환불 실패",
    "payments.bonus_over": "보너스 예산 끝",
    "payments.refund_account_changed": "환불 계좌 변경",
    "payments.refund_halted": "환불 멈춤",
    "payments.refund_requested": "환불 요청",
    "payments.refund_unknown": "환불 결과 모름",
    "payments.undecided": "결제 결과 모름",
    # points on which two books differ
    "amount_krw": "금액",
    "bank_transfer": "계좌로 보낸 금액",
    "cancelled_krw": "취소한 금액",
    "channel": "채널",
    "currency": "통화",
    "dispute": "이의 제기",
    "is_live": "실제 결제 여부",
    "fee_krw": "수수료",
    "fee_vat_krw": "수수료 부가세",
    "payout_krw": "정산 금액",
    "id": "결제 번호",
    "paid_at": "결제 시각",
    "provider": "결제 대행사",
    "status": "상태",
    "store": "상점",
    "version": "연동 버전",
    # payment companies
    "portone": "포트원",
    "toss": "토스페이먼츠",
    "bank": "부스트 통장",
    # the access log
    "access.denied": "권한 밖의 시도",
    "person.withdrawn": "탈퇴",
    "member.joined": "럭플 가입",
    "member.export_asked": "내 데이터 파일 요청",
    "member.export_fetched": "내 데이터 파일 받기",
    "password.changed": "비밀번호 변경",
    "withdrawn.viewed": "떠난 사람 기록 보기",
    "attachment.viewed": "문의 첨부 보기",
    "contact.viewed": "연락처 보기",
    "inquiry.viewed": "문의 보기",
    "refund_account.changed": "환불 계좌 변경",
    "refund_account.viewed": "환불 계좌 번호 보기",
    "paper.viewed": "사업자 서류 보기",
    "login.failed": "로그인 실패",
    "login.succeeded": "로그인",
    "logout": "로그아웃",
}


def word_of(code: str) -> str:
    """The word for a code; the code itself when it has none."""
    return WORDS.get(code, code)


class WordsFilter(AllValuesFieldListFilter):
    """A list filter over stored codes that shows their words."""

    def choices(self, changelist: ChangeList) -> "Iterator[_ListFilterChoices]":
        for choice in super().choices(changelist):
            choice["display"] = word_of(str(choice["display"]))
            yield choice
