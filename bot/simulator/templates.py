"""The account's message templates, and what the platform lets into their fields."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.simulator.account import PlatformLimits
from bot.simulator.refusal import RefusedError

HOUR = r"\d{1,2}:\d{2}(:\d{2})?"
DAY = r"\d{4}年\d{1,2}月\d{1,2}日"
CHINESE = r"[\u4e00-\u9fff·]"

SHAPES = {
    "thing": r".+",
    "number": r"-?\d+(\.\d+)?",
    "letter": r"[A-Za-z]+",
    "character_string": r"[\x20-\x7e]+",
    "symbol": r"[^\w\s]+",
    "phrase": CHINESE + "+",
    "name": rf"{CHINESE}+|[A-Za-z][A-Za-z .'-]*",
    "phone_number": r"[\d+() -]+",
    "car_number": r"\w+",
    "amount": r"[¥￥$]?\d{1,10}(\.\d+)?元?",
    "const": r".+",
    "time": rf"({DAY} ?)?{HOUR}(~({DAY} ?)?{HOUR})?",
    "date": rf"{DAY}( ?{HOUR})?(~{DAY}( ?{HOUR})?)?",
}
"""What a value of each kind looks like; a newline fits into none of them."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template as the account chose it: `fields` maps names such as `thing1` to labels.

    Those of subscription notices are others than those of template messages.
    """

    id: str
    title: str
    fields: Mapping[str, str]
    is_notice: bool = False

    @property
    def content(self) -> str:
        """The template as the platform shows it, with the names of the fields in it."""
        return "".join(f"{label}:{{{{{name}.DATA}}}}\n" for name, label in self.fields.items())


def kind_of(name: str) -> str:
    """Return the kind of a field: `thing` of `thing12`."""
    return name.rstrip("0123456789")


def filled(template: Template, data: Any, limits: PlatformLimits) -> str:
    """Return the card as it looks: the title, then a line for each field.

    Raises RefusedError 47003 where a field is missing, unknown, too long, or of a wrong form.
    """
    if not isinstance(data, dict) or data.keys() != template.fields.keys():
        raise RefusedError(47003, "the fields are not those of the template")
    lines = [template.title]
    for name, label in template.fields.items():
        value = data[name].get("value") if isinstance(data[name], dict) else None
        if not isinstance(value, str) or not _fits(kind_of(name), value, limits):
            raise RefusedError(47003, f"data.{name}.value invalid")
        lines.append(f"{label}：{value}")
    return "\n".join(lines)


def _fits(kind: str, value: str, limits: PlatformLimits) -> bool:
    longest = limits.field_characters[kind]
    if kind == "name" and re.match(CHINESE, value):
        longest = limits.name_in_chinese_characters
    return len(value) <= longest and re.fullmatch(SHAPES[kind], value) is not None
