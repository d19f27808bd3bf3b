from django.urls import path

from contacts import (
    account_views,
    colleague_views,
    contact_views,
    customer_views,
    invitation_views,
    relation_views,
    views,
)

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
    path("customer/relation/", relation_views.confirm, name="relation"),
    path("contacts/", contact_views.contacts, name="contacts"),
    path("contacts/new/", contact_views.contact_add, name="contact_add"),
    path("contacts/<uuid:public_id>/", contact_views.contact_edit, name="contact_edit"),
    path("contacts/<uuid:public_id>/archive/", contact_views.contact_archive, name="contact_archive"),
    path("colleagues/", colleague_views.colleague_list, name="colleagues"),
    path("colleagues/invite/", invitation_views.invite, name="invite"),
    path("colleagues/<uuid:public_id>/", colleague_views.colleague, name="colleague"),
    path("colleagues/<uuid:public_id>/end/", colleague_views.colleague_end, name="colleague_end"),
    path("colleagues/<uuid:public_id>/activity/", colleague_views.colleague_activity, name="colleague_activity"),
    path("invitations/<uuid:public_id>/", invitation_views.invitation, name="invitation"),
    path("invitations/<uuid:public_id>/again/", invitation_views.invitation_again, name="invitation_again"),
    path("invitations/<uuid:public_id>/withdraw/", invitation_views.invitation_withdraw, name="invitation_withdraw"),
]
