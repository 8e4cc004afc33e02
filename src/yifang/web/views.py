"""The shell's own pages: search over what the apps offer, and the gallery of components."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from yifang.kernel import protocols
from yifang.web import gallery as samples

HITS = 20


@sensitive_post_parameters("q")
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Ask every app's search provider, scoped to the viewer.

    The text comes by POST: a name or an identity number in an address would lie in logs and histories.
    """
    viewer = getattr(request, "viewer", None)
    if viewer is None:
        return redirect_to_login(request.path)
    text = request.POST.get("q", "").strip()[:60]
    hits: list[protocols.SearchHit] = []
    if text:
        hits = [hit for provider in protocols.search for hit in provider.call(viewer, text, HITS)]
        for told in protocols.searched:
            told.call(viewer, len(hits))
    return render(request, "web/search.html", {"text": text, "hits": hits})


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component with made-up contents, for those who write pages and for the picture tests."""
    user = getattr(request, "user", None)
    if not settings.DEBUG and not (user is not None and user.is_active and user.is_staff):
        raise Http404
    return render(request, "web/gallery.html", samples.contents(request))
