"""Guides that are written in Notion: read by the API, drawn in our own markup, shown only after an operator published the copy."""
