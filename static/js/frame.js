// @ts-check
// Pages inside the frame: the sidebar, the top bar, the palette.
import "./page.js";
import "./palette.js";
