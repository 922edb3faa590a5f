// @ts-check
// Files dropped on the form.
import { announce } from "../announce.js";
import { first, need } from "../dom.js";

/** Folders cannot be sent, and the browser would refuse the whole form. @param {DataTransfer} data */
function filesOf(data) {
  const files = new DataTransfer();
  for (const item of data.items) {
    const isFolder = item.webkitGetAsEntry?.()?.isDirectory;
    const file = item.kind === "file" && !isFolder ? item.getAsFile() : null;
    if (file) files.items.add(file);
  }
  return files.files;
}

/** @param {HTMLFormElement} form */
export function acceptDrops(form) {
  const place = first("#drop", form);
  if (!place) return; // a form that takes no files
  /** @type {HTMLInputElement} */
  const upload = need("#upload", form);
  for (const name of /** @type {const} */ (["dragover", "dragleave", "drop"])) {
    place.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      place.classList.toggle("is-dropping", name === "dragover");
      if (name !== "drop") return;
      upload.files = filesOf(event.dataTransfer);
      if (!upload.files.length) announce("Nothing added: drop files, not folders.");
      else need("[data-add-files]", form).click();
    });
  }
}
