"""Solapi's stand-in refuses what Solapi refuses; our adapter speaks its dialect."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from common import solapi
from common.provider import GatewayError
from tests.identity.conftest import identity_sandbox, outside  # noqa: F401  (fixtures)

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def call(outside, *, header=None, messages=None):  # noqa: F811
    body = {"messages": messages or [{"to": "01012345678", "from": "0212345678", "text": "안녕", "type": "SMS"}]}
    header = header or solapi.authorization(at=datetime.now(UTC))
    url = f"{outside.sandbox.base_url}/solapi/messages/v4/send-many/detail"
    return httpx.post(url, content=json.dumps(body), headers={"Authorization": header}, trust_env=False)


class TestTheHeader:
    def test_is_the_one_of_the_fact_sheet(self, settings):
        settings.SOLAPI_API_KEY, settings.SOLAPI_API_SECRET = "NCSANDBOXKEY0001", "SANDBOXSECRET0123456789ABCDEFGH"
        assert solapi.authorization(at=NOW, salt="0123456789abcdef0123456789abcdef") == (
            "HMAC-SHA256 apiKey=NCSANDBOXKEY0001, date=2026-11-23T03:00:00.000Z, salt=0123456789abcdef0123456789abcdef, "
            "signature=f992fd845682098dab0e83bb7a4d15d61ff5baeea30557456568b6681133d53e"
        )

    def test_is_refused_when_it_is_used_twice(self, outside):  # noqa: F811
        header = solapi.authorization(at=datetime.now(UTC))
        assert call(outside, header=header).status_code == 200
        answer = call(outside, header=header)
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "DuplicatedSignature")

    def test_is_refused_when_it_is_old_wrong_or_missing(self, outside, settings):  # noqa: F811
        assert call(outside, header=solapi.authorization(at=NOW)).json()["errorCode"] == "RequestTimeTooSkewed"
        settings.SOLAPI_API_SECRET = "another"
        assert call(outside, header=solapi.authorization(at=datetime.now(UTC))).json()["errorCode"] == "SignatureDoesNotMatch"
        settings.SOLAPI_API_KEY = "ANOTHER"
        assert call(outside, header=solapi.authorization(at=datetime.now(UTC))).json()["errorCode"] == "InvalidAPIKey"
        assert call(outside, header="none").status_code == 401


class TestTheAdapter:
    def test_sends_and_finds_by_our_number(self, outside):  # noqa: F811
        channel = solapi.SolapiSms()
        channel.send(to="+821012345678", text="안녕하세요", ref="one")
        assert outside.messages(to="01012345678")[0]["body"] == "안녕하세요"
        assert channel.was_taken(to="+821012345678", ref="one")
        assert not channel.was_taken(to="+821012345678", ref="two")
        assert not channel.was_taken(to="+821087654321", ref="one")

    @pytest.mark.parametrize(("to", "text", "code"), [
        ("+821012341062", "안녕", "1062"), ("+821012345678", "똠방각하 뷁😀", "1029"), ("+821012345678", "가" * 1001, "1031"),
    ])  # fmt: skip
    def test_says_why_a_message_was_refused_for_certain(self, outside, to, text, code):  # noqa: F811
        with pytest.raises(GatewayError) as error:
            solapi.SolapiSms().send(to=to, text=text, ref="one")
        assert (error.value.known, error.value.code) == (True, code)
        assert outside.messages() == []

    @pytest.mark.parametrize(("fault", "known"), [
        ({"kind": "error", "status": 500}, False), ({"kind": "error", "status": 403}, True), ({"kind": "garbage"}, False),
        ({"kind": "drop"}, False), ({"kind": "error", "status": 502, "html": True}, False),
    ])  # fmt: skip
    def test_knows_what_it_does_not_know(self, outside, fault, known):  # noqa: F811
        outside.fault(service="solapi", **fault)
        with pytest.raises(GatewayError) as error:
            solapi.SolapiSms().send(to="+821012345678", text="안녕", ref="one")
        assert error.value.known is known

    def test_sends_long_messages_as_lms(self, outside):  # noqa: F811
        solapi.SolapiSms().send(to="+821012345678", text="가" * 46, ref="one")
        assert (solapi.kind_of("가" * 45), solapi.kind_of("가" * 46)) == ("SMS", "LMS")
        assert len(outside.messages()) == 1
