"""Editing code in a real Chromium: what people do to it, and what came of it."""

from tests.browser.waiting import until

CODE = b"export default {\n  fetch() {\n    return new Response('one');\n  },\n};\n"


def newest(worker):
    return worker.versions.newest_first().first()


def type_over(page, text):
    """Replaces all of the code by pasting, as people do."""
    code = page.locator(".cm-content").first
    code.click()
    page.keyboard.press("Control+a")
    code.evaluate(
        """(element, text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const about = { clipboardData, bubbles: true, cancelable: true };
          element.dispatchEvent(new ClipboardEvent("paste", about));
        }""",
        text,
    )


def settled(page):
    """Nothing is being swapped: a click now meets the element that stays."""
    busy = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
    until(page, "busy => !document.querySelector(busy)", busy)
