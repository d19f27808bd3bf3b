"""Tenant requests and what belongs to them."""

from tenants.models.agreement import Agreement
from tenants.models.directory import DirectoryEntry, DirectoryImport
from tenants.models.invitation import Invitation
from tenants.models.notice import Notice
from tenants.models.request import OPEN, WITH_ARXUS, Kind, Status, TenantRequest, TenantRequestQuerySet, WaitsFor
from tenants.models.review import Check, Objection, Remark, Transition
from tenants.models.sent import Statement, Submission
from tenants.models.stock import StockRemark
from tenants.models.tenant import Tenant

__all__ = [
    "OPEN",
    "WITH_ARXUS",
    "Agreement",
    "Check",
    "DirectoryEntry",
    "DirectoryImport",
    "Invitation",
    "Kind",
    "Notice",
    "Objection",
    "Remark",
    "Statement",
    "Status",
    "StockRemark",
    "Submission",
    "Tenant",
    "TenantRequest",
    "TenantRequestQuerySet",
    "Transition",
    "WaitsFor",
]
