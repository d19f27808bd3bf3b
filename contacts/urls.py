from django.urls import path

from contacts import views

app_name = "contacts"
urlpatterns = [
    path("switch/", views.switch, name="switch"),
    path("kept/", views.kept, name="kept"),
]
