"""How long a password must be, said in both languages: Django's own words for it are not in its Chinese catalogue."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """At least `min_length` characters."""

    def get_error_message(self) -> str:
        return _("密码太短，至少要 {n} 个字符。").format(n=self.min_length)

    def get_help_text(self) -> str:
        return _("密码至少要 {n} 个字符。").format(n=self.min_length)
