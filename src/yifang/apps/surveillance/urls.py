"""Signals and feedback. To be included at the root."""

from django.urls import path

from yifang.apps.surveillance import views

app_name = "surveillance"
urlpatterns = [
    path("signals/", views.inbox, name="inbox"),
    path("signals/<uuid:signal_id>", views.signal, name="signal"),
    path("signals/<uuid:signal_id>/answer", views.answer, name="answer"),
    path("signals/<uuid:signal_id>/feedback", views.feedback, name="feedback"),
    path("feedback/<uuid:feedback_id>/read", views.read, name="read"),
]
