"""The HTML face of the schemas."""

from django import forms

from common.forms import SchemaForm
from credits.schemas import WarningLine


class WarningForm(SchemaForm):
    """Days left below which the team is warned."""

    schema = WarningLine

    days = forms.CharField(label="며칠 남으면 알릴까요")
