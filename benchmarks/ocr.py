"""A printed paper card read from pictures: how many of its answers come out right, and how many wrong ones look sure.

Cards with made-up answers are printed by the program's own page in Chromium, then photographed by arithmetic: a clean
scan, a scan that is turned, blurred and noisy, a telephone's picture of the sheet on a table in uneven light, and one
of a bent sheet out of focus with a shadow across it. `YIFANG_BENCH_SCANS` sets how many cards of each kind,
`YIFANG_BENCH_SCANS_SEED` other cards and pictures. Writing by hand is not read and not measured. Seconds are of one
processor.
"""

from __future__ import annotations

import io
import os
import random
import time
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.county import GIVEN, SURNAMES
from benchmarks.node import quantile

Figure = tuple[str, float, str, float]
EACH = int(os.environ.get("YIFANG_BENCH_SCANS", "6"))
SEED = int(os.environ.get("YIFANG_BENCH_SCANS_SEED", "20261128"))
_DISEASES = (
    ("hfmd", ""), ("influenza", ""), ("pulmonary_tb", "tb_pos"), ("varicella", ""), ("hepatitis_b", ""), ("mumps", ""),
    ("syphilis", "syphilis_latent"), ("bacillary_dysentery", ""), ("scarlet_fever", ""), ("malaria", "malaria_vivax"),
)  # fmt: skip
_STREETS = ("示范路1弄2号", "新桥路76号301室", "莘松路380弄15号楼", "沪闵路6088号", "东川路555号丁楼", "虹梅南路1755号")
_UNITS = (("春申实验小学", "三(2)班", "3"), ("阳光幼儿园", "中一班", "1"), ("宝山机械厂", "", "16"), ("", "", "18"))


def run() -> list[Figure]:
    """Per cent of answers not read (left to the person), of sure answers that are wrong, and seconds for a picture."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yifang.node.settings")
    import django

    django.setup()
    from yifang.apps.reporting.ocr import engine, read
    from yifang.knowledge import load

    dice = random.Random(SEED)
    cards = [_answers(dice, number) for number in range(EACH)]
    sheets = _printed(cards)
    figures: list[Figure] = []
    seconds: list[float] = []
    for kind, photographed in KINDS.items():
        filled = right = sure_wrong = sure = 0
        for answers, sheet in zip(cards, sheets, strict=True):
            started = time.process_time()
            lines, _ = engine.recognise(photographed(sheet, dice))
            found = read(lines, load())
            seconds.append(time.process_time() - started)
            for field, value in answers.items():
                if field in _NOT_READ:
                    continue
                filled += 1
                got = found.get(field)
                right += got is not None and got.value == value
                sure += got is not None and got.is_sure
                sure_wrong += got is not None and got.is_sure and got.value != value
            wrongly = [one for name, one in found.items() if one.is_sure and not answers.get(name)]
            sure_wrong += len(wrongly)
        figures.append((f"{kind}: answers not read right, of {filled}", 100 * (filled - right) / filled, "%", 10.0))
        figures.append((f"{kind}: sure answers that are wrong, of {sure}", 100 * sure_wrong / max(sure, 1), "%", 1.0))
    figures.append((f"one picture, p95 of {len(seconds)}", quantile(seconds, 0.95), "CPU s", 10.0))
    return figures


_NOT_READ = frozenset({"card_no", "card_type", "report_area", "report_org", "report_org_phone"})


def _answers(dice: random.Random, number: int) -> dict[str, Any]:
    from yifang.kernel.identity_number import check_digit

    disease, part = _DISEASES[number % len(_DISEASES)]
    unit, form, population = dice.choice(_UNITS)
    child = population in ("1", "3")
    birth = date(2018 if child else 1970, 1, 1) + timedelta(days=dice.randrange(1500))
    sex = dice.choice("12")
    first = f"310112{birth:%Y%m%d}{dice.randrange(100):02d}{dice.randrange(5) * 2 + int(sex == '1')}"
    onset = date(2026, 11, 1) + timedelta(days=dice.randrange(20))
    made = {
        "card_no": f"H31011201202600{number:04}", "card_type": "1", "id_type": "01",
        "id_no": first + check_digit(first),
        "name": dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, 2)), "sex": sex, "birth_date": birth.isoformat(),
        "phone": f"13{dice.randrange(10**9):09d}", "population": population, "employer": unit, "school_class": form,
        "guardian_name": dice.choice(SURNAMES) + dice.choice(GIVEN) if child else "", "patient_belongs": "1",
        "residence_area": f"310112{dice.choice([101, 102, 103, 106])}", "residence_detail": dice.choice(_STREETS),
        "case_class": dice.choice("123"), "onset_date": onset.isoformat(),
        "diagnosis_datetime": f"{onset + timedelta(days=1):%Y-%m-%d}T{dice.randrange(8, 18):02}:30", "disease": disease,
        "disease_subtype": part, "acute_chronic": "1" if disease == "hepatitis_b" else "", "report_area": "310112",
        "report_org": "H31011201", "report_org_phone": "021-54321000", "report_doctor": dice.choice(SURNAMES) + "医生",
        "fill_date": f"{onset + timedelta(days=1):%Y-%m-%d}T18:00",
    }  # fmt: skip
    if disease == "hfmd":
        made |= {"hfmd_card.1": "EV-A71", "hfmd_card.2": "否"}
    return {name: value for name, value in made.items() if value}


def _printed(cards: list[dict[str, Any]]) -> list[Any]:
    from django.template.loader import render_to_string
    from PIL import Image
    from playwright.sync_api import sync_playwright

    from yifang.apps.reporting.documents import Sheet
    from yifang.apps.reporting.papers.layout import paper_of
    from yifang.knowledge import load

    static = Path(__file__).parents[1] / "src/yifang/apps/reporting/static/reporting"
    style = f"<style>{(static / 'paper.css').read_text()}</style>"
    browser = next(one for one in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(one).exists())
    found = []
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1000, "height": 1160}, device_scale_factor=2)
        for answers in cards:
            sheet = Sheet(paper_of(answers, load(), "梅陇人民医院"), ["版本 1"])
            page.set_content(render_to_string("reporting/_paper_sheet.html", {"sheet": sheet}) + style)
            found.append(Image.open(io.BytesIO(page.locator(".sheet").screenshot())).convert("RGB"))
        chromium.close()
    return found


def _clean(sheet: Any, dice: random.Random) -> bytes:
    return _jpeg(sheet, 90)


def _noisy(sheet: Any, dice: random.Random) -> bytes:
    """Turned by up to three degrees, a little out of focus, with grain."""
    import numpy
    from PIL import Image, ImageFilter

    turned = sheet.rotate(
        dice.uniform(-3, 3), expand=True, fillcolor=(250, 250, 248), resample=Image.Resampling.BICUBIC
    )
    pixels = numpy.asarray(turned.filter(ImageFilter.GaussianBlur(1.0))).astype("int16")
    grain = numpy.random.default_rng(dice.randrange(2**32)).normal(0, 12, pixels.shape)
    return _jpeg(Image.fromarray((pixels + grain).clip(0, 255).astype("uint8")), 70)


def _telephone(sheet: Any, dice: random.Random) -> bytes:
    """On a dark table, seen askew, light falling from one side."""
    import numpy

    seen = _on_table(numpy.asarray(sheet), dice, turn=0)
    light = numpy.linspace(dice.uniform(0.6, 0.8), 1.0, seen.shape[1])[None, :, None]
    return _grainy(seen * light, dice, grain=6)


def _shadowed(sheet: Any, dice: random.Random) -> bytes:
    """A bent sheet turned by up to six degrees, out of focus, the shadow of a hand over a part of it."""
    import cv2
    import numpy

    page = numpy.asarray(sheet)
    high, wide = page.shape[:2]
    across, down = numpy.meshgrid(numpy.arange(wide, dtype="float32"), numpy.arange(high, dtype="float32"))
    bend = dice.uniform(3, 7) * numpy.sin(across / wide * numpy.pi * dice.uniform(0.8, 1.6))
    bent = cv2.remap(page, across, down + bend.astype("float32"), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    seen = _on_table(cv2.GaussianBlur(bent, (0, 0), dice.uniform(0.9, 1.3)), dice, turn=dice.uniform(-6, 6))
    high, wide = seen.shape[:2]
    shade = numpy.ones((high, wide), "float32")
    edge = [(dice.uniform(0.2, 0.6) * wide, 0), (wide, 0), (wide, high), (dice.uniform(0.4, 0.9) * wide, high)]
    cv2.fillPoly(shade, [numpy.array(edge, "int32")], dice.uniform(0.5, 0.65))
    return _grainy(seen * cv2.GaussianBlur(shade, (0, 0), 12)[:, :, None], dice, grain=7)


def _on_table(page: Any, dice: random.Random, turn: float) -> Any:
    """The page on a larger dark ground, seen askew and turned by so many degrees."""
    import cv2
    import numpy

    high, wide = page.shape[:2]
    canvas = (int(wide * 1.25), int(high * 1.15))
    edge = (0.06 * wide, 0.05 * high)
    corners = [(0, 0), (wide, 0), (wide, high), (0, high)]
    seen = numpy.array([
        (x + 0.12 * wide + dice.uniform(-edge[0], edge[0]), y + 0.07 * high + dice.uniform(-edge[1], edge[1]))
        for x, y in corners
    ])  # fmt: skip
    if turn:
        around = cv2.getRotationMatrix2D((canvas[0] / 2, canvas[1] / 2), turn, 0.92)
        seen = seen @ around[:, :2].T + around[:, 2]
    matrix = cv2.getPerspectiveTransform(numpy.array(corners, "float32"), seen.astype("float32"))
    table = numpy.full((canvas[1], canvas[0], 3), (72, 58, 46), "uint8")
    return cv2.warpPerspective(
        page, matrix, canvas, dst=table, borderMode=cv2.BORDER_TRANSPARENT, flags=cv2.INTER_CUBIC
    )


def _grainy(pixels: Any, dice: random.Random, grain: float) -> bytes:
    import numpy
    from PIL import Image

    noise = numpy.random.default_rng(dice.randrange(2**32)).normal(0, grain, pixels.shape)
    return _jpeg(Image.fromarray((pixels + noise).clip(0, 255).astype("uint8")), 75)


def _jpeg(image: Any, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


KINDS: Mapping[str, Callable[[Any, random.Random], bytes]] = {
    "clean scan": _clean, "turned and noisy scan": _noisy, "telephone": _telephone, "bent and in shadow": _shadowed,
}  # fmt: skip
