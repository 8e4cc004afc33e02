"""`{% load records %}`: the words and times of a record, as filters."""

from django import template

from yifang.apps.records import presenting

register = template.Library()
register.filter("moment", presenting.moment)
register.filter("codes", presenting.codes)
register.filter("anchor", presenting.anchor)
register.filter("age", presenting.age)
register.filter("area", presenting.area)
register.filter("sex", presenting.sex)


@register.filter
def section(name: str) -> str:
    """The word for a section of a note."""
    return str(presenting.SECTIONS.get(name, name))


@register.filter
def format_name(name: str) -> str:
    """The word for a format of files or messages."""
    return str(presenting.FORMATS.get(name, name))


@register.filter
def role(name: str) -> str:
    """The word for the role of a diagnosis."""
    return str(presenting.ROLES.get(name, name))


@register.filter
def assertion(name: str) -> str:
    """The word for what is said of a diagnosis, empty for one that is simply present."""
    return str(presenting.ASSERTIONS.get(name, ""))
