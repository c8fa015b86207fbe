"""The pretended Giftishow: its forms, its refusals with HTTP 200, its own book."""

import pytest

from tests.sandbox.conftest import Shop
from tests.sandbox_process import SandboxProcess

ACCESS = {"custom_auth_code": "DEVSANDBOX0001", "custom_auth_token": "c2FuZGJveC1naWZ0aXNob3c=", "dev_yn": "N"}
WISH = {
    "goods_code": "G00000300001", "phone_no": "01012345678", "callback_no": "0212345678", "mms_title": "선물", "mms_msg": "쿠폰이에요",
    "user_id": "sandbox@boost.example", "gubun": "Y", "tr_id": "rw_20261128_0123456789ab",
}  # fmt: skip


@pytest.fixture
def sandbox(shop: Shop) -> SandboxProcess:
    return shop.sandbox


def call(sandbox: SandboxProcess, path: str, **fields: str):
    answer = sandbox.request("POST", f"/giftishow{path}", data={**ACCESS, **fields})
    assert answer.status_code == 200  # business errors too
    return answer.json()


def send(sandbox: SandboxProcess, **fields: str):
    return call(sandbox, "/send", **{**WISH, **fields})


class TestTheCatalogue:
    def test_comes_page_by_page(self, sandbox: SandboxProcess) -> None:
        first, last = (call(sandbox, "/goods", start=page, size="60")["result"] for page in ("1", "2"))
        assert (first["listNum"], len(first["goodsList"]), len(last["goodsList"])) == (64, 60, 4)
        assert {good["goodsStateCd"] for good in first["goodsList"]} == {"SALE", "SUS"}

    def test_has_brands_and_single_goods(self, sandbox: SandboxProcess) -> None:
        assert call(sandbox, "/brands")["result"]["listNum"] == 8
        assert call(sandbox, "/brands/BR00101")["result"]["brandDetail"]["brandName"] == "브루데이"
        assert call(sandbox, "/goods/G00000300001")["result"]["goodsDetail"]["discountPrice"] == 4_230
        assert call(sandbox, "/goods/G0")["code"] == "ERR0401"

    def test_is_shown_to_nobody_without_the_keys(self, sandbox: SandboxProcess) -> None:
        assert call(sandbox, "/goods", custom_auth_token="x")["code"] == "E0006"


class TestACoupon:
    def test_takes_from_the_deposit_and_is_found_again(self, sandbox: SandboxProcess) -> None:
        nested = send(sandbox)["result"]
        assert (nested["code"], len(nested["result"]["pinNo"])) == ("0000", 12)
        [found] = call(sandbox, "/coupons", tr_id=WISH["tr_id"])["result"]
        assert (found["resCode"], found["couponInfoList"][0]["pinStatusCd"]) == ("0000", "01")
        assert call(sandbox, "/bizmoney", user_id="x")["result"]["balance"] == str(5_000_000 - 4_230)

    def test_of_a_number_is_made_once(self, sandbox: SandboxProcess) -> None:
        send(sandbox)
        assert send(sandbox)["code"] == "ERR0215"

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"tr_id": "x" * 26}, "ERR0300"),
            ({"mms_title": "가" * 11}, "ERR0300"),
            ({"phone_no": "010-1234-5678"}, "ERR0300"),
            ({"goods_code": "G00000300008"}, "ERR0401"),
            ({"goods_code": "G0000LOW"}, "E0010"),
            ({"goods_code": "G0000AUTH"}, "E0006"),
            ({"goods_code": "G0000ENDED"}, "ERR0401"),
        ],
    )
    def test_is_refused(self, sandbox: SandboxProcess, fields: dict[str, str], code: str) -> None:
        assert send(sandbox, **fields)["code"] == code
        assert sandbox.control("GET", "/gifts")["balance"] == 5_000_000

    def test_is_cancelled_once_with_its_money(self, sandbox: SandboxProcess) -> None:
        send(sandbox)
        said = [call(sandbox, "/cancel", tr_id=WISH["tr_id"], user_id="x")["code"] for _ in range(2)]
        assert (said, sandbox.control("GET", "/gifts")["balance"]) == (["0000", "ERR0808"], 5_000_000)
        assert call(sandbox, "/cancel", tr_id="nobody", user_id="x")["code"] == "ERR0204"

    def test_without_a_number_goes_back_by_its_own_door(self, sandbox: SandboxProcess) -> None:
        assert "pinNo" not in send(sandbox, goods_code="G0000NOPIN")["result"]["result"]
        assert call(sandbox, "/coupons", tr_id=WISH["tr_id"])["code"] == "ERR0204"
        said = [call(sandbox, path, tr_id=WISH["tr_id"], user_id="x")["code"] for path in ("/cancel", "/sendFail/cancel")]
        assert (said, sandbox.control("GET", "/gifts")["balance"]) == (["ERR0210", "0000"], 5_000_000)

    def test_is_sent_again_to_the_same_number(self, sandbox: SandboxProcess) -> None:
        send(sandbox)
        assert call(sandbox, "/resend", tr_id=WISH["tr_id"], user_id="x", sms_flag="N")["code"] == "0000"
        [message] = sandbox.control("GET", "/inbox", to=WISH["phone_no"])["messages"]
        assert message["subject"] == "기프티쇼"
        sandbox.control("POST", f"/gifts/coupons/{WISH['tr_id']}/use")
        assert call(sandbox, "/resend", tr_id=WISH["tr_id"], user_id="x", sms_flag="N")["code"] == "ERR0204"
