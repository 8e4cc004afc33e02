"""`{% load forms %}`: a question of a form, and what is advised for it."""

from __future__ import annotations

from typing import Any

from django import forms, template
from django.forms import BoundField

from yifang.apps.forms.presenting import Advised, FilledForm
from yifang.web.templatetags import yifang

register = template.Library()
_WIDE = (forms.RadioSelect, forms.CheckboxSelectMultiple, forms.Textarea, forms.FileInput)


@register.simple_tag
def advice_of(form: FilledForm, bound: BoundField) -> Advised | None:
    """What the form recommends as the answer, None where it recommends nothing."""
    return form.advice.get(bound.name)


@register.inclusion_tag("web/components/field.html")
def question(bound: BoundField) -> dict[str, Any]:
    """One question; a choice, a long text and a file take the whole width."""
    return {**yifang.field(bound), "wide": isinstance(bound.field.widget, _WIDE)}
