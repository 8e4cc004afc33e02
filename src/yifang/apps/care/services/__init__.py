"""The verbs of care: beginning a matter, taking a step, blowing a whistle, opening who blew it."""

from yifang.apps.care.services.matters import begin, open_matter, take, take_from_record
from yifang.apps.care.services.whistling import blow, draft_whistle, say_by_code, unseal

__all__ = ["begin", "blow", "draft_whistle", "open_matter", "say_by_code", "take", "take_from_record", "unseal"]
