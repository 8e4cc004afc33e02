"""The shell's own addresses: language, search, the gallery. The node's urls name the error handlers."""

from django.urls import include, path

from yifang.web import packs, views

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("search/", views.search, name="search"),
    path("gallery/", views.gallery, name="gallery"),
    path("packs/", packs.packs, name="packs"),
    path("packs/<str:name>/", packs.pack, name="pack"),
    path("packs/<str:name>/<str:part>/<path:key>/", packs.entry, name="pack_entry"),
]
