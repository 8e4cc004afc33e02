"""Suspicions as CDS Hooks cards: a short line, the evidence in Markdown, the window as a link, reasons to override."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from yifang.apps.reporting.models import DismissReason
from yifang.apps.workstation.cdshooks.answering import Answer
from yifang.apps.workstation.cdshooks.asking import Question
from yifang.apps.workstation.services.reminding import Shown
from yifang.kernel import clock
from yifang.kernel.messages import render
from yifang.knowledge import load

Json = dict[str, Any]
SUMMARY = 140  # characters at most
SYSTEM = "urn:yifang:dismiss-reason"
REMINDER_REASONS = "urn:yifang:reminder-reason"
_REMINDERS = "urn:yifang:reminder"
_DISEASES = "urn:yifang:disease"


def card(answer: Answer, question: Question, window: str, home: str, lang: str) -> Json:
    """One card. `window` is the address of the report window, `home` of this node."""
    disease = load().disease(answer.disease)
    name = disease.en if lang == "en" else disease.name
    due = answer.due_at.astimezone(clock.CHINA)
    left = max(0.0, (answer.due_at - clock.now()).total_seconds())
    code = "hook_summary_urgent" if answer.urgent else "hook_summary"
    if not left:
        code = "hook_summary_late"
    summary = render(f"workstation.{code}", {"disease": name, "hours": max(1, round(left / 3600))}, lang)
    why = "\n".join(f"- **{_plain(one.text)}**: {_plain(one.says(lang))}" for one in answer.evidence)
    told = render("workstation.hook_detail", {"disease": name, "why": why, "due": due.strftime("%Y-%m-%d %H:%M")}, lang)
    return {
        "uuid": str(answer.prompt),
        "summary": summary if len(summary) <= SUMMARY else f"{summary[: SUMMARY - 1]}…",
        "detail": told,
        "indicator": ("critical" if answer.urgent else "warning") if answer.interrupts else "info",
        "source": {
            "label": render("workstation.hook_source", {}, lang),
            "url": f"{home}packs/diseases",
            "topic": {"system": _DISEASES, "code": disease.id, "display": name},
        },
        "suggestions": [_task(answer, question, name, lang)],
        "selectionBehavior": "at-most-one",
        "overrideReasons": [
            {"code": reason.value, "system": SYSTEM, "display": _reason(reason, lang)} for reason in DismissReason
        ],
        "links": [{"label": render("workstation.hook_link", {}, lang), "url": window, "type": "absolute"}],
    }


def reminder(shown: Shown, home: str, lang: str) -> Json:
    """A reminder of care as a card: never more than `info`, closed by our reasons."""
    one, english = shown.advice.reminder, lang == "en"
    because = [_plain(word) for word in shown.advice.because]
    if shown.advice.age is not None:
        because.append(render("workstation.reminder_age", {"age": shown.advice.age}, lang))
    told = {"says": one.says_en if english else one.says, "why": ("; " if english else "；").join(because)}
    return {
        "uuid": str(shown.id),
        "summary": render("workstation.reminder_summary", {"title": one.en if english else one.zh}, lang)[:SUMMARY],
        "detail": render("workstation.reminder_detail", told, lang),
        "indicator": "info",
        "source": {
            "label": render("workstation.reminder_source", {}, lang),
            "url": f"{home}packs/reminders/reminders/{one.id}",
            "topic": {"system": _REMINDERS, "code": one.id, "display": one.en if english else one.zh},
        },
        "overrideReasons": [
            {"code": each.id, "system": REMINDER_REASONS, "display": each.en if english else each.zh}
            for each in load().reminders.reasons
        ],
    }


def _task(answer: Answer, question: Question, name: str, lang: str) -> Json:
    """A to-do in the hospital's own system, for who cannot report at once."""
    label = render("workstation.hook_task", {"disease": name}, lang)
    task: Json = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": {"text": label},
        "description": label,
        "for": {"reference": f"Patient/{question.patient}"},
        "restriction": {"period": {"end": answer.due_at.isoformat(timespec="seconds")}},
    }
    if question.encounter:
        task["encounter"] = {"reference": f"Encounter/{question.encounter}"}
    return {
        "label": label,
        "uuid": str(uuid5(NAMESPACE_URL, f"task:{answer.prompt}")),
        "actions": [{"type": "create", "description": label, "resource": task}],
    }


def _reason(reason: DismissReason, lang: str) -> str:
    from django.utils import translation

    with translation.override("en" if lang == "en" else "zh-hans"):
        return str(reason.label)


def _plain(text: str) -> str:
    """A source's own words inside Markdown: nothing in them is markup."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>#|!" else one for one in text.replace("\n", " "))
