// Passkeys: asks the browser for one, then sends the form with what it answered.
"use strict";

const PROBLEMS = {
  InvalidStateError: "This device already has a passkey for your account.",
  NotAllowedError: "The browser was not allowed to use a passkey, or you canceled.",
  NotSupportedError: "This device cannot make such a passkey.",
  SecurityError: "Passkeys need https and a host name, or http://localhost.",
};

/** Options as the server sends them, for a person without a password first or as a second step. */
async function optionsOf(form) {
  if (form.dataset.options) {
    const answer = await fetch(form.dataset.options, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    return (await answer.json()).request_options;
  }
  return JSON.parse(form.querySelector('script[type="application/json"]').textContent);
}

async function create(form) {
  const options = await optionsOf(form);
  const selection = options.publicKey.authenticatorSelection ??= {};
  if (form.elements.passwordless?.checked) {
    Object.assign(selection, { residentKey: "required", requireResidentKey: true, userVerification: "required" });
  }
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey);
  return navigator.credentials.create({ publicKey });
}

async function get(form) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON((await optionsOf(form)).publicKey);
  return navigator.credentials.get({ publicKey });
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  const problem = form.querySelector("[data-passkey-problem]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      const credential = await (form.dataset.passkey === "create" ? create(form) : get(form));
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      problem.textContent = PROBLEMS[error.name] ?? "Passkeys do not work in this browser.";
      problem.hidden = false;
    }
  });
}
