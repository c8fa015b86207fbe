"""The HTML face of a schema: pydantic decides, a Django form draws."""

from collections.abc import Container
from typing import Any, ClassVar

from django import forms
from pydantic import BaseModel, ValidationError

from common.korean import sentence_for


class SchemaForm(forms.Form):
    """After is_valid(), `self.value` is the schema instance."""

    schema: ClassVar[type[BaseModel]]
    value: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False  # the schema decides what is missing

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:  # a widget could not read its input: say that first
            return data
        try:
            self.value = self.schema.model_validate({k: v for k, v in data.items() if v not in ("", None)})
        except ValidationError as exc:
            for error in exc.errors(include_url=False):
                self.add_error(_field_of(error["loc"], self.fields), sentence_for(error))
        return data


def _field_of(loc: tuple[int | str, ...], fields: Container[str]) -> str | None:
    """The form field an error belongs to; None for the whole form."""
    name = str(loc[0]) if loc else ""
    return name if name in fields else None
