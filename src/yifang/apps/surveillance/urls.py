"""The situation, the bulletin, signals and feedback. To be included at the root."""

from django.urls import path

from yifang.apps.surveillance.views import behind, bulletin, signals, situation, warnings

app_name = "surveillance"
urlpatterns = [
    path("situation/", situation.situation, name="situation"),
    path("situation/years", situation.years, name="years"),
    path("situation/cases", behind.cases, name="behind"),
    path("situation/map/<str:area>", situation.outlines, name="map"),
    path("situation/bulletin", bulletin.bulletin, name="bulletin"),
    path("situation/bulletin.<str:kind>", bulletin.file, name="bulletin_file"),
    path("signals/", signals.inbox, name="inbox"),
    path("signals/<uuid:signal_id>", signals.signal, name="signal"),
    path("signals/<uuid:signal_id>/answer", signals.answer, name="answer"),
    path("signals/<uuid:signal_id>/feedback", signals.feedback, name="feedback"),
    path("warnings/", warnings.warnings, name="warnings"),
    path("warnings/publish", warnings.publish, name="publish"),
    path("feedback/<uuid:feedback_id>/read", signals.read, name="read"),
]
