from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportingConfig(AppConfig):
    """Suspicions, report cards, cases."""

    name = "yifang.apps.reporting"
    label = "reporting"

    def ready(self) -> None:
        from yifang.apps.reporting import (
            jobs,
            merging,
            national,
            pages,
            pages_district,
            providers,
            subscribers,
            versions,
        )
        from yifang.apps.reporting.services import grid, scans
        from yifang.kernel import protocols

        subscribers.register()
        merging.register()
        providers.register()
        protocols.receivers.add(protocols.Receiver("cards", national.receive, national.prepare))
        protocols.loops.add(protocols.Loop("reporting.overdue", jobs.judge_overdue))
        protocols.loops.add(protocols.Loop("reporting.zero", jobs.ask_zero))
        protocols.loops.add(protocols.Loop("reporting.audit", jobs.audit_nights))
        protocols.loops.add(protocols.Loop("reporting.trials", jobs.watch_trials))
        pages.register()
        pages_district.register()
        protocols.name_words(
            "subject", {"reconciliation": _("大疫情网导出核对"), "audit": _("漏报核查"), "results": _("异常结果登记")}
        )
        protocols.sealed.add(protocols.Sealed("reporting.CardVersion.sealed", versions.context))
        protocols.sealed.add(protocols.Sealed("reporting.Scan.picture", scans.picture_context))
        protocols.sealed.add(protocols.Sealed("reporting.Scan.found", scans.found_context))
        protocols.sealed.add(protocols.Sealed("work.WorkItem.place_sealed", grid.context))
