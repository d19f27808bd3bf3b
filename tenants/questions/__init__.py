"""The questions of a request: one form a step. Sending, the completeness check and the review page read these too.

A form is fed with what was typed (`answers[step]`), so that its errors are the list of what a step still lacks.
"""

from tenants.questions.contacts import ContactsStep
from tenants.questions.customer import CustomerStep, details_fingerprint
from tenants.questions.existing import ExistingStep, clean_domain
from tenants.questions.form import DayField, StepForm
from tenants.questions.message import MessageStep
from tenants.questions.microsoft import MicrosoftStep, SignatoryStep
from tenants.questions.tenant import SUFFIX, TENANT_NAME, TenantStep, clean_tenant_name

__all__ = [
    "SUFFIX",
    "TENANT_NAME",
    "ContactsStep",
    "CustomerStep",
    "DayField",
    "ExistingStep",
    "MessageStep",
    "MicrosoftStep",
    "SignatoryStep",
    "StepForm",
    "TenantStep",
    "clean_domain",
    "clean_tenant_name",
    "details_fingerprint",
]
