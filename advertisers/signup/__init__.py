"""Signing up as an advertiser: one thing per screen, saved between screens, counted, and one account at the end or nothing."""
