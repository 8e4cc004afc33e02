"""Feeds, batches, uploads and the quarantine. To be included at the root."""

from django.urls import path

from yifang.apps.intake import views

app_name = "intake"
urlpatterns = [
    path("intake/", views.batches, name="batches"),
    path("intake/upload", views.upload, name="upload"),
    path("intake/<uuid:batch_id>", views.batch, name="batch"),
    path("quarantine/", views.quarantine, name="quarantine"),
    path("quarantine/feed/<uuid:feed_id>", views.feed_quarantine, name="feed"),
    path("quarantine/<uuid:item_id>", views.item, name="item"),
    path("quarantine/<uuid:item_id>/mend", views.mend, name="mend"),
    path("quarantine/<uuid:item_id>/discard", views.discard, name="discard"),
    path("quarantine/<uuid:item_id>/reopen", views.reopen, name="reopen"),
]
