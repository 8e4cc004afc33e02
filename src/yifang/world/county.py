"""The county itself: how large it is, when its year ends, its places and its people. Everything else is derived.

`Scale` is the whole of what one chooses; two counties of one scale are the same to the byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from yifang.kernel.errors import UserError
from yifang.world.people import People, peopled
from yifang.world.places import Places, settled

LEAST = {"residents": 1000, "encounters": 200, "days": 30}
MOST = {"residents": 2_000_000, "encounters": 5_000_000, "days": 730}


@dataclass(frozen=True, slots=True)
class Scale:
    """What one chooses: `encounters` over `days`, the last of which is `until`."""

    seed: int
    until: date
    residents: int = 270_000
    encounters: int = 300_000
    days: int = 365

    def check(self) -> None:
        """Raises UserError for a county too small to hold its outbreaks or too large for one machine."""
        for name, least in LEAST.items():
            value = getattr(self, name)
            if not least <= value <= MOST[name]:
                raise UserError("world.size", option=f"--{name}", value=value, least=least, most=MOST[name])

    @property
    def first_day(self) -> date:
        """The first day of the stored year."""
        return self.until - timedelta(days=self.days - 1)


@dataclass(slots=True)
class County:
    """A county, ready to live."""

    scale: Scale
    places: Places
    people: People

    @property
    def seed(self) -> int:
        return self.scale.seed


def found(scale: Scale) -> County:
    """The county of a scale: about a second for 270,000 residents."""
    scale.check()
    places = settled(scale.seed, scale.residents)
    return County(scale, places, peopled(scale.seed, scale.residents, scale.until, places))
