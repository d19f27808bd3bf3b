from django.urls import path

from contacts import account_views, contact_views, customer_views, views

app_name = "contacts"
urlpatterns = [
    path("profile/", account_views.profile, name="profile"),
    path("switch/", views.switch, name="switch"),
    path("kept/", views.kept, name="kept"),
    path("customers/", customer_views.customers, name="customers"),
    path("customers/new/", customer_views.customer_add, name="customer_add"),
    path("customers/<uuid:public_id>/added/", customer_views.customer_added, name="customer_added"),
    path("customer/", customer_views.customer, name="customer"),
    path("customer/edit/", customer_views.customer_edit, name="customer_edit"),
    path("contacts/", contact_views.contacts, name="contacts"),
    path("contacts/new/", contact_views.contact_add, name="contact_add"),
    path("contacts/<uuid:public_id>/", contact_views.contact_edit, name="contact_edit"),
    path("contacts/<uuid:public_id>/archive/", contact_views.contact_archive, name="contact_archive"),
]
