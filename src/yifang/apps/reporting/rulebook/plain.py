"""Rules in plain words, in the reader's language: what each looks for, with examples, and what holds it back.

Made from the packs in force, so that a page never says something else than the program does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yifang.apps.accounts.words import message_language
from yifang.apps.reporting.presenting import words
from yifang.knowledge import Knowledge
from yifang.knowledge.models.diseases import Disease
from yifang.knowledge.models.triggers import DrugTrigger, ImagingTrigger, LabTrigger, NegativeRule

LAB, IMAGING, DRUG, DIAGNOSIS, NEGATIVE = "lab", "imaging", "drug", "diagnosis", "negative"


@dataclass(frozen=True, slots=True)
class Told:
    """A rule as a page tells it. `place` are the steps to it in its pack."""

    id: str
    kind: str
    title: str
    disease: str
    level: str
    case_class: str
    says: tuple[str, ...]
    examples: tuple[str, ...]
    held_by: tuple[tuple[str, str], ...]
    source: str
    confidence: str


def rules_of(knowledge: Knowledge, disease: str) -> list[Told]:
    """The rules that point to a disease: laboratory, imaging, drugs, then what the doctor wrote."""
    triggers = knowledge.triggers
    found = [_lab(knowledge, one) for one in triggers.lab if one.disease == disease]
    found += [_imaging(knowledge, one) for one in triggers.imaging if one.disease == disease]
    found += [_drug(knowledge, one) for one in triggers.drug if one.disease == disease]
    return [*found, *_written(knowledge, knowledge.disease(disease))]


def rule(knowledge: Knowledge, id: str) -> Told | None:
    """The rule of that id; None where there is none."""
    triggers = knowledge.triggers
    makers = (
        (triggers.lab, _lab), (triggers.imaging, _imaging), (triggers.drug, _drug),
        (triggers.negative_rules, _negative),
    )  # fmt: skip
    for rules, make in makers:
        for one in rules:
            if one.id == id:
                return make(knowledge, one)
    for told in triggers.told:
        if told.id == id:
            says = [_("还没有诊断时，自述、预检或问卷里的症状提示：{name}。").format(name=told.name)]
            return _told(knowledge, told, DIAGNOSIS, told.name, says, (), ("told", told.id))
    if id in ("diag_icd", "diag_name", "diag_uncertain"):
        return _general(knowledge, id)
    return None


@dataclass(frozen=True, slots=True)
class ClassTold:
    """By what a case class is proposed, or why never."""

    name: str
    says: tuple[str, ...]
    never: str
    source: str
    confidence: str


def classes_of(knowledge: Knowledge, disease: str) -> list[ClassTold]:
    """Each case class that the disease allows, in the pack's order."""
    rules = next((one for one in knowledge.triggers.case_classes if one.id == disease), None)
    if rules is None:
        return []
    where = knowledge.provenance("triggers", "case_classes", disease)
    labels = knowledge.diseases_pack.case_classes
    told = []
    for name in knowledge.disease(disease).case_classes:
        alternatives = rules.rules.get(name, ())
        says = tuple(_(" 并且 ").join(_fact(knowledge, fact) for fact in sorted(one)) for one in alternatives)
        told.append(
            ClassTold(words.word(labels[name]), says, rules.reasons.get(name, ""), where.text, where.confidence)
        )
    return told


def _fact(knowledge: Knowledge, fact: str) -> str:
    known = {
        "laboratory": _("指向本病的检验阳性，证据强"), "diagnosis": _("医生写下了这个诊断"),
        "doubt": _("诊断里写着考虑、待排、疑似或问号"), "criteria": _("监测标准齐备"),
    }  # fmt: skip
    if fact in known:
        return known[fact]
    name, _strong, strong = fact.partition(":")
    triggers = knowledge.triggers
    title = next((one.names[0] for one in (*triggers.lab, *triggers.drug) if one.id == name), "")
    if not title:
        title = next((_("影像：{term}").format(term=one.terms[0]) for one in triggers.imaging if one.id == name), name)
    return _("{test} 达到诊断滴度").format(test=title) if strong else title


def negatives(knowledge: Knowledge) -> list[Told]:
    """The rules that hold others back."""
    return [_negative(knowledge, one) for one in knowledge.triggers.negative_rules]


def holding(knowledge: Knowledge, disease: str, rule: str = "") -> list[tuple[str, str]]:
    """Ids and names of the negative rules that can speak to a rule of a disease."""
    of_rule = {one.id: one.disease for one in knowledge.triggers.lab}
    found = []
    for one in knowledge.triggers.negative_rules:
        diseases = set(one.diseases) or {of_rule[name] for name in one.when.rules}
        of_others = one.when.rules and not one.diseases and rule not in one.when.rules
        if of_others and rule.startswith(("lb_", "im_", "dr_")):
            continue
        if not diseases or disease in diseases:
            found.append((one.id, one.name))
    return found


def _lab(knowledge: Knowledge, one: LabTrigger) -> Told:
    names = (*one.names, *knowledge.spelled.get(one.id, ()))
    says = [_("检验项目名称是 {names}，结果为阳性。").format(names=_some(names))]
    if one.titre:
        says.append(_("滴度达到 {titre} 及以上才算证据强。").format(titre=one.titre.strong))
    if one.specimens:
        sets = knowledge.triggers.specimen_sets[one.specimens]
        says.append(
            _("标本须是 {accept}；{reject} 的阳性不算。").format(accept=_some(sets.accept), reject=_some(sets.reject))
        )
    if one.requires_syndrome:
        says.append(_beside(knowledge, one.requires_syndrome))
    if one.reject_results:
        says.append(_("结果里写着 {words} 的不算。").format(words=_some(one.reject_results)))
    if one.pair_with:
        says.append(_("与 {rule} 同时阳性时证据强，按确诊。").format(rule=_name_of(knowledge, one.pair_with)))
    if window := one.downgrade_if_vaccinated:
        first, last = window.days
        says.append(_("接种疫苗后 {first}–{last} 天内的阳性可能来自疫苗，降低一级。").format(first=first, last=last))
    if one.next:
        says.append(_("阳性后应接着查 {rule}。").format(rule=_name_of(knowledge, one.next)))
    value = one.titre.strong if one.titre else _("阳性")
    specimen = knowledge.triggers.specimen_sets[one.specimens].accept[0] if one.specimens else ""
    example = f"{specimen}{'，' if specimen else ''}{one.names[0]}：{value}"
    return _told(knowledge, one, LAB, one.names[0], says, (example,), ("lab", one.id), one.case_class or "")


def _imaging(knowledge: Knowledge, one: ImagingTrigger) -> Told:
    says = [_("影像报告里写着 {terms}。").format(terms=_some(one.terms))]
    if one.negation_terms:
        says.append(_("同一句里有 {words} 的不算。").format(words=_some(one.negation_terms)))
    if one.combine_syndrome:
        says.append(_beside(knowledge, one.combine_syndrome))
    title = _("影像：{term}").format(term=one.terms[0])
    return _told(knowledge, one, IMAGING, title, says, (one.terms[0],), ("imaging", one.id))


def _drug(knowledge: Knowledge, one: DrugTrigger) -> Told:
    names = _some(one.names)
    if one.combination:
        says = [_("同时用 {names}。").format(names="、".join(one.combination))]
    elif one.combination_min:
        days = one.window_days or 30
        says = [_("{days} 天内用了其中 {n} 种以上：{names}。").format(days=days, n=one.combination_min, names=names)]
    else:
        says = [_("用药是 {names} 之一。").format(names=names)]
    if one.anchor_any:
        says.append(_("其中要有 {names} 之一；只有其余的药不提示这个病。").format(names=_some(one.anchor_any)))
    for pair in one.weak_combinations:
        says.append(_("只用 {names} 的可能是预防性治疗，降为证据中等。").format(names="、".join(pair)))
    if one.exclude_single:
        says.append(_("单用 {names} 不算。").format(names="、".join(one.exclude_single)))
    if one.event == "exposure":
        says.append(_("这是暴露登记，不是病例。"))
    title = _("用药：{name}").format(name=one.names[0])
    count = one.combination_min or 1
    example = "、".join(one.combination or (*one.anchor_any[:1], *one.names[: count - len(one.anchor_any[:1])]))
    return _told(knowledge, one, DRUG, title, says, (example,), ("drug", one.id))


def _written(knowledge: Knowledge, disease: Disease) -> Iterator[Told]:
    """What the doctor wrote: codes and names of this disease."""
    places = {one.id: one for one in knowledge.triggers.diagnosis_text}
    if disease.icd10:
        says = [_("诊断编码以 {codes} 开头。").format(codes="、".join(disease.icd10))]
        if disease.icd10_weak:
            says.append(_("只有 {codes} 时证据不够强，要有相应表现。").format(codes="、".join(disease.icd10_weak)))
        if disease.icd10_exclude:
            says.append(_("{codes} 除外。").format(codes="、".join(disease.icd10_exclude)))
        yield _told(
            knowledge, places["diag_icd"], DIAGNOSIS, _("诊断编码"), says, (disease.icd10[0],),
            ("diagnosis_text", "diag_icd"), disease=disease.id, level="strong",
        )  # fmt: skip
    names = sorted(knowledge.names_of(disease), key=len, reverse=True)
    says = [
        _("诊断里写着 {names}。").format(names=_some(names)),
        _("同一分句里有 {words} 的不算。").format(words=_some(places["diag_name"].exclude_context)),
        _("写着 {words} 的按疑似提示。").format(words="、".join(places["diag_uncertain"].terms)),
    ]
    yield _told(
        knowledge, places["diag_name"], DIAGNOSIS, _("诊断名称"), says, (disease.name,),
        ("diagnosis_text", "diag_name"), disease=disease.id, level="moderate",
    )  # fmt: skip


def _general(knowledge: Knowledge, id: str) -> Told:
    one = next(one for one in knowledge.triggers.diagnosis_text if one.id == id)
    says = {
        "diag_icd": _("诊断编码属于某个病种；每个病种的编码见其页面，最长的编码优先。"),
        "diag_name": _("诊断里写着病名或别名，同一分句没有否定、既往或他人的字样。"),
        "diag_uncertain": _("诊断写着待排、考虑、疑似或问号：按疑似提示。"),
    }[id]
    titles = {"diag_icd": _("诊断编码"), "diag_name": _("诊断名称"), "diag_uncertain": _("存疑的诊断")}
    return _told(knowledge, one, DIAGNOSIS, titles[id], [says], (), ("diagnosis_text", id), level=one.level or "strong")


def _negative(knowledge: Knowledge, one: NegativeRule) -> Told:
    when, says = one.when, []
    if when.order_context:
        says.append(_("检验申请写着 {words}。").format(words=_some(when.order_context)))
    if when.visit_terms or when.visit_type:
        says.append(_("就诊原因是 {words}。").format(words=_some((*when.visit_terms, *when.visit_type))))
    if when.icd10:
        says.append(_("诊断编码以 {codes} 开头。").format(codes="、".join(when.icd10)))
    if when.terms:
        says.append(_("病历里写着 {words}。").format(words=_some(when.terms)))
    if when.rules:
        names = "、".join(_name_of(knowledge, name) for name in when.rules)
        says.append(_("只对这些规则：{rules}。").format(rules=names))
    if when.without:
        names = "、".join(_name_of(knowledge, name) for name in when.without)
        says.append(_("并且没有 {rules} 的阳性。").format(rules=names))
    if when.age_months_max is not None:
        says.append(_("患儿不满 {n} 个月。").format(n=when.age_months_max))
    if when.already_reported:
        says.append(_("并且本病程已有报告卡。"))
    if when.vaccinated_within:
        says.append(_("近期接种过相应的疫苗。"))
    if when.pattern:
        says.append(_("病名或病原名后面接着阴性、未检出等。"))
    effects = {
        "suppress": _("这时不提示。"), "weak": _("这时只计数，不提示。"),
        "route": _("这时不提示，转到“{list}”。").format(list=one.to or ""),
    }  # fmt: skip
    says.append(effects[one.effect])
    if one.unless:
        says.append(_("例外：{words}。").format(words=one.unless))
    return _told(knowledge, one, NEGATIVE, one.name, says, (), ("negative_rules", one.id), level=one.effect)


def _told(
    knowledge: Knowledge, one, kind: str, title: str, says: Sequence[str], examples: Sequence[str],
    place: tuple[str, ...], case_class: str = "", *, disease: str | None = None, level: str | None = None,
) -> Told:  # fmt: skip
    where = knowledge.provenance("triggers", *place)
    named = disease if disease is not None else getattr(one, "disease", "")
    notes = [one.note] if getattr(one, "note", None) else []
    held = () if kind == NEGATIVE or not named else tuple(holding(knowledge, named, one.id))
    return Told(
        one.id, kind, title, named, level or one.level, case_class, (*says, *notes), tuple(examples), held,
        where.text, where.confidence,
    )  # fmt: skip


def _name_of(knowledge: Knowledge, id: str) -> str:
    return next((one.names[0] for one in knowledge.triggers.lab if one.id == id), id)


def _beside(knowledge: Knowledge, ids: Sequence[str]) -> str:
    names = "、".join(knowledge.syndrome_name(one, message_language()) for one in ids)
    return _("同一次就诊还要有 {syndromes} 的表现，否则只计数。").format(syndromes=names)


def _some(names: Sequence[str], most: int = 8) -> str:
    shown = "、".join(names[:most])
    return _("{names} 等 {n} 种").format(names=shown, n=len(names)) if len(names) > most else shown
