"""Symptoms in plain words: what the trained reader adds to the dictionary, and what it leaves to it."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from yifang import cli
from yifang.identify.text import spans
from yifang.identify.training import cmdd

TOLD = [
    ("宝宝拉肚子两天了", [("拉肚子", "diarrhoea", "present")]),
    ("精神不太好", [("精神不太好", "精神软", "present")]),
    ("没发烧，也没痰", [("发烧", "fever", "absent"), ("痰", "痰", "absent")]),
    ("不咳了", [("不咳", "cough", "absent")]),
    ("孩子不怎么吃饭", [("不怎么吃饭", "厌食", "present")]),
    ("奶奶也咳嗽", [("咳嗽", "cough", "other_person")]),
    ("母亲代诉：流鼻涕3天", [("流鼻涕", "runny_nose", "present")]),
    # an instruction, and a name of a medicine: no symptom
    ("可以吃点止咳药", []),
    ("家住3号楼", []),
]


@pytest.mark.parametrize(("text", "expected"), TOLD, ids=[row[0] for row in TOLD])
def test_what_is_told(identifier, make, text, expected):
    [outcome] = identifier.identify([make(note=text, section="other")])
    found = [(one.text, one.concept, one.assertion) for one in outcome.findings if one.kind == "symptom"]
    assert found == expected


def test_a_report_of_a_device_is_not_told_by_anybody(identifier, make):
    [outcome] = identifier.identify([make(imaging="双肺纹理增多，未见明显感染")])
    assert [one for one in outcome.findings if one.kind == "symptom"] == []


def test_what_is_told_counts_for_syndromes(identifier, make):
    [outcome] = identifier.identify([make(note="大便稀两天了")])
    assert "acute_diarrhoea" in [one.concept for one in outcome.findings if one.kind == "syndrome"]


def test_a_stay_and_an_exposure_are_no_symptoms(identifier, make):
    [outcome] = identifier.identify([make(note="家里养羊，住院三天")])
    assert [(one.concept, one.kind) for one in outcome.findings if one.concept in ("livestock", "admitted")] == [
        ("livestock", "exposure"),
        ("admitted", "event"),
    ]


def test_spans_of_consultations(identifier, make, shared):
    """What the reader was made from it reads well; what it was not made from is measured by cross-validation."""
    path = shared / "fixtures/zh-clinical-text/cmdd/cmdd_dev_dialogues.jsonl"
    hit = found = wanted = 0
    for dialogue in cmdd.dialogues(path)[:120]:
        for turn in dialogue:
            if not turn.text.strip():
                continue
            [outcome] = identifier.identify([make(note=turn.text, section="other")])
            told = {(one.start, one.end) for one in outcome.findings if one.kind == "symptom"}
            meant = {(one.start, one.end) for one in turn.spans}
            hit, found, wanted = hit + len(told & meant), found + len(told), wanted + len(meant)
    assert wanted > 1000
    assert 2 * hit / (found + wanted) > 0.92


def test_the_weights_are_small_and_say_where_they_come_from():
    folder = Path(spans.__file__).parent / "model"
    assert sum(one.stat().st_size for one in folder.iterdir()) < 2_000_000
    assert "Apache" in (folder / "ORIGIN.md").read_text(encoding="utf-8")


@dataclass
class Corpus:
    """A few annotated dialogues, as CMDD writes them."""

    folder: Path

    def write(self) -> Path:
        turns = [
            {
                "speaker": "患者",
                "text": f"宝宝{word}{days}天了",
                "bio": "OO" + "BI" + "OOO",
                "norm": [word],
                "state": ["1"],
            }
            for word in ("咳嗽", "发烧", "腹泻")
            for days in range(2, 9)
        ]
        rows = [json.dumps({"id": f"train_{number}", "turns": turns}, ensure_ascii=False) + "\n" for number in range(4)]
        with gzip.open(self.folder / cmdd.PARTS[0], "wt", encoding="utf-8") as out:
            out.writelines(rows[:3])
        (self.folder / cmdd.PARTS[1]).write_text(rows[3], encoding="utf-8")
        return self.folder


def test_training_again_gives_the_same_files(tmp_path, capsys):
    corpus = Corpus(tmp_path).write()
    for name in ("first", "second"):
        assert cli.main(["identify", "train", str(corpus), "--out", str(tmp_path / name)]) == 0
    for one in (tmp_path / "first").iterdir():
        assert one.read_bytes() == (tmp_path / "second" / one.name).read_bytes()
    reader = spans.SpanReader(
        spans.unpacked((tmp_path / "first" / spans.WEIGHTS).read_bytes()),
        spans.table_rows((tmp_path / "first" / spans.WORDS).read_text(encoding="utf-8")),
    )
    assert reader.spans("宝宝腹泻9天了") == [(2, 4)]
    assert "4 dialogues" in capsys.readouterr().out


def test_training_says_what_it_misses(tmp_path, capsys):
    assert cli.main(["identify", "train", str(tmp_path)]) == 2
    assert cmdd.PARTS[0] in capsys.readouterr().err


BEFORE_A_DIAGNOSIS = [
    ("宝宝1岁8个月，发烧，脚上和屁股上起了很多红点", ["hfmd"]),
    ("男，4岁，高烧，嘴里有红色泡泡，手上有白点", ["hfmd"]),
    ("我女儿三岁，发热两天，身上出疹子", ["hfmd"]),
    # the place in a clause of its own, before or behind
    ("宝宝发烧两天，昨天起了些小痘痘，主要在四肢和手脚", ["hfmd"]),
    ("宝宝一岁，口腔，手上，脚上，起了很多水疱", ["hfmd"]),
    # without a fever: hands, feet and buttocks tell, the mouth, arms and legs alone do not
    ("孩子四岁，手心有一些小红点，没发烧", ["hfmd"]),
    ("孩子四岁，舌头上有一些小红点，没发烧", []),
    ("宝宝十一个月，吃了药以后胳膊上有红点好多", []),
    ("宝宝发烧，今天腿上长了小包", ["hfmd"]),
    # fever, and the illness around the child
    ("孩子4岁，班里有手足口，今天发烧了", ["hfmd"]),
    ("宝宝2岁，邻居家小孩得了手足口，昨天一起玩的，今天发烧38度", ["hfmd"]),
    ("幼儿园里有好几个手足口，我家孩子没有", []),
    # what a roseola, hives, eczema and a baby's bubbles look like
    ("宝宝9个月，发烧三天，烧退了以后发现身上长了很多红点", []),
    ("宝宝两岁，发烧，身上起疹子很痒，抓一下就鼓起来", []),
    ("宝宝8个月，屁股上长了尿布疹，咳嗽", []),
    ("宝宝45天，嘴里老吐泡泡，咳嗽", []),
    # a vaccine, another's illness, a denial, a grown-up's rash
    ("宝宝打了手足口第二针后发烧", []),
    ("孩子咳嗽，没有皮疹，手脚都没有红点", []),
    ("宝宝咳嗽，艾叶水泡脚", []),
    ("患者，男，45岁，右手背皮疹2天", []),
]


@pytest.mark.parametrize(("text", "expected"), BEFORE_A_DIAGNOSIS, ids=[row[0] for row in BEFORE_A_DIAGNOSIS])
def test_what_parents_tell_points_to_a_disease_before_any_diagnosis(identifier, make, text, expected):
    [outcome] = identifier.identify([make(note=text, section="other")])
    assert [one.disease for one in outcome.suspicions] == expected


def test_after_a_diagnosis_what_is_told_suspects_nothing(identifier, make):
    [outcome] = identifier.identify([make(note="宝宝发烧，脚上和屁股上起了很多红点", dx=("L30.9 湿疹",))])
    assert outcome.suspicions == ()


@pytest.mark.parametrize(
    ("note", "diseases"),
    [("AFP 54.65ng/ml，肝硬化", []), ("AFP(-)，腹胀", []), ("AFP升高", []), ("拟诊AFP，右下肢无力3天", ["afp"])],
)
def test_a_tumour_marker_is_no_palsy(identifier, make, note, diseases):
    [outcome] = identifier.identify([make(note=note)])
    assert [one.disease for one in outcome.suspicions] == diseases


ASKED = [
    ("发烧吗", [("发烧", "uncertain")]),
    ("咳嗽得厉害吗", [("咳嗽", "uncertain")]),
    # answered with no, and with yes
    ("咳嗽吗？没有", [("咳嗽", "absent")]),
    ("有没有发烧，没有", [("发烧", "absent")]),
    ("发热吗？没有，就是咳嗽", [("发热", "absent"), ("咳嗽", "present")]),
    ("发烧吗？有", [("发烧", "uncertain")]),
    # a condition, a degree, a change, an end
    ("如果没有发烧就不用吃药", [("发烧", "uncertain")]),
    ("应该不会烧的太厉害", [("烧", "present")]),
    ("等咳嗽好了再去打针", [("咳嗽", "present")]),
    ("咳嗽已经好了", [("咳嗽", "absent")]),
    ("后来一直就没发烧", [("发烧", "absent")]),
    ("没听见咳嗽", [("咳嗽", "absent")]),
    ("没精神", [("没精神", "present")]),
    # told, and no fever
    ("体温36.8℃", []),
    ("昨天37.8度", [("37.8度", "present")]),
    ("家里人都咳嗽，孩子没事", [("咳嗽", "other_person")]),
    # in a line a disease that dialogues speak of like a symptom is both; what is said of it holds for both
    ("医生说已经排除手足口病了", [("手足口病", "absent")]),
]


@pytest.mark.parametrize(("text", "expected"), ASKED, ids=[row[0] for row in ASKED])
def test_what_is_asked_denied_and_over(identifier, make, text, expected):
    [outcome] = identifier.identify([make(note=text, section="other")])
    assert [(one.text, one.assertion) for one in outcome.findings if one.kind == "symptom"] == expected
