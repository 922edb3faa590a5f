// @ts-check
import "../page.js";
import "../passkeys.js";
