"""`{% load intake %}`: the words of a batch's state and of a reason, for the rows of the lists."""

from django import template
from django.utils.safestring import SafeString

from yifang.apps.intake import feed_pages, presenting
from yifang.apps.intake.models import Batch, Quarantined
from yifang.web.templatetags.yifang import state

register = template.Library()
register.filter("reason_short", presenting.reason_short)
register.filter("feed_name", feed_pages.name_of)


@register.simple_tag
def batch_state(batch: Batch) -> SafeString:
    """The state of a batch."""
    return state(*presenting.batch_state(batch))


@register.filter
def reason(item: Quarantined) -> str:
    """The whole reason in words."""
    return presenting.reason(item)
