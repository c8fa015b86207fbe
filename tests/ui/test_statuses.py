"""Every state has one word and one tone."""

import pytest
from django.template import Context, Template

from common.statuses import STATUSES, Tone, status_of

# The words people may meet, with their tone; a trailing "/ring" is the open circle.
WORDS = {
    "campaign": "작성중 gray/ring · 심사중 amber · 수정 요청 amber · 반려 red · 철회 gray/ring · 운영 잠금 red · "
    "시작 예정 sky · 진행중 green · 일시중지 gray · 예산 소진 amber · 종료 gray/ring · "
    "오늘 마감 amber · 이 시간 마감 amber · 시간 외 gray · 노출 꺼짐 gray · 잔액 부족 amber · 연결 주소 확인 amber · 계정 제한 red",
    "image": "심사 전 gray/ring · 승인 green · 반려 red",
    "payment": "결제 대기 gray/ring · 입금 대기 amber · 결제 완료 green · 결제 실패 red · 결제 취소 gray · "
    "부분 환불 sky · 환불 완료 gray · 이의 확인중 amber",
    "refund": "요청 접수 sky · 검토중 amber · 환불 처리중 blue · 환불 완료 green · 환불 반려 red · 요청 취소 gray/ring",
    "ledger": "충전 blue · 차감 gray · 환불 red · 보너스 sky · 수동 조정 amber · 예약 gray/ring · 예약 해제 gray/ring · 환불 대기 amber · "
    "환불 대기 해제 gray/ring · 주인 모를 입금 amber · 주인 모를 입금 처리 gray · "
    "기간 만료 gray/ring · 정정 amber · 티켓 받음 sky · 티켓 사용 gray · 티켓 정정 amber",
    "inquiry": "접수 sky · 확인중 amber · 답변 도착 green · 종료 gray",
    "raffle": "준비 중 gray/ring · 응모 예정 sky · 응모 중 green · 추첨중 amber · 추첨 완료 gray · 무효 red",
    "participation": "참여 중 sky · 확인중 amber · 완료 green · 참여 취소 red · 시간 지남 gray/ring",
    "gifticon": "발급중 amber · 사용 가능 green · 사용 완료 gray · 기간 만료 gray/ring · 발급 실패 red",
    "offerwall": "지급 green · 확인 대기 amber · 지급 안 함 red · 회수 gray",
    "paper": "확인 중 amber · 확인 완료 green · 다시 제출 필요 red · 반려 red · 기간 지남 gray/ring · 새 서류로 바뀜 gray/ring",
    "evidence": "확인 대기 amber · 통과 green · 틀림 gray · 거절 red",
    "application": "선정 대기 amber · 선정 green · 미선정 gray",
    "postback": "참여 확정 green · 확인 대기 amber · 같은 신호 gray · 서명 다름 red · 시각 지남 red · 모르는 클릭 red · 이미 쓴 클릭 red · "
    "모르는 이벤트 red · 기한 지남 red · 럭플이 보상 sky · 경과 기록 gray · 취소 신호 amber · "
    "모르는 주소 red · 한도 넘음 red · 읽을 수 없음 red",
    "endpoint": "켜짐 green · 꺼짐 gray/ring",
    "delivery": "기다림 sky · 전송함 green · 멈춤 red · 건너뜀 gray",
    # What operators follow besides.
    "difference": "확인 필요 amber · 처리함 gray",
    "document": "발행 대기 sky · 발행함 green · 발행 실패 red",
    "unallocated": "처리할 입금 amber · 충전함 green · 돌려주는 중 blue · 돌려줌 gray · 돌려주지 못함 red",
    "auto_charge": "결제 중 blue · 확인 중 amber · 충전함 green · 결제 실패 red",
    "approval": "승인 대기 amber · 승인 green · 거절 red · 만료 gray/ring",
    "webhook": "받음 sky · 주문 기다림 amber · 처리함 green · 해당 없음 gray",
    "push": "작성 중 gray/ring · 예약 sky · 보내는 중 blue · 멈춤 amber · 끝 green",
    "banner": "예약 sky · 보이는 중 green · 끝 gray/ring · 멈춤 amber",
    "effect": "대기 sky · 보냄 blue · 결과 모름 amber · 완료 green · 실패 red · 멈춤 red",
}


class TestStatusMaps:
    def test_cover_every_kind_of_thing_people_follow(self):
        assert set(STATUSES) == set(WORDS)

    @pytest.mark.parametrize("enum", sorted(WORDS))
    def test_use_exactly_the_agreed_words_and_tones(self, enum):
        found = {f"{status.label} {status.tone.value}{'/ring' if status.is_ring else ''}" for status in STATUSES[enum].values()}
        assert found == set(WORDS[enum].split(" · "))

    @pytest.mark.parametrize("enum", sorted(WORDS))
    def test_give_one_word_only_one_look(self, enum):
        looks = {}
        for status in STATUSES[enum].values():
            assert looks.setdefault(status.label, status) == status

    @pytest.mark.parametrize("enum", sorted(WORDS))
    def test_are_keyed_by_stored_values(self, enum):
        assert all(value == value.upper() and value.replace("_", "").isalpha() for value in STATUSES[enum])

    def test_refuse_a_value_without_a_word(self):
        with pytest.raises(KeyError):
            status_of(enum="payment", value="MELTED")

    def test_name_only_known_tones(self):
        assert {tone.value for tone in Tone} == {"gray", "blue", "green", "amber", "red", "sky"}


class TestStatusTag:
    def draw(self, source):
        return Template("{% load boost %}" + source).render(Context())

    def test_writes_word_and_tone(self):
        assert self.draw('{% status "campaign" "RUNNING" %}') == '<span class="st" data-tone="green">진행중</span>'

    def test_draws_an_open_circle_before_the_start(self):
        assert self.draw('{% status "campaign" "DRAFT" %}') == '<span class="st" data-tone="gray" data-shape="ring">작성중</span>'
