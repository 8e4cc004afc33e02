from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RelayConfig(AppConfig):
    """Store and forward between nodes."""

    name = "yifang.apps.relay"
    label = "relay"

    def ready(self) -> None:
        from yifang.apps.relay import inbox, jobs, outbox, providers
        from yifang.apps.relay.kinds import cards, cases
        from yifang.kernel import protocols

        providers.register()
        cards.register()
        cases.register()
        protocols.loops.add(protocols.Loop("relay", jobs.relay))
        protocols.sealed.add(protocols.Sealed("relay.Waiting.sealed", inbox.context))
        protocols.sealed.add(protocols.Sealed("relay.Shared.extra", outbox.context_of_extra))
        protocols.name_words("subject", {"peer": _("上下级节点")})
        protocols.name_words("role", {"relay": _("上下级节点")})
