"""Seat, purpose and break-glass. To be included at the root."""

from django.urls import path

from yifang.apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("seat", views.seat, name="seat"),
    path("purpose/<uuid:subject>", views.purpose, name="purpose"),
    path("break-glass/<uuid:person>", views.break_glass, name="break_glass"),
    path("break-glass/answer/<uuid:glass_id>", views.glass, name="glass"),
]
