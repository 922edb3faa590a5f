// @ts-check
// Runs before anything is painted: what only scripts use has its place from the start.
document.documentElement.classList.add("scripted");
