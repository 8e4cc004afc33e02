"""What belongs to filled forms. To be included at the root."""

from django.urls import path

from yifang.apps.forms import views

app_name = "forms"
urlpatterns = [path("files/<uuid:attachment_id>", views.attachment, name="attachment")]
