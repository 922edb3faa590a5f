// @ts-check
// Runs before anything is painted: what only scripts use has its place from the start.
document.documentElement.classList.add("scripted");
const theme = localStorage.getItem("theme");
if (theme) document.documentElement.dataset.theme = theme;
