"""Every address of the node; each app says its own. `/healthz` is answered earlier, by `health.py`.

Of allauth's pages only those that a node keeps: no sign-up, and nothing that would send mail (see `signin.py`).
`inactive/` is where a closed account ends, `password/set/` where changing it leads somebody who has none.
"""

from allauth.account import views as account
from django.urls import include, path

urlpatterns = [
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/password/set/", account.password_set, name="account_set_password"),
    path("", include("yifang.web.urls")),
    path("", include("yifang.apps.work.urls")),
    path("", include("yifang.apps.ledger.urls")),
    path("", include("yifang.apps.accounts.urls")),
    path("", include("yifang.apps.places.urls")),
    path("", include("yifang.apps.records.urls")),
    path("", include("yifang.apps.intake.urls")),
    path("", include("yifang.apps.reporting.urls")),
    path("", include("yifang.apps.relay.urls")),
    path("", include("yifang.apps.surveillance.urls")),
    path("", include("yifang.apps.workstation.urls")),
    path("", include("yifang.apps.forms.urls")),
    path("", include("yifang.apps.care.urls")),
]

handler400 = "yifang.web.errors.bad_request"
handler403 = "yifang.web.errors.forbidden"
handler404 = "yifang.web.errors.not_found"
handler500 = "yifang.web.errors.failed"
