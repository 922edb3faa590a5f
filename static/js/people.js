// People and tokens: a role is saved when it differs, secrets are masked, refused forms open again.
"use strict";

for (const select of document.querySelectorAll("[data-role]")) {
  const save = select.form.querySelector('[value="role"]');
  const follow = () => { save.hidden = select.value === select.dataset.role; };
  select.addEventListener("change", follow);
  follow();
}

const UNMASKED = 8; // what the list shows of a token
for (const field of document.querySelectorAll("[data-masked]")) {
  const whole = field.value;
  const masked = whole.slice(0, UNMASKED) + "•".repeat(whole.length - UNMASKED - 4) + whole.slice(-4);
  const button = document.querySelector(`[data-unmask="${field.id}"]`);
  const show = (shown) => {
    field.value = shown ? whole : masked;
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-pressed") !== "true"));
  field.addEventListener("focus", () => field.select());
  // Copied by keyboard it is whole, too: dots are of no use to anybody.
  field.addEventListener("copy", (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", whole);
  });
  show(false);
}

const refused = document.querySelector("[data-open]");
refused?.showPopover();
refused?.querySelector('[aria-invalid="true"]')?.focus();
document.querySelector(".once .input")?.focus();

// Nor does going back show a secret again.
addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector(".once")) location.replace("/people/");
});
