"""Suspicions, cards, the hospital's desk, and the district's pages. To be included at the root."""

from django.urls import path

from yifang.apps.reporting import urls_district, urls_rules
from yifang.apps.reporting.views import cards, desk, forms, history, papers, quality, reconcile, suspicions, zero

app_name = "reporting"
urlpatterns = [
    path("suspicions/", suspicions.inbox, name="suspicions"),
    path("suspicions/<uuid:suspicion_id>", suspicions.suspicion, name="suspicion"),
    path("suspicions/<uuid:suspicion_id>/report", suspicions.start, name="start"),
    path("suspicions/<uuid:suspicion_id>/dismiss", suspicions.dismiss, name="dismiss"),
    path("suspicions/<uuid:suspicion_id>/consult", suspicions.consult, name="consult"),
    path("desk/", desk.desk, name="desk"),
    path("desk/approve", desk.approve_many, name="approve_many"),
    path("desk/reconcile", reconcile.start, name="reconcile"),
    path("desk/reconcile/<uuid:reconciliation_id>", reconcile.preview, name="reconciliation"),
    path("desk/reconcile/<uuid:reconciliation_id>/confirm", reconcile.confirm, name="reconciliation_confirm"),
    path("cards/new", forms.blank, name="blank"),
    path("cards/areas", forms.areas, name="areas"),
    path("cards/<uuid:card_id>", cards.card, name="card"),
    path("cards/<uuid:card_id>/edit", forms.edit, name="edit"),
    path("cards/<uuid:card_id>/identity", cards.identity, name="identity"),
    path("cards/<uuid:card_id>/approve", cards.approve, name="approve"),
    path("cards/<uuid:card_id>/return", cards.send_back, name="send_back"),
    path("cards/<uuid:card_id>/enter", cards.enter, name="enter"),
    path("cards/<uuid:card_id>/entry", cards.correct_entry, name="correct_entry"),
    path("cards/<uuid:card_id>/discard", cards.discard, name="discard"),
    path("cards/<uuid:card_id>/undo", cards.undo_audit, name="undo_audit"),
    path("cards/<uuid:card_id>/late", cards.explain, name="explain_late"),
    path("cards/<uuid:card_id>/delete", cards.delete, name="delete"),
    path("cards/<uuid:card_id>/word", cards.export, name="word"),
    path("cards/<uuid:card_id>/paper", papers.paper, name="paper"),
    path("cards/<uuid:card_id>/versions", history.versions, name="versions"),
    path("zero/", zero.zero, name="zero"),
    path("zero/new", zero.order, name="zero_new"),
    path("zero/<uuid:order_id>", zero.one, name="zero_one"),
    path("zero/<uuid:order_id>/stop", zero.call_off, name="zero_call_off"),
    path("zero/reports/<uuid:report_id>", zero.report, name="zero_report"),
    path("zero/reports/<uuid:report_id>/answer", zero.answer, name="zero_answer"),
    path("quality/", quality.quality, name="quality"),
    path("quality/cards", quality.behind, name="quality_cards"),
    path("desk/paper", papers.papers, name="papers"),
    path("desk/columns", papers.columns, name="columns"),
    *urls_district.urlpatterns,
    *urls_rules.urlpatterns,
]
