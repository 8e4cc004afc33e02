"""Home, my work, and the small answers that open pages ask for. To be included at the root: names stand as they are."""

from django.urls import include, path

from yifang.apps.work import views

work = [
    path("", views.mine, name="mine"),
    path("count", views.count, name="count"),
    path("<uuid:item_id>/claim", views.claim, name="claim"),
    path("<uuid:item_id>/release", views.release, name="release"),
    path("<uuid:item_id>/hand-over", views.hand_over, name="hand_over"),
]
urlpatterns = [
    path("", views.home, name="home"),
    path("work/", include((work, "work"))),
]
