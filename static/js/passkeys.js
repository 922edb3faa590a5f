// @ts-check
// Passkeys: asks the browser for one, then sends the form with its answer.
import { need } from "./dom.js";

/** @type {Record<string, string>} */
const PROBLEMS = {
  InvalidStateError: "This device already has a passkey for your account.",
  NotAllowedError: "The browser was not allowed to use a passkey, or you canceled.",
  NotSupportedError: "This device cannot make such a passkey.",
  SecurityError: "Passkeys need https and a host name, or http://localhost.",
};

/**
 * Options as the server sends them: fetched without a password before, in the page as a second step.
 * @param {HTMLFormElement} form
 */
async function optionsOf(form) {
  if (form.dataset.options) {
    const headers = { "X-Requested-With": "XMLHttpRequest" };
    const answer = await fetch(form.dataset.options, { headers });
    return (await answer.json()).request_options;
  }
  return JSON.parse(need('script[type="application/json"]', form).textContent ?? "");
}

/** @param {HTMLFormElement} form @param {string} name */
const inputOf = (form, name) =>
  /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));

/** @param {HTMLFormElement} form */
async function create(form) {
  const options = await optionsOf(form);
  options.publicKey.authenticatorSelection ??= {};
  if (inputOf(form, "passwordless")?.checked) {
    Object.assign(options.publicKey.authenticatorSelection, {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    });
  }
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey);
  return navigator.credentials.create({ publicKey });
}

/** @param {HTMLFormElement} form */
async function get(form) {
  const options = await optionsOf(form);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey);
  return navigator.credentials.get({ publicKey });
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const credential = await (form.dataset.passkey === "create" ? create(form) : get(form));
  const json = /** @type {PublicKeyCredential} */ (credential).toJSON();
  /** @type {HTMLInputElement} */ (inputOf(form, "credential")).value = JSON.stringify(json);
  form.submit();
}

/** @type {NodeListOf<HTMLFormElement>} */
const forms = document.querySelectorAll("[data-passkey]");
for (const form of forms) {
  const problem = need("[data-passkey-problem]", form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      await send(form);
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      problem.textContent = PROBLEMS[name] ?? "Passkeys do not work in this browser.";
      problem.hidden = false;
    }
  });
}
