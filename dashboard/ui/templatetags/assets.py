"""{% assets "workers-list" %}: the stylesheet and the script of a page; what comes before them."""

from __future__ import annotations

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard.ui.assets import bundles

register = template.Library()

#: Every page uses both. The rest of Inter, for other alphabets, loads when a page needs it.
FONTS = (
    "fonts/inter/inter-latin-wght-normal.woff2",
    "fonts/mono/jetbrains-mono-latin-wght-normal.woff2",
)
#: Modules are deferred.
_TAGS = {
    "css": '<link rel="stylesheet" href="{}">',
    "js": '<script type="module" src="{}"></script>',
}


@register.simple_tag
def assets(name: str) -> SafeString:
    """The page's bundles, or its entries while a source is newer."""
    linked = [(tag, bundles.file(name, kind, built=_built())) for kind, tag in _TAGS.items()]
    tags = [format_html(tag, static(file)) for tag, file in linked if file]
    if not tags:
        raise template.TemplateSyntaxError(f"No stylesheet or script of a page is named {name!r}.")
    return mark_safe("".join(tags))


@register.simple_tag
def first_script() -> SafeString:
    """The one script that blocks the first paint, as the stylesheet does anyway."""
    first = bundles.file("first", "js", built=_built())
    return format_html('<script src="{}"></script>', static(str(first)))


@register.simple_tag
def fonts() -> SafeString:
    """Preloads, so that the first paint has them."""
    preload = '<link rel="preload" as="font" type="font/woff2" crossorigin href="{}">'
    return format_html_join("", preload, ((static(font),) for font in FONTS))


@cache
def _built() -> bool:
    """Cached: sources change under a running process in development only."""
    return bundles.are_current()
