"""The ledger page, and `/live`. To be included at the root."""

from django.urls import include, path

from yifang.apps.ledger import views

urlpatterns = [
    path("live", views.live, name="live"),
    path("ledger/", include(([path("", views.entries, name="entries")], "ledger"))),
]
