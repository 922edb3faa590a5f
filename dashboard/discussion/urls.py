"""The conversation about a Worker, and its forms."""

from django.urls import path

from dashboard.discussion import views

app_name = "discussion"
BASE = "workers/<str:name>/conversation/"
urlpatterns = [
    path(BASE, views.conversation, name="worker"),
    path(f"{BASE}news/", views.news, name="news"),
    path(f"{BASE}threads/", views.open_thread, name="open"),
    path(f"{BASE}threads/<int:thread_id>/reply/", views.reply, name="reply"),
    path(f"{BASE}threads/<int:thread_id>/resolve/", views.resolve, name="resolve"),
    path(f"{BASE}comments/<int:comment_id>/edit/", views.edit, name="edit"),
    path(f"{BASE}comments/<int:comment_id>/delete/", views.delete, name="delete"),
    path(f"{BASE}hand-over/", views.hand_over, name="hand-over"),
    path(f"{BASE}hand-over/<int:note_id>/", views.take_over, name="take-over"),
    path(f"{BASE}attention/", views.attention, name="attention"),
    path(f"{BASE}looked/", views.looked, name="looked"),
]
