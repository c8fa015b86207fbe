"""Reading what a payment company answers."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from common.provider import GatewayError

M = TypeVar("M", bound=BaseModel)


class Wire(BaseModel):
    """Only the fields we use; everything else may come and go without notice."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


def read(model: type[M], answer: Any) -> M:
    """
    Read an answer through its model.

    :raises GatewayError: it has another shape; the payload, which holds personal data, is not in the message.
    """
    try:
        return model.model_validate(answer)
    except ValidationError:
        raise GatewayError(known=False, code="UNREADABLE", status=200) from None
