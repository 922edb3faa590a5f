// @ts-check
// Pages inside the frame: the sidebar, the top bar, the palette, the keys.
import "./page.js";
import "./keys_sheet.js";
import "./palette.js";
