"""Which template of an account carries which form of ours, and what goes into its fields."""

from collections.abc import Mapping
from typing import Literal, get_args

from pydantic import field_validator

from bot.channels import wechat_template
from bot.channels.wechat_template import OUR_OWN, Filling
from bot.section import Section

Form = Literal["missed", "emergency", "all_clear", "reminder", "offer", "confirmation", "digest"]
"""What a letter is, as far as its heading has to be true of it."""

FORMS: tuple[Form, ...] = get_args(Form)


class TemplateIds(Section):
    """The id of the template for each form, "" where there is none."""

    missed: str = ""
    emergency: str = ""
    all_clear: str = ""
    reminder: str = ""
    offer: str = ""
    confirmation: str = ""
    digest: str = ""
    fields: Mapping[Form, Filling] = {}
    """For templates with other fields than our own: what goes into each."""

    @field_validator("fields")
    @classmethod
    def can_be_filled(cls, fields: Mapping[Form, Filling]) -> Mapping[Form, Filling]:
        for form, filling in fields.items():
            for fault in wechat_template.faults(filling):
                raise ValueError(f"the template for {form}: {fault}")
        return fields

    @property
    def named(self) -> dict[str, str]:
        """The forms that have a template, with its id."""
        return {form: name for form in FORMS if (name := getattr(self, form))}

    def filling(self, form: str) -> Filling:
        return next((of_it for named, of_it in self.fields.items() if named == form), OUR_OWN)


class SubscriptionIds(TemplateIds):
    """The same for subscription notices. A consent is to one of them, so that no two share one."""

    @property
    def forms(self) -> dict[str, str]:
        """The form of each template that has one."""
        return {name: form for form, name in self.named.items()}
