"""The district's pages: audit, duplicates, cases, saved views. Included by `urls`."""

from django.urls import path

from yifang.apps.reporting.views import audit, cases, duplicates, exports, national, saved

urlpatterns = [
    path("audit/", audit.cards, name="audit"),
    path("audit/bulk/preview", audit.bulk_preview, name="audit_bulk_preview"),
    path("audit/bulk", audit.bulk, name="audit_bulk"),
    path("audit/<uuid:card_id>", audit.card, name="audit_card"),
    path("audit/<uuid:card_id>/audit", audit.audit, name="audit_one"),
    path("audit/<uuid:card_id>/revision", audit.audit_revision, name="audit_revision"),
    path("audit/<uuid:card_id>/return", audit.send_back, name="audit_return"),
    path("audit/<uuid:card_id>/delete", audit.delete, name="audit_delete"),
    path("audit/<uuid:card_id>/identity", audit.identity, name="audit_identity"),
    path("audit/<uuid:card_id>/merge/<uuid:duplicate_id>", duplicates.merge, name="merge"),
    path("duplicates/<uuid:duplicate_id>", duplicates.judge, name="duplicate"),
    path("cases/", cases.cases, name="cases"),
    path("cases/export", exports.line_list, name="line_list"),
    path("cases/<uuid:case_id>", cases.case, name="case"),
    path("cases/<uuid:case_id>/visit", cases.assign, name="grid_assign"),
    path("visits/<uuid:case_id>", cases.visit, name="visit"),
    path("national/", national.side_by_side, name="national"),
    path("views/<slug:page>", saved.manage, name="views"),
    path("views/<slug:page>/save", saved.save, name="view_save"),
    path("views/<slug:page>/<uuid:view_id>", saved.change, name="view_change"),
]
