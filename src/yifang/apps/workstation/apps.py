from django.apps import AppConfig


class WorkstationConfig(AppConfig):
    """The doctor's own system asks: windows by signed links, CDS Hooks."""

    name = "yifang.apps.workstation"
    label = "workstation"

    def ready(self) -> None:
        from yifang.apps.workstation import jobs, pages, subscribers
        from yifang.apps.workstation.services import clients, front_end
        from yifang.kernel import protocols

        subscribers.register()
        pages.register()
        protocols.receivers.add(protocols.Receiver("states", front_end.receive))
        protocols.loops.add(protocols.Loop("workstation.forget", jobs.forget))
        protocols.sealed.add(protocols.Sealed("workstation.Client.sealed", clients.context))
