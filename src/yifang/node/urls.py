"""Every address of the node; each app says its own. `/healthz` is answered earlier, by `health.py`."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("yifang.web.urls")),
    path("", include("yifang.apps.work.urls")),
    path("", include("yifang.apps.ledger.urls")),
    path("", include("yifang.apps.accounts.urls")),
    path("", include("yifang.apps.places.urls")),
    path("", include("yifang.apps.records.urls")),
    path("", include("yifang.apps.intake.urls")),
    path("", include("yifang.apps.reporting.urls")),
    path("", include("yifang.apps.surveillance.urls")),
]

handler400 = "yifang.web.errors.bad_request"
handler403 = "yifang.web.errors.forbidden"
handler404 = "yifang.web.errors.not_found"
handler500 = "yifang.web.errors.failed"
