"""Phone numbers as people write them, and as we keep them."""

import phonenumbers

_MOBILE_PREFIX = "1"  # every Korean mobile range starts with 01x


def normalise(text: str) -> str | None:
    """
    The E.164 form (+8210…) of a Korean mobile number, however it was written; None when it is none.

    Only +82 mobile ranges are taken: nobody can make us send codes to premium or foreign numbers.
    """
    try:
        number = phonenumbers.parse(text, "KR")
    except phonenumbers.NumberParseException:
        return None
    if number.country_code != 82 or not str(number.national_number).startswith(_MOBILE_PREFIX) or number.extension:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE:
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def local(e164: str) -> str:
    """The number as Koreans read it, 010-1234-5678; empty stays empty."""
    if not e164:
        return ""
    return str(phonenumbers.format_number(phonenumbers.parse(e164, "KR"), phonenumbers.PhoneNumberFormat.NATIONAL))


def masked(e164: str) -> str:
    """The same with the middle hidden, 010-****-5678."""
    parts = local(e164).split("-")
    return "-".join(["*" * len(part) if 0 < place < len(parts) - 1 else part for place, part in enumerate(parts)])
