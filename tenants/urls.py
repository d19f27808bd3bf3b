from django.urls import path

from tenants import (
    check_views,
    draft_views,
    new_contacts_views,
    objection_views,
    owner_views,
    people_views,
    views,
    wizard,
)
from tenants.agreements import views as agreements

app_name = "tenants"
urlpatterns = [
    path("tenants/", views.requests, name="requests"),
    path("tenants/export/", views.export, name="export"),
    path("tenants/new/", draft_views.start, name="start"),
    path("tenants/<uuid:public_id>/", views.tenant_request, name="request"),
    path("tenants/<uuid:public_id>/step/<slug:slug>/", wizard.step, name="step"),
    path("tenants/<uuid:public_id>/check/", check_views.check, name="check"),
    path("tenants/<uuid:public_id>/suggestions/", wizard.suggestions, name="suggestions"),
    path("tenants/<uuid:public_id>/withdraw/", views.withdraw, name="withdraw"),
    path("tenants/<uuid:public_id>/stop/", views.stop, name="stop"),
    path("tenants/<uuid:public_id>/copy/", draft_views.copy, name="copy"),
    path("tenants/<uuid:public_id>/owner/", owner_views.owner, name="owner"),
    path("tenants/<uuid:public_id>/people/<slug:slug>/", people_views.correct_person, name="correct_person"),
    path("tenants/<uuid:public_id>/people/<slug:slug>/another/", people_views.name_another, name="name_another"),
    path("tenants/<uuid:public_id>/contacts/", new_contacts_views.change_contacts, name="change_contacts"),
    path("tenants/<uuid:public_id>/delete/", draft_views.delete, name="delete"),
    path("tenants/<uuid:public_id>/activation/", views.resend_activation, name="resend_activation"),
    path("tenants/<uuid:public_id>/forwarded/", views.forwarded, name="forwarded"),
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/new/", agreements.add, name="agreement_add"),
    path("agreements/<uuid:public_id>/replace/", agreements.replace, name="agreement_replace"),
    path("agreements/<uuid:public_id>/end/", agreements.end, name="agreement_end"),
    path("agreements/<uuid:public_id>/delete/", agreements.delete, name="agreement_delete"),
    path("agreements/<uuid:public_id>/file/", agreements.download, name="agreement_file"),
    path("not-right/sent/", objection_views.objection_sent, name="objection_sent"),
    path("not-right/<uuid:public_id>/<str:token>/", objection_views.objection, name="objection"),
    path("r/<uuid:public_id>/", views.open_for, name="open"),
]
