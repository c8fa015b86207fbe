"""Calls of offerwalls, signed as each company documents, by code that knows nothing of the product's."""

import hashlib
import hmac
from urllib.parse import urlencode

from django.test import Client

from credits.models import Posting
from rewards.models import OfferwallReward

KEYS = {"adpopcorn": "sandbox-hash-key", "tnk": "sandboxappkey", "tapjoy": "tapjoysecret", "hmac": "sandboxofferwallkey"}
DOOR = "/postbacks/offerwalls"
GRANTED = '{"Result":true,"ResultCode":1,"ResultMsg":"success"}'


def adpopcorn(member, *, transaction="rk-0001", tickets=150, offer="camp-7", key=KEYS["adpopcorn"], **more):
    usn = getattr(member, "public_id", member)
    usn = getattr(usn, "hex", usn)
    signed = hmac.new(key.encode(), f"{usn}{transaction}{tickets}{offer}".encode(), hashlib.md5).hexdigest()
    fields = {"usn": usn, "reward_key": transaction, "quantity": tickets, "campaign_key": offer, "signed_value": signed, **more}
    return Client().get(f"{DOOR}/adpopcorn/", fields)


def tnk(member, *, transaction="tnk-seq-0001", tickets=150, key=KEYS["tnk"], **more):
    usn = member.public_id.hex
    check = hashlib.md5(f"{key}{usn}{transaction}".encode()).hexdigest()
    fields = {"seq_id": transaction, "pay_pnt": tickets, "md_user_nm": usn, "md_chk": check, "app_id": "app-1", **more}
    return Client().post(f"{DOOR}/tnk/", fields)


def tapjoy(member, *, transaction="offer-1", tickets=150, key=KEYS["tapjoy"], **more):
    usn = member.public_id.hex
    verifier = hashlib.md5(f"{transaction}:{usn}:{tickets}:{key}".encode()).hexdigest()
    return Client().get(f"{DOOR}/tapjoy/", {"id": transaction, "snuid": usn, "currency": tickets, "verifier": verifier, **more})


def partner(member, *, transaction="p-1", tickets=150, key=KEYS["hmac"], **more):
    fields = {"user_id": member.public_id.hex, "transaction_id": transaction, "amount": str(tickets), **more}
    signed = hmac.new(key.encode(), urlencode(sorted(fields.items())).encode(), hashlib.sha256).hexdigest()
    return Client().post(f"{DOOR}/hmac/", fields, headers={"X-Signature": signed})


CALLERS = {"adpopcorn": adpopcorn, "tnk": tnk, "tapjoy": tapjoy, "hmac": partner}


def lines_of(reward):
    """(kind of account, amount) of the entry that paid a reward, the house first."""
    return sorted(Posting.objects.filter(entry=reward.entry).values_list("account__kind", "amount"))


def the_reward(**facts):
    return OfferwallReward.objects.get(**facts)
