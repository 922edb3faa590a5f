"""`deploy/limits.md` names the numbers that hold."""

import pytest
from django.conf import settings

from dashboard.api.tail import sessions
from dashboard.discussion import threads
from dashboard.limits import child_process, limits
from dashboard.playground.curl_import import parse
from dashboard.playground.request import form
from dashboard.playground.runs import runner
from dashboard.variables import store
from routing.agent.answers import preview_names, previews

TEXT = (settings.BASE_DIR / "deploy" / "limits.md").read_text()
REQUESTS, SENDS, UPLOADS = limits.REQUESTS, limits.SENDS, limits.UPLOADS


@pytest.mark.parametrize(
    "words",
    [
        f"{REQUESTS.each} at once, {REQUESTS.queue} more wait up to {REQUESTS.wait_seconds:.0f} s",
        f"| the same | {REQUESTS.total} at once |",
        "(1,200) a minute, half of them at once | a token |",
        f"| {SENDS.each} at once | a person |",
        f"| {runner.PLACES} | a web process |",
        f"{UPLOADS.each} at once, {UPLOADS.queue} more wait up to {UPLOADS.wait_seconds:.0f} s",
        f"| the same | {UPLOADS.total} at once |",
        f"| {sessions.EACH} of one Worker, {sessions.EACH_IN_ALL} in all |",
        f"| the same | {sessions.MOST}; then",
        f"| comments | {limits.COMMENTS.burst} at once, then {limits.COMMENTS.per_minute} a minute",
        f"| {threads.MOST_OPEN} at one Worker |",
        f"| runs of suites | {limits.SUITE_RUNS.burst} at once",
        f"| downloads of the audit trail | {limits.DOWNLOADS.burst} at once",
        f"| variables of the playground | {store.MOST} |",
        f"| {preview_names._BURST} at once, then {preview_names._PER_SECOND:.0f} a second |",
        f"| {previews._STARTS} at once, then one each {1 / previews._STARTS_PER_SECOND:.0f} s |",
        f"more than {child_process.LONG:,} characters",
        f"at low priority, for at most {child_process.SECONDS} s and "
        f"{child_process.MEMORY_BYTES >> 30} GB; {child_process.MOST_CHILDREN} at once",
        f"{form.MOST_LINES} headers and {parse.MOST_OPTIONS:,} options",
    ],
)
def test_the_table_says_what_the_limits_are(words):
    assert words in " ".join(TEXT.split())
