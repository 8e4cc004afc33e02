"""The diagrams of docs/states.md, drawn from the tables of allowed transitions that stand beside the models."""

from __future__ import annotations

import os
import tempfile
from importlib import import_module

from django.apps import apps

# title, module, enumeration, transitions
MACHINES = (
    ("待排查线索 · suspicion", "reporting", "SuspicionState", "SUSPICION_TRANSITIONS"),
    ("打断 · interruption", "reporting", "InterruptionState", "INTERRUPTION_TRANSITIONS"),
    ("识别规则 · rule set", "reporting", "RuleSetState", "RULESET_TRANSITIONS"),
    ("报告卡 · report card", "reporting", "CardState", "CARD_TRANSITIONS"),
    ("漏报核查的答复 · answer to an audit line", "reporting", "AuditAnswer", "AUDIT_TRANSITIONS"),
    ("异常结果 · abnormal result", "reporting", "ResultState", "RESULT_TRANSITIONS"),
    ("纸卡照片 · picture of a paper card", "reporting", "ScanState", "SCAN_TRANSITIONS"),
    ("重卡 · duplicate pair", "reporting", "DuplicateState", "DUPLICATE_TRANSITIONS"),
    ("预警信号 · signal", "surveillance", "SignalState", "TRANSITIONS"),
    ("待办 · work item", "work", "WorkState", "TRANSITIONS"),
    ("院内流程 · matter", "care", "MatterState", "TRANSITIONS"),
    ("上下级节点 · peer", "relay", "PeerState", "TRANSITIONS"),
    ("本地名称 · local name", "intake", "NameState", "NAME_TRANSITIONS"),
    ("隔离 · quarantined item", "intake", "QuarantineState", "TRANSITIONS"),
    ("疑似同一人 · pair of persons", "records", "PairState", "PAIR_TRANSITIONS"),
    ("人员冲突 · conflict of persons", "records", "ConflictState", "CONFLICT_TRANSITIONS"),
    ("场所匹配 · place match", "places", "MatchState", "TRANSITIONS"),
    ("应急查看 · break-glass", "accounts", "GlassState", "GLASS_TRANSITIONS"),
)


def diagrams() -> str:
    """One Mermaid state diagram for each machine; the words are those on screen, in Chinese."""
    if not apps.ready:
        _set_up()
    return "".join(_diagram(*machine) for machine in MACHINES)


def _diagram(title: str, app: str, states: str, table: str) -> str:
    models = import_module(f"yifang.apps.{app}.models")
    transitions = getattr(models, table)
    lines = [f"  {one.value}: {one.label} ({one.value})" for one in getattr(models, states)]
    for before in getattr(models, states):
        after = sorted(transitions.get(before, ()), key=lambda one: one.value)
        lines += [f"  {before.value} --> {one.value}" for one in after]
        if not after:
            lines.append(f"  {before.value} --> [*]")
    return f"\n## {title}\n\n```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```\n"


def _set_up() -> None:
    """Django with the node's settings, on a data folder that is gone afterwards: only the models are wanted."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "yifang.node.settings"
    with tempfile.TemporaryDirectory() as data:
        os.environ["YIFANG_DATA"] = data
        django.setup()
