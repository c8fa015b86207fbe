"""What the sandbox is told from outside. One place for every default, so that no constant is written twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_WEBHOOK_SECRETS = (
    "whsec_cG9ydG9uZS1zYW5kYm94LXRlc3Qtc2VjcmV0LTAwMDE=",
    "whsec_cG9ydG9uZS1zYW5kYm94LXRlc3Qtc2VjcmV0LTAwMDI=",
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One contract with a PG in one mode. The key is what the browser names; the type is TEST or LIVE."""

    key: str
    id: str
    name: str
    type: str
    pg_merchant_id: str
    pg_provider: str = "INICIS_V2"
    manual_approval: bool = False

    def wire(self) -> dict[str, str]:
        """The channel as a payment object carries it."""
        return {
            "type": self.type,
            "id": self.id,
            "key": self.key,
            "name": self.name,
            "pgProvider": self.pg_provider,
            "pgMerchantId": self.pg_merchant_id,
        }


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Everything that identifies the pretended merchant, with the values the demo uses."""

    api_secret: str = "sandbox-secret"
    webhook_secrets: tuple[str, ...] = DEFAULT_WEBHOOK_SECRETS
    webhook_url: str = ""
    store_id: str = "store-00000000-0000-4000-8000-000000000001"
    merchant_id: str = "merchant-00000000-0000-4000-8000-000000000001"
    toss_mid: str = "tboost"
    toss_client_key: str = "test_ck_sandbox"
    toss_secret_key: str = "test_sk_sandbox"
    toss_webhook_url: str = ""
    solapi_api_key: str = "NCSANDBOXKEY0001"
    solapi_api_secret: str = "SANDBOXSECRET0123456789ABCDEFGH"
    solapi_senders: tuple[str, ...] = ("0212345678",)
    solapi_webhook_url: str = ""
    solapi_webhook_secret: str = "sandbox-webhook-secret"
    inicis_mid: str = "INIiasTest"
    inicis_api_key: str = "TGdxb2l3enJDWFRTbTgvREU3MGYwUT09"
    inicis_seed_iv: str = "SASKGINICIS00000"
    notion_secret: str = "ntn_sandbox"
    tax_office_key: str = "sandbox-tax-office-key"
    popbill_link_id: str = "SANDBOX"
    popbill_secret_key: str = "c2FuZGJveC1wb3BiaWxsLXNlY3JldC0wMDAx"
    fcm_project: str = "sandbox-luckffle"
    fcm_email: str = "push@sandbox-luckffle.iam.gserviceaccount.com"
    offerwall_callback_url: str = ""
    offerwall_keys: tuple[tuple[str, str], ...] = (
        ("adpopcorn", "sandbox-hash-key"),
        ("tnk", "sandboxappkey"),
        ("tapjoy", "tapjoysecret"),
        ("hmac", "sandboxofferwallkey"),
    )
    giftishow_auth_code: str = "DEVSANDBOX0001"
    giftishow_auth_token: str = "c2FuZGJveC1naWZ0aXNob3c="
    giftishow_sender: str = "0212345678"
    giftishow_balance: int = 5_000_000
    identity_channel: Channel = Channel(
        key="channel-key-00000000-0000-4000-8000-000000000002",
        id="channel-id-00000000-0000-4000-8000-000000000002",
        name="inicis-unified-test",
        type="TEST",
        pg_merchant_id="MIIiasTest",
        pg_provider="INICIS_UNIFIED",
    )
    channels: tuple[Channel, ...] = field(
        default=(
            Channel(
                key="channel-key-00000000-0000-4000-8000-000000000001",
                id="channel-id-00000000-0000-4000-8000-000000000001",
                name="inicis-card-test",
                type="TEST",
                pg_merchant_id="INIpayTest",
            ),
            Channel(
                key="channel-key-00000000-0000-4000-8000-000000000003",
                id="channel-id-00000000-0000-4000-8000-000000000003",
                name="inicis-card-live",
                type="LIVE",
                pg_merchant_id="MOIsandbox",
            ),
        )
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> SandboxSettings:
        """
        Read SANDBOX_* variables; whatever is missing or empty keeps its default.

        SANDBOX_MANUAL_APPROVAL lists channel keys (or TEST, LIVE, or all) whose payments need a server-side confirm.
        """
        default = cls()

        def text(name: str, fallback: str) -> str:
            return environment.get(name, "").strip() or fallback

        def listed(name: str) -> tuple[str, ...]:
            return tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())

        manual = listed("SANDBOX_MANUAL_APPROVAL")
        keys = {
            "TEST": text("SANDBOX_CHANNEL_KEY_TEST", default.channels[0].key),
            "LIVE": text("SANDBOX_CHANNEL_KEY_LIVE", default.channels[1].key),
        }
        channels = tuple(
            Channel(
                key=keys[channel.type],
                id=channel.id,
                name=channel.name,
                type=channel.type,
                pg_merchant_id=channel.pg_merchant_id,
                manual_approval=bool({"all", channel.type, keys[channel.type]} & set(manual)),
            )
            for channel in default.channels
        )
        return cls(
            api_secret=text("SANDBOX_API_SECRET", default.api_secret),
            webhook_secrets=listed("SANDBOX_WEBHOOK_SECRETS") or default.webhook_secrets,
            webhook_url=text("SANDBOX_WEBHOOK_URL", default.webhook_url),
            solapi_webhook_url=text("SANDBOX_SOLAPI_WEBHOOK_URL", default.solapi_webhook_url),
            solapi_webhook_secret=text("SANDBOX_SOLAPI_WEBHOOK_SECRET", default.solapi_webhook_secret),
            store_id=text("SANDBOX_STORE_ID", default.store_id),
            merchant_id=text("SANDBOX_MERCHANT_ID", default.merchant_id),
            toss_webhook_url=text("SANDBOX_TOSS_WEBHOOK_URL", default.toss_webhook_url),
            offerwall_callback_url=text("SANDBOX_OFFERWALL_CALLBACK_URL", default.offerwall_callback_url),
            channels=channels,
        )
