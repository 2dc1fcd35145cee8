"""What the platform lets into a menu."""

from typing import Any

from bot.simulator.account import PlatformLimits
from bot.simulator.refusal import RefusedError

NAME_BYTES = 16
SUB_NAME_BYTES = 60
KEY_BYTES = 128


def check_menu(fields: dict[str, Any], limits: PlatformLimits) -> None:
    """Raise RefusedError 40015 to 40019 where a menu breaks a rule."""
    buttons = fields.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= limits.menu_buttons:
        raise RefusedError(40016)
    for button in buttons:
        _check_button(button, NAME_BYTES)
        below = button.get("sub_button") or []
        if len(below) > limits.menu_sub_buttons:
            raise RefusedError(40017)
        for sub_button in below:
            _check_button(sub_button, SUB_NAME_BYTES)


def _check_button(button: Any, name_bytes: int) -> None:
    if not isinstance(button, dict):
        raise RefusedError(40015)
    if not 1 <= len(str(button.get("name", "")).encode()) <= name_bytes:
        raise RefusedError(40018)
    if button.get("sub_button"):
        return
    if button.get("type") not in {"click", "view"}:
        raise RefusedError(40015)
    if button["type"] == "click" and not 1 <= len(str(button.get("key", "")).encode()) <= KEY_BYTES:
        raise RefusedError(40019)
