"""Every refusal and failure as a page in plain words: what happened, and what to do next.

`ErrorPages` turns a `YifangError` that a view let pass into its page; the functions below are Django's handlers.
A request of htmx gets the words alone, which the page shows as a toast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yifang.kernel.errors import YifangError, http_status
from yifang.web.htmx import is_htmx


def page(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """The page of an error. `message` is the exact reason where there is one to tell."""
    title, text = _words(status)
    if is_htmx(request):
        return HttpResponse(message or text, status=status, content_type="text/plain; charset=utf-8")
    context = {"status": status, "title": title, "message": message, "mend": text}
    return render(request, "web/error.html", context, status=status)


def _words(status: int) -> tuple[str, str]:
    texts = {
        400: (_("这次提交没有被接受"), _("请返回上一页，按提示改好后再提交。")),
        403: (_("没有权限打开"), _("请换用有权限的岗位，或在个案页面按“紧急查阅”说明理由后打开。")),
        404: (
            _("没有这一页"),
            _("网址可能写错，内容可能已合并或删除，也可能不在您的管辖范围内。请从左侧菜单或搜索进入。"),
        ),
        409: (_("这一步现在不能做"), _("它可能刚被别人处理过。请刷新页面，看清现在的状态再操作。")),
        500: (_("系统出错了"), _("您填写的内容可能没有保存。请稍后再试；仍不行，请把出错时间告诉本单位系统管理员。")),
    }
    return texts.get(status, texts[500])


class ErrorPages:
    """Middleware: a `YifangError` becomes its page, in the language of the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, YifangError) or http_status(error) >= 500:
            return None
        lang = "en" if (get_language() or "").startswith("en") else "zh"
        return page(request, http_status(error), error.render(lang))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Needs no database and no session: those may be what failed."""
    title, text = _words(500)
    if is_htmx(request):
        return HttpResponse(text, status=500, content_type="text/plain; charset=utf-8")
    return render(None, "web/failed.html", {"title": title, "mend": text}, status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    return page(request, 403, _("页面打开太久或登录已变。请刷新页面后重新提交。"))


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """AXES_LOCKOUT_CALLABLE: too many wrong passwords."""
    return page(request, 403, _("密码多次输错，账号已暂时锁定。请过一段时间再试，或请本单位系统管理员解锁。"))
