"""A shop to try things on: one brand, coffee for 4,500 won that costs us 4,200."""

from rewards.models import Gifticon, GifticonBrand

COFFEE, COFFEE_FACE, COFFEE_COST = "G00000300001", 4_500, 4_200


def brand(code="BR00101", name="브루데이", category="커피"):
    return GifticonBrand.objects.get_or_create(code=code, defaults={"name": name, "category": category})[0]


def gifticon(at, *, code=COFFEE, name="따뜻한 아메리카노", **facts):
    facts = {"brand": facts.pop("brand", None) or brand(), "face_krw": COFFEE_FACE, "cost_krw": COFFEE_COST, "valid_days": 30, **facts}
    return Gifticon.objects.create(code=code, name=name, imported_at=at, **facts)
