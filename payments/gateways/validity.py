"""How long a payment company allows prepaid credits to be valid, in days, where it does. Source: its rules for prepaid credits."""

LONGEST_VALIDITY_DAYS = {"toss": 365}
