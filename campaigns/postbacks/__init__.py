"""Conversions that advertisers' servers, pages and attribution services tell us of: doors, proofs of the sender, words for every answer."""
