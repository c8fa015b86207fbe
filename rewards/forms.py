"""What members fill in on pages that show what they own."""

from django import forms

MOST_AT_ONCE = 1_000


class EntryForm(forms.Form):
    """chances: numbers wanted.   key: one per form, so that sending it twice is one entry."""

    chances = forms.IntegerField(
        label="응모할 번호 수",
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=1,
        error_messages={
            "required": "몇 번 응모할지 적어 주세요.",
            "invalid": "숫자로 적어 주세요.",
            "min_value": "1번부터 응모할 수 있어요.",
            "max_value": f"한 번에 {MOST_AT_ONCE:,}번까지 응모할 수 있어요.",
        },
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
