"""Toss Payments: core API 2022-11-16, its browser script, its pay window, its webhooks."""
