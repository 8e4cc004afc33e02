"""The demo's hospitals and doctors, as their own systems name them in messages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hospital:
    """What a message says of its sender."""

    code: str
    name: str


MAIN = Hospital("H31011201", "春申示范医院")
SECOND = Hospital("H31011202", "浦江示范医院")
FAR = Hospital("H31010401", "漕河示范医院")
# department → staff number and name of the doctor; the numbers are also in the messages
DOCTORS = {
    "儿科": ("D101", "高洁"), "感染科": ("D103", "石磊"), "肠道门诊": ("D104", "江涛"), "呼吸内科": ("D105", "林海"),
    "皮肤科": ("D106", "梅芳"), "骨科": ("D107", "铁山"), "急诊科": ("D108", "雷鸣"), "消化内科": ("D109", "田禾"),
    "心内科": ("D110", "方舟"), "妇产科": ("D111", "乔安"), "体检中心": ("D112", "席康"),
}  # fmt: skip
