// The playground: Workers switch at once, fixes go into the raw field, picking keeps it in step.
"use strict";

const request = document.getElementById("request");

document.getElementById("worker")?.addEventListener("change", (event) => {
  event.target.form.requestSubmit();
});

function setMode(mode) {
  request.querySelector(`[name="mode"][value="${mode}"]`).checked = true;
  lockRaw();
}

/** In Pick mode the header follows the picks and is not typed into. */
function lockRaw() {
  const raw = request?.elements.raw;
  if (raw) raw.readOnly = request.querySelector('[name="mode"]:checked').value === "pick";
}

/** Puts text into the raw field and asks for the verdict about it. */
function useRaw(text) {
  request.elements.raw.value = text;
  setMode("raw");
  request.elements.raw.dispatchEvent(new Event("input", { bubbles: true }));
  request.elements.raw.focus();
}

function rawOfPicks() {
  return [...request.querySelectorAll("[data-pick]")]
    .filter((pick) => pick.value)
    .map((pick) => `${pick.dataset.pick}="${pick.value}"`)
    .join(", ");
}

/** The headers' two faces: rows and lines say the same. */
function tableToLines() {
  const names = [...request.querySelectorAll('[name="hn"]')];
  const values = [...request.querySelectorAll('[name="hv"]')];
  const lines = names.map((name, i) => [name.value.trim(), values[i].value.trim()]);
  request.elements.headers.value = lines.filter(([n, v]) => n || v).map(([n, v]) => `${n}: ${v}`).join("\n");
}

function linesToTable() {
  const table = document.getElementById("header-table");
  const empty = table.lastElementChild;
  for (const row of [...table.children].slice(0, -1)) row.remove();
  const lines = request.elements.headers.value.split("\n").filter((line) => line.trim());
  lines.forEach((line) => {
    const at = line.indexOf(":");
    const row = empty.cloneNode(true);
    const [name, value] = row.children;
    name.value = (at < 0 ? line : line.slice(0, at)).trim();
    value.value = at < 0 ? "" : line.slice(at + 1).trim();
    table.insertBefore(row, empty);
  });
  nameRows();
}

/** The last row is always the empty one. */
function nameRows() {
  const table = document.getElementById("header-table");
  const last = table.lastElementChild;
  if ([...last.children].some((field) => field.value)) {
    const row = last.cloneNode(true);
    for (const field of row.children) field.value = "";
    table.append(row);
  }
  const rows = [...table.children];
  rows.forEach((row, i) => {
    const which = i === rows.length - 1 ? "New header" : `Header ${i + 1}`;
    row.children[0].setAttribute("aria-label", `${which} name`);
    row.children[1].setAttribute("aria-label", `${which} value`);
    row.children[0].placeholder = i === rows.length - 1 ? "Add a header" : "";
  });
}

function checkJson() {
  const note = document.getElementById("json-note");
  if (!note) return;
  const text = request.elements.body.value;
  let words = "";
  if (request.querySelector('[name="kind"]:checked')?.value === "json" && text.trim()) {
    try {
      JSON.parse(text.replace(/\{\{\s*\w+\s*\}\}/g, "0"));
      words = "Valid JSON.";
    } catch (error) {
      words = `Not JSON yet: ${error.message}`;
    }
  }
  note.textContent = words;
  note.hidden = !words;
}

request?.addEventListener("click", (event) => {
  const fix = event.target.closest("[data-fix]");
  if (!fix) return;
  event.preventDefault();
  useRaw(fix.dataset.fix);
});

request?.addEventListener("change", (event) => {
  const { name, value } = event.target;
  if (event.target.dataset.pick !== undefined) {
    request.elements.raw.value = rawOfPicks();
    setMode("pick");
  }
  if (name === "mode") {
    if (value === "pick") request.elements.raw.value = rawOfPicks();
    lockRaw();
  }
  if (name === "headers_as") (value === "raw" ? tableToLines : linesToTable)();
  if (name === "kind") checkJson();
  // Files do not travel with what is only looked at; their names do.
  if (name === "upload") request.elements.upload_name.value = event.target.files[0]?.name ?? "";
}, true);

request?.addEventListener("input", (event) => {
  if (event.target.name === "hn" || event.target.name === "hv") nameRows();
  if (event.target.name === "body") checkJson();
});

document.addEventListener("keydown", (event) => {
  const busy = event.target.closest?.("input, textarea, select, [contenteditable]");
  // Single letters can be switched off on the account's page.
  const single = localStorage.getItem("single-keys") !== "off";
  if (event.key === "/" && single && !busy && !event.ctrlKey && !event.metaKey && !event.altKey && request) {
    event.preventDefault();
    request.elements.path.focus();
    request.elements.path.select();
  }
  // Ctrl Enter in the form is page.js's; here it counts from the rest of the page.
  const elsewhere = request && !event.target.closest?.("form, dialog, [popover]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && elsewhere) {
    request.requestSubmit(request.querySelector("[data-send]"));
  }
  const entry = event.target.closest?.(".entry");
  if (entry && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const all = [...entry.closest(".entries").querySelectorAll(".entry")];
    const next = all[all.indexOf(entry) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
});

// On a phone the answer is below the request: it comes into view, and the focus stays on Send.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "answer") return;
  const answer = document.getElementById("answer");
  const { top } = answer.getBoundingClientRect();
  if (top >= 0 && top < innerHeight / 2) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  answer.scrollIntoView({ block: "start", behavior: still ? "instant" : "smooth" });
});

// Send is off while it sends, which takes the focus from it.
let sender = null;
request?.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === request) sender = document.activeElement;
});
request?.addEventListener("htmx:afterRequest", (event) => {
  if (event.target !== request) return;
  if (document.activeElement === document.body) sender?.focus({ preventScroll: true });
});

lockRaw();
