"""The next version from the browser: a copy of the newest one with other code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, requires
from dashboard.cloud.accounts.access import capabilities_of, guarded, provider_of
from dashboard.cloud.changes.upload import upload as upload_version
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.messages import WHY
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.pages.accounts import account_named, while_on
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.provider.values import ModuleContent, UploadDraft, UploadResult, UploadState
from dashboard.limits.answers import give_place_back
from dashboard.ui.page import page, wants_fragment
from dashboard.workers import messages
from dashboard.workers.cloud.contents import Contents, contents_of
from dashboard.workers.cloud.context import VersionLine, versions_page
from dashboard.workers.queries.module_text import ModuleText

TEMPLATE = "workers/cloud/upload.html"


@dataclass(frozen=True, slots=True)
class EditedModule:
    """`text` is None for a module that stays byte for byte."""

    module: ModuleText
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPage:
    """`base` is the version that this one is a copy of. `off`: why nothing can be uploaded.
    `refused`: why this was not."""

    account: CloudAccount
    name: str
    base: VersionLine | None
    contents: Contents | None
    modules: Sequence[EditedModule]
    compatibility_date: str = ""
    message: str = ""
    tag: str = ""
    off: str = ""
    refused: str = ""


@requires(Role.OPERATOR)
@while_on
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """A form that was refused comes back as typed."""
    give_place_back(request)
    account = account_named(slug)
    given: Mapping[str, str] = request.POST.dict() if request.method == "POST" else {}
    context = _page(account, name, given)
    if request.method != "POST":
        return page(request, TEMPLATE, context, partial="editor")
    if context.off:
        return _stays_as_typed(request, context)
    refused = _upload(request, context, given)
    if refused:
        context = replace(context, refused=refused)
        return page(request, TEMPLATE, context, partial="editor", status=422)
    address = reverse("cloud_versions:list", args=[slug, name])
    return HttpResponseClientRedirect(address) if wants_fragment(request) else redirect(address)


def _stays_as_typed(request: HttpRequest, context: UploadPage) -> HttpResponse:
    """Why nothing was uploaded, above the form: without the modules it cannot be rendered again."""
    answer = page(request, TEMPLATE, context, partial="off", status=422)
    answer["HX-Reswap"] = "beforebegin"
    return answer


def _page(account: CloudAccount, name: str, given: Mapping[str, str]) -> UploadPage:
    """Of the newest version, or of the one that a form is a copy of."""
    now = timezone.now()
    lines = versions_page(account, name, now).lines
    wanted = given.get("based_on", "")
    base = next((line for line in lines if line.id == wanted or not wanted), None)
    contents = contents_of(account, name, base.id, now) if base else None
    detail = contents.detail if contents else None
    return UploadPage(
        account=account,
        name=name,
        base=base,
        contents=contents,
        modules=_modules(contents, given) if contents else (),
        compatibility_date=given.get("date", detail.compatibility_date if detail else ""),
        message=given.get("message", ""),
        tag=given.get("tag", ""),
        off=_why_off(account, contents),
    )


def _why_off(account: CloudAccount, contents: Contents | None) -> str:
    support = capabilities_of(account)[Capability.UPLOAD]
    if not support.works:
        return WHY[support.why]
    if contents is None:
        return messages.CLOUD_NOTHING_TO_COPY
    return contents.problem or contents.code.problem


def _modules(contents: Contents, given: Mapping[str, str]) -> list[EditedModule]:
    """A browser sends CRLF for each line break."""
    return [
        EditedModule(
            module,
            None
            if module.text is None
            else given.get(f"module-{module.position}-text", module.text).replace("\r\n", "\n"),
        )
        for module in contents.files
    ]


def _upload(request: HttpRequest, context: UploadPage, given: Mapping[str, str]) -> str:
    """Why nothing was uploaded; empty if something was."""
    account, name, base = context.account, context.name, context.base
    assert base is not None and context.contents and context.contents.detail
    by = actor_of(request)
    try:
        code = guarded(account, lambda: provider_of(account).code(name, base.id), by.now)
        draft = UploadDraft(
            main=code.main,
            modules=tuple(_edited(code.modules, context.modules)),
            compatibility_date=context.compatibility_date.strip(),
            compatibility_flags=tuple(context.contents.detail.compatibility_flags),
            message=context.message.strip(),
            tag=context.tag.strip(),
        )
        result = upload_version(account, name, draft, based_on=base.id, by=by)
    except CloudError as error:
        return messages.cloud_not_uploaded(error.message)
    if result.state is UploadState.STALE:
        return messages.CLOUD_UPLOAD_STALE
    _tell(request, result)
    return ""


def _edited(
    modules: Sequence[ModuleContent], edited: Sequence[EditedModule]
) -> list[ModuleContent]:
    """With the texts of the form; a text that is as it was keeps its bytes."""
    changed = {
        one.module.name: one.text.encode()
        for one in edited
        if one.text is not None and one.text != (one.module.text or "").replace("\r\n", "\n")
    }
    return [ModuleContent(m.name, m.content_type, changed.get(m.name, m.content)) for m in modules]


def _tell(request: HttpRequest, result: UploadResult) -> None:
    number = result.version.number if result.version else 0
    if result.state is UploadState.UPLOADED:
        notices.success(request, messages.cloud_uploaded(number))
    elif result.state is UploadState.MIXED:
        notices.warning(request, messages.cloud_upload_mixed(number))
    else:
        notices.warning(request, messages.CLOUD_UPLOAD_UNSURE)
