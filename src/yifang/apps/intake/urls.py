"""Feeds, batches, uploads, the quarantine, and the doors for machines. To be included at the root."""

from django.urls import path, re_path

from yifang.apps.intake import api, connection_pages, feed_pages, name_pages, views

app_name = "intake"
urlpatterns = [
    path("intake/", views.batches, name="batches"),
    path("intake/upload", views.upload, name="upload"),
    path("intake/<uuid:batch_id>", views.batch, name="batch"),
    path("feeds/", feed_pages.feeds, name="feeds"),
    path("feeds/<str:code>/", feed_pages.feed, name="feed_page"),
    path("feeds/<str:code>/connection", connection_pages.connection, name="connection"),
    path("feeds/<str:code>/connection/look", connection_pages.look, name="look"),
    path("feeds/<str:code>/connection/columns", connection_pages.columns, name="columns"),
    path("feeds/<str:code>/connection/senders", connection_pages.senders, name="senders"),
    path("feeds/<str:code>/connection/off", connection_pages.off, name="disconnect"),
    path("feeds/<str:code>/mapping", connection_pages.mapping, name="mapping"),
    path("feeds/<str:code>/mapping/preview", connection_pages.preview, name="mapping_preview"),
    path("names/", name_pages.names, name="names"),
    path("names/<uuid:name_id>", name_pages.answer, name="name_answer"),
    path("quarantine/", views.quarantine, name="quarantine"),
    path("quarantine/feed/<uuid:feed_id>", views.feed_quarantine, name="feed"),
    path("quarantine/<uuid:item_id>", views.item, name="item"),
    path("quarantine/<uuid:item_id>/mend", views.mend, name="mend"),
    path("quarantine/<uuid:item_id>/discard", views.discard, name="discard"),
    path("quarantine/<uuid:item_id>/reopen", views.reopen, name="reopen"),
    # for machines: `accounts.middleware.MachineMiddleware` calls these with no session
    path("api/v1/records", api.records, name="api_records"),
    path("api/v1/openapi.json", api.description, name="api_description"),
    re_path(r"^fhir/?$", api.fhir, name="fhir"),
    path("fhir/metadata", api.metadata, name="fhir_metadata"),
]
