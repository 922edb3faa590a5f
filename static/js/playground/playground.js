// @ts-check
// The playground's form. Everything here, the form does without scripts too.
import { first } from "../dom.js";
import { startAnswer } from "./answer.js";
import { startBody } from "./body.js";
import { startHeaders } from "./headers.js";
import { startKeys } from "./keys.js";
import { startOverrideField } from "./override_field.js";

/** @type {HTMLFormElement | null} */
const request = first("#request");
/** @type {HTMLSelectElement | null} */
const worker = first("#worker");

worker?.addEventListener("change", () => worker.form?.requestSubmit());
if (request) {
  startOverrideField(request);
  startHeaders(request);
  startBody(request);
}
startAnswer(request);
startKeys(request);
