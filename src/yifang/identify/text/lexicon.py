"""The dictionary of the text reader: every word of the packs with what it stands for, and the grammar around them.

Medical words come from the packs. Words of plain grammar (colloquial negations, who is the patient, longer words that
merely contain a medical one, such as 荨麻疹 in which 麻疹 is no measles) stand here, because they are language and not
rules of medicine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from yifang.knowledge import Knowledge

PRE, PSEUDO, TERMINATE, UNCERTAIN, HISTORICAL, OTHER, INFORMANT, SELF, PATIENT, ADJACENT, EXCLUDE, RULED_OUT = (
    1 << bit for bit in range(12)
)
DURATION, COUNT = "#duration", "#count"  # a base term that means the concept only with a duration or a count
Kind = Literal["symptom", "disease", "imaging", "laboratory", "exclude"]

_GRAMMAR: dict[int, str] = {
    PRE: "未曾 并无 未再 没有再 未发现 未查见 未述 从未 从来没有 没出现 没见 没听到 没看到 不支持 不符合 不考虑 "
    "未提示 未感染 未患过 没患过 没得过 未得过 没有得过 没有患过 不可能 没发现 没感觉 没感觉到 没觉得 没看见 "
    "没有看见 没见到 没有见到 没见着 没摸到 没有感觉 没有发现 看不到 听不到 听不见 没说 没有说 没喊 没有喊 没听见 "
    "没有听到 没有看到 没什么 没有什么 没啥",
    ADJACENT: "没 不 没再 不再 不怎么 没怎么 不太 不会 不是 不咋 不算 不像 不像是 不似 "
    "不怎么会 不是太 不大 不大会 不太会 没那么",
    PSEUDO: "不停 不断 不时 不住 不止 不知 不知道 不舒服 没好 没有好 没有好转 没有效果 没有效 没退 没有退 没多久 "
    "没办法 没精神 没有精神 没什么精神 没胃口 没有胃口 没什么胃口 没食欲 没有食欲 没有力气 只要 "
    "看不出 看不出来 不易 不好 不退 没有缓解 未见好转 未见缓解 未经 无菌 无论 不管 不但 不仅 不光 不只 没有消失 "
    "未消失 没有减轻 无症状 无黄疸型 无并发症 不见好转 不见好 无减轻 无改善 未减轻 未控制 控制不佳 不愈 没有退烧 "
    "没退烧 没用 没有用 未痊愈 未治愈 未愈 未康复 不久 久不久 不到 不一会 没一会 没有一会 没过多久 没几天 "
    "一点事没有 差不多 要不 要不然 要不要 不如 没有以前 没有昨天 没有之前 没以前 没之前 没昨天",
    TERMINATE: "就是 只是 只有 不过 可是 而是 反而 只",
    UNCERTAIN: "有没有 是不是 不会是 是否 会不会 有无 不能排除 尚不能排除 不排除 无法排除 待排除 怀疑 好像 拟诊 "
    "担心 害怕 以为 自疑 不能除外 不可除外 未除外 未能排除 未能除外 不能完全排除 不能完全除外 排查 鉴别 "
    "待除外 难以排除 难以除外 不可排除 未完全排除 未完全除外 不完全排除 难排除 难除外 无法除外 未予排除 暂不排除",
    OTHER: "爸爸 妈妈 爷爷 奶奶 姥姥 姥爷 外公 外婆 哥哥 姐姐 弟弟 妹妹 丈夫 妻子 爱人 老公 老婆 邻居 父母 家里人 "
    "家里其他人 家里大人 家里老人 别人 其他人 大人们 孙子 孙女 其子 其女 其夫 其妻 其母 其兄 其弟 其姐 其妹 之父 "
    "之母 之兄 之弟 之姐 之妹 之子 之女 之孙 之夫 之妻 有小朋友 其他小朋友 祖父 祖母 外祖父 外祖母 曾祖父 曾祖母 "
    "叔叔 舅舅 姑姑 姨妈 伯父 岳父 岳母 公公 婆婆 表哥 表弟 表姐 表妹 堂哥 堂弟 堂姐 堂妹 侄子 侄女 工友 舍友 "
    "同桌",
    INFORMANT: "发现 告知 介绍 反映 陪同 带来 代",
    HISTORICAL: "幼时 小时候 儿时 幼年 童年 早年 曾感染 曾得 曾确诊 患过 得过 感染过 出过 痊愈后 病愈后 "
    "过去病史 过去史 上次 上回 痊愈 已治愈 治愈后 康复后 已康复 血清固定 血清学固定 血清抵抗",
    SELF: "本身",
    PATIENT: "患者 患儿 病人 本人 孩子 小孩 宝宝 病孩 产妇 孕妇",
    RULED_OUT: "排除 除外",
}
# 邻居家小孩, 班上的小朋友: other children.
_WHOSE = (
    "邻居 邻居家 邻居家的 亲戚家 亲戚家的 朋友家 朋友家的 别人家 别人家的 别的 其他 有个 "
    "班里 班里的 班上 班上的 同班 幼儿园 幼儿园的"
)
_GRAMMAR[OTHER] += "".join(f" {whose}{child}" for whose in _WHOSE.split() for child in ("小孩", "孩子", "小朋友"))
# The same in English; words are whole, "|" parts them.
_ENGLISH: dict[int, str] = {
    PRE: "NO|NOT HAVE|DENIES|DENIED|DENYING|WITHOUT|NEGATIVE FOR|NO EVIDENCE OF|ABSENCE OF|FREE OF|NEVER HAD|"
    "NO HISTORY OF|DENIES HISTORY OF|NO KNOWN|NEITHER|EXCLUDING",
    PSEUDO: "NO IMPROVEMENT|NO CHANGE|NO RELIEF|NO BETTER|NO DOUBT|NOT ONLY|NOT IMPROVED|WITHOUT IMPROVEMENT|"
    "DAY HISTORY OF|DAYS HISTORY OF|WEEK HISTORY OF|WEEKS HISTORY OF|MONTH HISTORY OF|HISTORY OF PRESENT ILLNESS|"
    "HISTORY OF PRESENTING",
    TERMINATE: "BUT|HOWEVER|EXCEPT|ALTHOUGH",
    UNCERTAIN: "SUSPECTED|SUSPECT|SUSPICION OF|SUSPICIOUS FOR|POSSIBLE|POSSIBLY|PROBABLE|PROBABLY|LIKELY|R/O|RULE OUT|"
    "QUERY|CONSIDER|CONCERN FOR|CONCERNING FOR|CANNOT BE RULED OUT|CANNOT BE EXCLUDED|NOT RULED OUT|NOT EXCLUDED|"
    "PRESUMED|VS",
    RULED_OUT: "RULED OUT|EXCLUDED|UNLIKELY",
    HISTORICAL: "HISTORY OF|H/O|HX OF|PMH|PAST HISTORY|PREVIOUS|PREVIOUSLY|PRIOR|YEARS AGO|YEAR AGO|IN CHILDHOOD|S/P",
    OTHER: "MOTHER|FATHER|SISTER|BROTHER|SIBLING|WIFE|HUSBAND|SON|DAUGHTER|GRANDMOTHER|GRANDFATHER|UNCLE|AUNT|COUSIN|"
    "CLASSMATE|ROOMMATE|COWORKER|COLLEAGUE|NEIGHBOR|NEIGHBOUR|FAMILY MEMBER|FAMILY HISTORY|HOUSEHOLD MEMBER|"
    "CONTACT WITH|CLOSE CONTACT OF|EXPOSURE TO|EXPOSED TO",
    INFORMANT: "REPORTS|REPORTED|STATES|STATED|SAYS|NOTICED|NOTES|BROUGHT",
    PATIENT: "PATIENT|PT|CHILD|INFANT|BABY|TODDLER",
    EXCLUDE: "VACCINE|VACCINES|VACCINATION|VACCINATED|IMMUNIZATION|IMMUNISATION|IMMUNIZED|IMMUNISED|SCREENING|"
    "PROPHYLAXIS|PREVENTION",
}
# Longer words in which a word of the packs is hidden and does not mean itself.
_SHADOWS = (
    "荨麻疹 风疹块 风疹团 非典型 非感染性腹泻 副流感 登革出血热 埃博拉出血热 百白破 麻腮风 流感嗜血杆菌 流感杆菌 "
    "SARS-COV SARS-COV-2 SARSCOV2 抗HCV 抗-HCV 抗-HBV 抗-HEV "
    "烧伤 烧心 烧灼 烧烤 燃烧 灼烧 退烧 退烧药 退热药 发烧友 止咳 镇咳 止咳药 咳嗽药 止泻 止吐 止痛 止喘 平喘 哮喘 "
    "水泡脚 泡脚 泡澡 泡奶 泡面 泡水 吐泡 吐泡泡 吐沫泡泡 唾沫泡泡 唾液泡泡 口水泡 口水泡泡 奶泡泡 "
    "冒泡 冒泡泡 冒小泡 冒小泡泡 尿布疹 湿疹 药疹 热疹 奶疹 痱子 急疹 "
    "类百日咳 鼠伤寒 波浪热型 呈波浪热 现病史 简要病史 病史摘要 病史特点 月经出血 住院医师 住院部 入院须知"
)
_TURNED = "流行性"
ACTIVE = ("复发", "活动性")  # an old disease that is at work again


@dataclass(slots=True)
class Word:
    """One dictionary word: the concepts in it as (kind, id, offset, end offset), and its grammatical roles.

    `whole`: a Latin word, which must stand alone.
    """

    text: str
    concepts: tuple[tuple[Kind, str, int, int], ...] = ()
    roles: int = 0
    whole: bool = False

    def __post_init__(self) -> None:
        self.whole = self.text[0].isascii() and self.text[0].isalnum()


@dataclass(slots=True)
class Lexicon:
    """All words, longest first: `words[first character][second character]` are the candidates at a place.

    The words of one character stand under the second character "", and at the end of each of the others.
    """

    words: dict[str, dict[str, tuple[Word, ...]]] = field(default_factory=dict)

    def word(self, text: str) -> Word | None:
        """The entry of a folded word, None where there is none."""
        candidates = self.words.get(text[:1], {}).get(text[1:2], ())
        return next((one for one in candidates if one.text == text), None)


def compile_lexicon(knowledge: Knowledge) -> Lexicon:
    """Build the dictionary of the given packs."""
    syndromes, triggers = knowledge.syndromes, knowledge.triggers
    terms: dict[str, set[tuple[Kind, str]]] = {}
    roles: dict[str, int] = {}

    def concept(kind: Kind, name: str, words: Iterable[str]) -> None:
        for word in words:
            terms.setdefault(fold(word), set()).add((kind, name))

    def role(bit: int, words: Iterable[str]) -> None:
        for word in words:
            roles[fold(word)] = roles.get(fold(word), 0) | bit

    for name, one in syndromes.all_concepts.items():
        concept("symptom", name, (*one.terms, *knowledge.spelled.get(name, ())))
        concept("symptom", name + DURATION, one.duration.base if one.duration else ())
        concept("symptom", name + COUNT, one.count.base if one.count else ())
    for syndrome in syndromes.syndromes:
        if syndrome.exclude:
            concept("exclude", syndrome.id, syndrome.exclude.terms)
    for disease in knowledge.diseases.values():
        names = knowledge.names_of(disease)
        concept("disease", disease.id, (*names, *filter(None, map(_turned, names))))
    for test in triggers.lab:
        concept("laboratory", test.id, (*test.names, *knowledge.spelled.get(test.id, ())))
    for image in triggers.imaging:
        concept("imaging", image.id, image.terms)
    for bit, words in (
        (PRE, syndromes.negation.pre),
        (PSEUDO, syndromes.negation.pseudo),
        (TERMINATE, syndromes.negation.terminate),
        (UNCERTAIN, syndromes.uncertain),
        (HISTORICAL, syndromes.historical),
        (OTHER, syndromes.other_person),
        (INFORMANT, syndromes.informant),
        (SELF, syndromes.self_words_of_other),
    ):
        role(bit, words)
    for bit, text in _GRAMMAR.items():
        role(bit, text.split())
    for bit, text in _ENGLISH.items():
        role(bit, text.split("|"))
    for trigger in triggers.diagnosis_text:
        role(EXCLUDE, trigger.exclude_context)
        role(UNCERTAIN, trigger.terms)
    for rule in triggers.negative_rules:
        if not rule.diseases:
            role(EXCLUDE, (term for term in rule.when.terms if not _holds_disease(term, terms)))
    return _assemble(terms, roles)


_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# Characters of symptoms and of plain speech as they are written in Hong Kong, Macao and Taiwan.
_TRADITIONAL = (
    "發发燒烧熱热瀉泻嘔呕頭头癢痒腫肿嚨咙黃黄無无沒没還还來来點点體体溫温個个藥药醫医診诊檢检驗验腸肠膿脓氣气時时"
    "間间過过嗎吗這这樣样們们會会說说後后對对現现開开兒儿寶宝貝贝歲岁週周親亲鬧闹聲声陣阵濕湿紅红綠绿臉脸腳脚"
)
_SIMPLIFIED = dict(zip(map(ord, _TRADITIONAL[::2]), map(ord, _TRADITIONAL[1::2]), strict=True))
_FOLD = _SIMPLIFIED | _WIDE | {ord(char): ord(char) - 32 for char in "abcdefghijklmnopqrstuvwxyz"}
_FOLD |= {wide: _FOLD.get(narrow, narrow) for wide, narrow in _WIDE.items()}


def fold(text: str) -> str:
    """Full width to half width, ASCII to upper case; one code point stays one, so that offsets hold."""
    return text.translate(_FOLD)


def _turned(name: str) -> str:
    """A name as catalogues turn it: 流行性腮腺炎 → 腮腺炎(流行性)."""
    return f"{name.removeprefix(_TURNED)}({_TURNED})" if name.startswith(_TURNED) else ""


def _holds_disease(text: str, terms: dict[str, set[tuple[Kind, str]]]) -> bool:
    return any(kind == "disease" and word in fold(text) for word, names in terms.items() for kind, _ in names)


def _assemble(terms: dict[str, set[tuple[Kind, str]]], roles: dict[str, int]) -> Lexicon:
    words: dict[str, Word] = {fold(shadow): Word(fold(shadow)) for shadow in _SHADOWS.split()}
    for text in terms.keys() | roles.keys():
        if text not in terms and text in words:
            continue
        own = terms.get(text, set())
        found = {(kind, name, 0, len(text)) for kind, name in own}
        if own and not any(kind == "disease" for kind, _ in own):
            # A term inside a longer one counts too (口腔疱疹 is also 疱疹); inside the name of a disease it does not.
            # A disease counts in words of imaging (活动性肺结核) and of likeness (水痘样), not in the name of a test.
            held = {name for _, name in own}
            likeness = text.endswith("样") or all(kind == "imaging" for kind, _ in own)
            for inner, names in terms.items():
                at = text.find(inner) if inner != text else -1
                if at >= 0:
                    found |= {
                        (kind, name, at, at + len(inner))
                        for kind, name in names
                        if (kind != "disease" or likeness) and name not in held
                    }
        words[text] = Word(text, tuple(sorted(_longest(found))), roles.get(text, 0))
    index: dict[str, dict[str, tuple[Word, ...]]] = {}
    for word in sorted(words.values(), key=lambda one: (-len(one.text), one.text)):
        seconds = index.setdefault(word.text[0], {"": ()})
        second = word.text[1:2]
        for key in (second,) if second else tuple(seconds):
            seconds[key] = (*seconds.get(key, ()), word)
    return Lexicon(index)


def _longest(found: set[tuple[Kind, str, int, int]]) -> list[tuple[Kind, str, int, int]]:
    best: dict[tuple[Kind, str], tuple[Kind, str, int, int]] = {}
    for one in found:
        key = one[:2]
        if key not in best or one[3] - one[2] > best[key][3] - best[key][2]:
            best[key] = one
    return list(best.values())
