"""The match queue. To be included at the root."""

from django.urls import include, path

from yifang.apps.places import views

places = [
    path("", views.queue, name="queue"),
    path("<uuid:match_id>/", views.match, name="match"),
    path("<uuid:match_id>/answer", views.answer, name="answer"),
    path("<uuid:match_id>/create", views.create, name="create"),
    path("<uuid:match_id>/reopen", views.reopen, name="reopen"),
]
urlpatterns = [path("places/", include((places, "places")))]
