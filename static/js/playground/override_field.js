// @ts-check
// Pick or Raw: picking versions writes the header, and fixes go into the raw field.
import { all, closest, first, need } from "../dom.js";
import { inputOf } from "./fields.js";

/** @param {HTMLFormElement} form @param {string} mode */
function setMode(form, mode) {
  /** @type {HTMLInputElement} */
  const radio = need(`[name="mode"][value="${mode}"]`, form);
  radio.checked = true;
  lockRaw(form);
}

/** In Pick mode the header follows the picks and cannot be typed into. @param {HTMLFormElement} form */
function lockRaw(form) {
  const raw = inputOf(form, "raw");
  /** @type {HTMLInputElement | null} */
  const mode = first('[name="mode"]:checked', form);
  if (raw) raw.readOnly = mode?.value === "pick";
}

/**
 * Puts text into the raw field and asks for its verdict.
 * @param {HTMLFormElement} form
 * @param {string} text
 */
function useRaw(form, text) {
  const raw = /** @type {HTMLInputElement} */ (inputOf(form, "raw"));
  raw.value = text;
  setMode(form, "raw");
  raw.dispatchEvent(new Event("input", { bubbles: true }));
  raw.focus();
}

/**
 * The header for picked versions, as `worker="version", …`.
 * @param {{ worker: string, version: string }[]} picks
 */
export function headerOf(picks) {
  return picks
    .filter(({ version }) => version)
    .map(({ worker, version }) => `${worker}="${version}"`)
    .join(", ");
}

/** @param {HTMLFormElement} form */
function writePicks(form) {
  const raw = inputOf(form, "raw");
  if (!raw) return;
  raw.value = headerOf(
    all("[data-pick]", form).map((select) => ({
      worker: select.dataset.pick ?? "",
      version: /** @type {HTMLSelectElement} */ (select).value,
    })),
  );
}

/** @param {HTMLFormElement} form */
export function startOverrideField(form) {
  form.addEventListener("click", (event) => {
    const fix = closest(event, "[data-fix]");
    if (!fix) return;
    event.preventDefault();
    useRaw(form, fix.dataset.fix ?? "");
  });
  form.addEventListener(
    "change",
    (event) => {
      const field = /** @type {HTMLInputElement} */ (event.target);
      if (field.dataset.pick !== undefined) {
        writePicks(form);
        setMode(form, "pick");
      }
      if (field.name !== "mode") return;
      if (field.value === "pick") writePicks(form);
      lockRaw(form);
    },
    true,
  );
  lockRaw(form);
}
