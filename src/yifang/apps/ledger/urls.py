"""The ledger page, and `/live`. To be included at the root."""

from django.urls import include, path

from yifang.apps.ledger import views

ledger = [
    path("", views.entries, name="entries"),
    path("failures/<int:failure_id>/retry", views.retry, name="retry"),
]
urlpatterns = [
    path("live", views.live, name="live"),
    path("ledger/", include((ledger, "ledger"))),
]
