// @ts-check
// People and tokens: a role is saved when it differs, secrets are masked, refused forms open again.
import { all, first, need } from "./dom.js";

const VISIBLE_START = 8; // what the list shows of a token
const VISIBLE_END = 4;

/** @param {string} secret */
export function masked(secret) {
  const hidden = "•".repeat(secret.length - VISIBLE_START - VISIBLE_END);
  return secret.slice(0, VISIBLE_START) + hidden + secret.slice(-VISIBLE_END);
}

/** @param {HTMLSelectElement} select */
function watchRole(select) {
  /** @type {HTMLButtonElement | null | undefined} */
  const save = select.form && first('[value="role"]', select.form);
  const update = () => {
    if (save) save.hidden = select.value === select.dataset.role;
  };
  select.addEventListener("change", update);
  update();
}

/** @param {HTMLInputElement} field */
function mask(field) {
  const secret = field.value;
  const button = need(`[data-unmask="${field.id}"]`);
  /** @param {boolean} shown */
  const show = (shown) => {
    field.value = shown ? secret : masked(secret);
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-pressed") !== "true"));
  field.addEventListener("focus", () => field.select());
  // Copied by keyboard it is whole, too.
  field.addEventListener("copy", (event) => {
    event.preventDefault();
    event.clipboardData?.setData("text/plain", secret);
  });
  show(false);
}

for (const select of all("[data-role]")) watchRole(/** @type {HTMLSelectElement} */ (select));
for (const field of all("[data-masked]")) mask(/** @type {HTMLInputElement} */ (field));

const refused = first("[data-open]");
refused?.showPopover();
if (refused) first('[aria-invalid="true"]', refused)?.focus();
first(".once .input")?.focus();

// Going back does not show a secret again.
addEventListener("pageshow", (event) => {
  if (event.persisted && first(".once")) location.replace("/people/");
});
