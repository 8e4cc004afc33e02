"""Pages of the missed-report audit. To be included at the root."""

from django.urls import path

from yifang.apps.reporting.views import missed, samples

urlpatterns = [
    path("missed/", missed.missed, name="missed"),
    path("missed/rates", missed.rates, name="missed_rates"),
    path("missed/of/<uuid:organisation_id>", missed.of, name="missed_of"),
    path("missed/report", missed.report, name="missed_report"),
    path("missed/export", missed.export, name="missed_export"),
    path("missed/results", missed.results, name="missed_results"),
    path("missed/results/of/<uuid:organisation_id>", missed.results_of, name="missed_results_of"),
    path("missed/results/<uuid:line_id>/confirm", missed.confirm, name="missed_confirm"),
    path("missed/results/export", missed.results_export, name="missed_results_export"),
    path("missed/samples", samples.start, name="missed_samples"),
    path("missed/samples/<uuid:sample_id>", samples.sample, name="missed_sample"),
    path("missed/samples/items/<uuid:item_id>", samples.review, name="missed_review"),
    path("missed/<uuid:line_id>", missed.line, name="missed_line"),
    path("missed/<uuid:line_id>/answer", missed.answer, name="missed_answer"),
    path("missed/<uuid:line_id>/card", missed.card, name="missed_card"),
]
