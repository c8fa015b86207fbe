"""The tax office's stand-in confirms what the real one does, and tells nothing that was not sent."""

import httpx
import pytest

from tests.identity.conftest import identity_sandbox, outside  # noqa: F401  (fixtures)

CLAIM = {"b_no": "9990100013", "start_dt": "20200302", "p_nm": "김민지"}


@pytest.fixture
def validate(outside, settings):  # noqa: F811
    """Ask whether claims hold; the whole answer."""

    def post(*claims, key=None):
        url = f"{outside.sandbox.base_url}/tax-office/validate"
        return httpx.post(url, params={"serviceKey": key or settings.TAX_OFFICE_KEY}, json={"businesses": claims}, trust_env=False)

    return post


class TestConfirming:
    def test_says_yes_with_the_standing_and_no_without(self, validate):
        answer = validate(CLAIM, {**CLAIM, "p_nm": "다른사람"}, {**CLAIM, "b_no": "9990500059"}).json()
        assert (answer["request_cnt"], answer["valid_cnt"], answer["status_code"]) == (3, 1, "OK")
        yes, no, unknown = answer["data"]
        assert (yes["valid"], yes["status"]["b_stt_cd"]) == ("01", "01")
        assert (no["valid"], no["valid_msg"], "status" in no, unknown["valid"]) == ("02", "확인할 수 없습니다.", False, "02")

    def test_refuses_a_wrong_key_too_many_and_the_unfinished(self, validate):
        assert validate(CLAIM, key="wrong").status_code == 401
        assert validate(*[CLAIM] * 101).status_code == 413
        assert validate().status_code == 400
        assert validate({"b_no": "9990100013"}).json() == {"status_code": "REQUEST_DATA_MALFORMED"}
