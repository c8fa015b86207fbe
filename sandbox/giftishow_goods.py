"""The catalogue of the pretended Giftishow: eight brands that nobody knows, 64 goods, and some that misbehave when they are ordered."""

from __future__ import annotations

from typing import Any

BRANDS: dict[str, tuple[str, str]] = {
    "BR00101": ("브루데이", "커피"), "BR00102": ("달콤제과", "디저트"), "BR00103": ("하루편의점", "편의점"),
    "BR00104": ("온문고", "금액권"),
    "BR00105": ("루멘", "생활"), "BR00106": ("바삭치킨", "치킨"), "BR00107": ("오후버거", "버거"), "BR00108": ("초록마켓", "금액권"),
}  # fmt: skip
_SHELVES: dict[str, tuple[tuple[str, int], ...]] = {
    "BR00101": (("따뜻한 아메리카노", 4_500), ("아이스 카페라떼", 5_000), ("바닐라 라떼", 5_500), ("콜드브루", 4_900),
                ("흑임자 라떼", 5_800), ("허브차", 4_700), ("아메리카노 두 잔", 9_000), ("원두 200g", 14_000)),
    "BR00102": (("딸기 생크림 케이크", 32_000), ("초코 조각 케이크", 6_500), ("치즈 조각 케이크", 6_800), ("마카롱 다섯 개", 12_500),
                ("소금빵 두 개", 6_400), ("아이스크림 한 컵", 3_900), ("크루아상", 4_200), ("생일 케이크 큰 것", 52_000)),
    "BR00103": (("모바일 금액권 3천원", 3_000), ("모바일 금액권 5천원", 5_000), ("바나나 우유", 1_800), ("삼각김밥", 1_400),
                ("컵라면", 1_700), ("초코 과자", 1_900), ("도시락", 5_200), ("생수 2L", 1_500)),
    "BR00104": (("도서 금액권 5천원", 5_000), ("도서 금액권 1만원", 10_000), ("도서 금액권 2만원", 20_000), ("도서 금액권 3만원", 30_000),
                ("이 달의 소설", 15_000), ("그림책", 13_500), ("시집", 11_000), ("도서 금액권 5만원", 50_000)),
    "BR00105": (("스테인리스 텀블러", 24_000), ("면 에코백", 12_000), ("핸드크림", 9_500), ("향초", 18_000),
                ("칫솔 세트", 7_900), ("작은 화분", 8_800), ("무릎 담요", 21_000), ("우산", 16_500)),
    "BR00106": (("후라이드 치킨", 19_000), ("양념 치킨", 20_000), ("반반 치킨", 20_500), ("치킨 텐더", 9_900),
                ("감자튀김", 4_500), ("치킨 금액권 1만원", 10_000), ("콜라 1.25L", 3_000), ("간장 치킨", 20_000)),
    "BR00107": (("치즈버거 세트", 8_900), ("새우버거 세트", 8_600), ("치즈버거", 6_200), ("너겟 열 개", 5_900),
                ("밀크셰이크", 4_300), ("콘샐러드", 2_800), ("버거 금액권 1만원", 10_000), ("아침 세트", 5_500)),
    "BR00108": (("장보기 금액권 5천원", 5_000), ("장보기 금액권 1만원", 10_000), ("장보기 금액권 3만원", 30_000), ("쌀 4kg", 17_900),
                ("달걀 열다섯 알", 6_900), ("샐러드", 5_400), ("과일 상자", 29_900), ("장보기 금액권 5만원", 50_000)),
}  # fmt: skip
SUSPENDED = frozenset({8, 24, 40, 56})  # every brand's eighth, four times
LIMITED = 10  # the good with a stock flag
NOTICE = "기간 안에 매장에서 바코드를 보여 주세요.\n기간을 늘리거나 돈으로 돌려받을 수 없어요.\n다른 할인과 함께 쓸 수 없는 매장이 있어요."
# What a good does when it is ordered; none of them stands in the list.
SCRIPTED = ("TIMEOUT1", "TIMEOUT2", "NOPIN", "LOW", "AUTH", "ENDED")


def _facts(code: str, name: str, brand: str, price: int, number: int) -> dict[str, Any]:
    is_voucher = "금액권" in name
    cost = price * (99 if is_voucher else 94) // 100
    brand_name, category = BRANDS[brand]
    return {
        "goodsCode": code, "goodsNo": 20_000 + number, "goodsName": name, "brandCode": brand, "brandName": brand_name, "content": NOTICE,
        "contentAddDesc": None, "salePrice": price, "realPrice": price, "discountPrice": cost, "discountRate": 1 if is_voucher else 6,
        "limitDay": (30, 93, 365)[number % 3] if number % 5 == 0 else 30, "validPrdTypeCd": "01", "validPrdDay": "",
        "endDate": "2999-12-30T15:00:00.000+0000", "goodsStateCd": "SUS" if number in SUSPENDED else "SALE",
        "goodsTypeCd": "PRC" if is_voucher else "GNR", "goodsTypeNm": "금액형" if is_voucher else "일반상품(물품교환형)",
        "goodsTypeDtlNm": category, "goodsImgS": "", "goodsImgB": "", "mmsGoodsImg": "", "goodsDescImgWeb": "", "brandIconImg": "",
        "affiliate": brand_name, "affiliateId": brand, "category1Seq": 1, "srchKeyword": name, "popular": number,
        "mmsReserveFlag": "N", "mmsBarcdCreateYn": "Y", "rmCntFlag": "Y" if number == LIMITED else "N",
    }  # fmt: skip


def seed() -> dict[str, dict[str, Any]]:
    """Every good by its code: those of the list, then the scripted ones."""
    goods: dict[str, dict[str, Any]] = {}
    number = 0
    for brand, shelf in _SHELVES.items():
        for name, price in shelf:
            number += 1
            code = f"G{300_000 + number:011d}"
            goods[code] = _facts(code, name, brand, price, number)
    for word in SCRIPTED:
        code = f"G0000{word}"
        goods[code] = _facts(code, f"시험용 {word}", "BR00101", 4_500, 0) | {"limitDay": 30}
    return goods


def is_listed(code: str) -> bool:
    """Whether it stands in the list of goods."""
    return not code.endswith(SCRIPTED)
